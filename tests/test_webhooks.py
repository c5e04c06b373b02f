"""What a department's own system is pushed arrives at least once, signed, where the site allows, and nowhere else."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from standardwebhooks import Webhook
from typer.testing import CliRunner, Result

from services import looking
from services.command_line import program
from services.refusing import Refused as RefusedByRule
from services.webhooks import endpoints, facts, messages, sealing_key
from services.webhooks.checking import NotOurs, check
from services.webhooks.posting import Answer
from services.webhooks.saying import KINDS
from services.webhooks.schedule import WAITS, asked_to_wait
from services.webhooks.sending import Sender
from services.webhooks.signing import Scheme, headers, new_secret
from services.webhooks.targets import Allowed, Refused, target_of
from tests.conftest import Databases
from tests.invented import HEALTH_BUREAU, MARKET_BUREAU, decision, party
from tests.linkage import Linkage
from tests.webhook_sinks import answers, drips, hangs_up, hook, says_nothing, talks_without_end
from tests.webhook_site import PATIENCE, WebhookSite

Commands = Callable[..., Result]


@pytest.fixture
def asked(databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Commands:
    """Give a command to this site; ``targets``: where its administrator lets webhooks go."""
    monkeypatch.setenv("APPROVAL_DATABASE_URL", databases.approval_url)
    monkeypatch.setenv("SUPERVISION_DATABASE_URL", databases.supervision_url)
    monkeypatch.setenv("LINKAGE_DATA", str(tmp_path / "data"))
    monkeypatch.setattr(looking, "open_journal", lambda *_, **__: None)

    def ask(*words: str, targets: str = "http://127.0.0.0/8") -> Result:
        return CliRunner().invoke(program(words), words, env={"LINKAGE_WEBHOOK_TARGETS": targets})

    return ask


def test_a_push_is_told_once_thin_and_signed_so_that_the_receivers_own_library_takes_it(
    webhook_site: WebhookSite,
) -> None:
    person = party(name="欧阳某某", identifier="990101199001010016")
    (granted,) = webhook_site.linkage.publish(decision(permit_number="批-0", party=person))
    webhook_site.linkage.number_pushes()
    assert (webhook_site.turn(), webhook_site.turn()) == (1, 0)
    (post,) = webhook_site.sink.posts
    said = json.loads(post.body)
    assert set(said) == {"type", "timestamp", "data"}
    assert said["type"] == "push.made"
    assert said["data"] == {
        "permit": str(granted.permit),
        "push_number": 1,
        "role": "lead",
        "links": {
            "api": f"https://linkage.invented.example/api/v1/permits/{granted.permit}",
            "page": f"https://linkage.invented.example/permits/{granted.permit}",
        },
    }
    everything = post.body.decode() + str(post.headers)
    for personal in ("欧阳", "990101", "批-0"):
        assert personal not in everything
    assert post.headers["Host"] == f"hooks.invented.example:{webhook_site.sink.port}"
    signed = {name: value for name, value in post.headers.items() if name.lower().startswith("webhook-")}
    assert check(signed, post.body, [webhook_site.secret], webhook_site.now) == signed["webhook-id"]
    expected = Webhook(webhook_site.secret).sign(signed["webhook-id"], webhook_site.now, post.body.decode())
    assert signed["webhook-signature"] == expected
    assert webhook_site.messages() == [("delivered", 1, None)]


def test_the_published_example_of_standard_webhooks_is_signed_as_it_stands_there() -> None:
    at = datetime.fromtimestamp(1614265330, UTC)
    body, secret = b'{"test": 2432232314}', "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    made = headers("msg_p5jXN8AQM9LWM0D4loKWxJek", body, [secret], at)
    assert made["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert check(made, body, [secret], at) == "msg_p5jXN8AQM9LWM0D4loKWxJek"
    for spoiled in (
        (made, b'{"test": 2432232315}', secret, at),
        (made, body, new_secret("v1"), at),
        (made, body, secret, at + timedelta(minutes=6)),
        (made, body, secret, at - timedelta(minutes=6)),
        (made | {"webhook-id": "msg_other"}, body, secret, at),
        (made | {"webhook-timestamp": "1614265331"}, body, secret, at),
        (made | {"webhook-signature": "v1," + "A" * 44}, body, secret, at),
        ({}, body, secret, at),
    ):
        with pytest.raises(NotOurs):
            check(spoiled[0], spoiled[1], [spoiled[2]], spoiled[3])


@pytest.mark.parametrize("scheme", ["v1", "v1a"])
def test_while_a_secret_is_rotated_old_and_new_both_hold_and_afterwards_the_new_one_alone(
    webhook_site: WebhookSite, scheme: Scheme
) -> None:
    endpoints.remove(webhook_site.connection, webhook_site.endpoint)
    webhook_site.endpoint, old = webhook_site.register(scheme=scheme)
    key = sealing_key.read_key(webhook_site.manner.key_file)
    assert old not in str(webhook_site.connection.execute("SELECT sealed FROM webhook_secrets").fetchall())
    new = endpoints.rotate(webhook_site.connection, key, webhook_site.endpoint, timedelta(hours=48), webhook_site.now)
    assert new != old
    webhook_site.push()
    assert webhook_site.turn() == 1
    post = webhook_site.sink.posts[-1]
    assert len(post.headers["webhook-signature"].split(" ")) == 2
    for one in (old, new):
        check(post.headers, post.body, [one], webhook_site.now)
    webhook_site.now += timedelta(hours=49)
    webhook_site.push("批-1")
    assert webhook_site.turn() == 1
    post = webhook_site.sink.posts[-1]
    check(post.headers, post.body, [new], webhook_site.now)
    with pytest.raises(NotOurs):
        check(post.headers, post.body, [old], webhook_site.now)
    with pytest.raises(RefusedByRule):
        endpoints.rotate(webhook_site.connection, key, webhook_site.endpoint, timedelta(days=31), webhook_site.now)


def test_what_does_not_arrive_is_tried_by_the_published_schedule_then_given_up_and_shown(
    webhook_site: WebhookSite,
) -> None:
    permit, tried = webhook_site.push(), []
    webhook_site.sink.behaves = [answers(500)]
    begun = webhook_site.now
    for _ in range(12):
        webhook_site.turn()
        tried.append(len(webhook_site.sink.posts))
        row = webhook_site.connection.execute("SELECT next_at FROM webhook_messages WHERE state = 'queued'").fetchone()
        if row is None:
            break
        webhook_site.now = row[0] - timedelta(seconds=1)
        assert webhook_site.turn() == 0
        assert len(webhook_site.sink.posts) == tried[-1], "a second too early"
        webhook_site.now = row[0]
    assert tried == list(range(1, 11))
    hours = (webhook_site.now - begun).total_seconds() / 3600
    assert tuple(timedelta(seconds=s) for s in (5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400)) == WAITS
    assert hours == pytest.approx(75.585, abs=0.01)
    assert webhook_site.messages() == [("given_up", 10, "http 500")]
    ids = {post.headers["webhook-id"] for post in webhook_site.sink.posts}
    stamps = {post.headers["webhook-timestamp"] for post in webhook_site.sink.posts}
    assert (len(ids), len(stamps)) == (1, 10), "the same message, signed anew each time"
    assert json.loads(webhook_site.sink.posts[-1].body)["data"]["permit"] == permit
    assert facts.failing(webhook_site.connection) == 1
    webhook_site.sink.behaves = [answers(200)]
    endpoints.enable(webhook_site.connection, webhook_site.endpoint, webhook_site.now)
    assert (webhook_site.turn(), facts.failing(webhook_site.connection)) == (1, 0)


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        (answers(301, Location="http://127.0.0.1:1/elsewhere"), "http 301"),
        (answers(404), "http 404"),
        (answers(500), "http 500"),
        (says_nothing, "timeout"),
        (drips, "timeout"),
        (talks_without_end, "broken_off"),
        (hangs_up, "broken_off"),
    ],
    ids=["301", "404", "500", "silent", "drips", "endless head", "hangs up"],
)
def test_only_a_2xx_in_time_is_an_arrival_and_the_rest_is_told_by_its_cause(
    webhook_site: WebhookSite, behaviour: Any, reason: str
) -> None:
    webhook_site.push()
    webhook_site.sink.behaves = [behaviour, answers(202)]
    assert webhook_site.turn(seconds=0.3 if reason == "timeout" else PATIENCE) == 0
    assert webhook_site.messages() == [("queued", 1, reason)]
    assert webhook_site.state().failing_since == webhook_site.now
    webhook_site.now += timedelta(seconds=61)
    assert webhook_site.turn() == 1
    assert (webhook_site.state().failing_since, webhook_site.state().reason) == (None, None)


def test_a_redirect_is_never_followed_and_a_sender_that_follows_is_found_by_the_same_look(
    webhook_site: WebhookSite, tmp_path: Path
) -> None:
    with hook() as elsewhere:
        webhook_site.sink.behaves = [answers(307, Location=f"http://127.0.0.1:{elsewhere.port}/stolen")]
        webhook_site.push()
        assert (webhook_site.turn(), elsewhere.posts) == (0, [])

        class Following(Sender):
            """The broken variant: what a client of HTTP does who is not told otherwise."""

            def hand_over(self, url: str, content: bytes, headers: Any) -> Answer:
                here = url.replace(webhook_site.sink.host, "127.0.0.1")
                got = httpx.post(here, content=content, headers=headers, follow_redirects=True)
                return Answer(got.status_code, f"http {got.status_code}")

        webhook_site.now += timedelta(seconds=61)
        assert webhook_site.sender(Following).turn(webhook_site.connection, threading.Event()) == 1
        assert len(elsewhere.posts) == 1


def test_a_receiver_that_is_gone_is_disabled_and_what_waits_goes_out_when_somebody_enables_it(
    webhook_site: WebhookSite, asked: Commands
) -> None:
    webhook_site.push()
    webhook_site.sink.behaves = [answers(410), answers(200)]
    assert webhook_site.turn() == 0
    assert (webhook_site.state().state, webhook_site.state().reason) == ("disabled", "http 410")
    webhook_site.push("批-1")
    webhook_site.now += timedelta(days=1)
    assert (webhook_site.turn(), len(webhook_site.sink.posts)) == (0, 1)
    shown = asked("webhooks", "list", "--json")
    (one,) = json.loads(shown.stdout)
    assert (shown.exit_code, one["state_in_words"], one["cause"]) == (1, "已停用", "对方答复已不再接收 (410)")
    assert asked("webhooks", "enable", one["endpoint"]).exit_code == 0
    assert webhook_site.turn() == 1


def test_who_asks_for_patience_gets_it_for_all_that_waits(webhook_site: WebhookSite) -> None:
    webhook_site.push()
    webhook_site.sink.behaves = [answers(429, Retry_After="600"), answers(503, Retry_After="junk"), answers(200)]
    assert webhook_site.turn() == 0
    webhook_site.push("批-1")
    webhook_site.now += timedelta(seconds=599)
    assert (webhook_site.turn(), len(webhook_site.sink.posts)) == (0, 1), "the other message waits as well"
    webhook_site.now += timedelta(seconds=1)
    assert webhook_site.turn() == 1
    webhook_site.now += timedelta(minutes=5)
    assert webhook_site.turn() == 1
    now = webhook_site.now
    assert asked_to_wait("Tue, 24 Nov 2026 05:00:00 GMT", datetime(2026, 11, 24, 4, tzinfo=UTC)) == datetime(
        2026, 11, 24, 5, tzinfo=UTC
    )
    assert asked_to_wait("9" * 400, now) == now + timedelta(hours=24)
    for nothing in (None, "", "-1", "soon", "Wed, 99 Foo", "１２"):
        assert asked_to_wait(nothing, now) is None


class Killed(BaseException):
    """As ``kill -9``: nothing that comes after it runs."""


def test_killed_between_sending_and_recording_it_arrives_again_under_the_same_id(
    webhook_site: WebhookSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    webhook_site.push()

    def die(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as dying:
        dying.setattr(messages, "arrived", die)
        with pytest.raises(Killed):
            webhook_site.turn()
    assert webhook_site.turn() == 1
    ids = [post.headers["webhook-id"] for post in webhook_site.sink.posts]
    assert len(ids) == 2
    assert len(set(ids)) == 1
    webhook_site.connection.execute("UPDATE webhook_cursor SET position = 0")
    assert (webhook_site.turn(), len(webhook_site.sink.posts)) == (0, 2), (
        "read from the beginning, nothing is told twice"
    )


def test_a_slow_receiver_keeps_no_other_from_what_is_its_own(webhook_site: WebhookSite) -> None:
    webhook_site.sink.behaves = [says_nothing]
    with hook() as quick:
        key = sealing_key.read_key(webhook_site.manner.key_file)
        kinds = KINDS["supervision"]
        endpoints.register(
            webhook_site.connection, key, HEALTH_BUREAU, quick.url, kinds, "v1", "0101", webhook_site.now
        )
        for number in range(5):
            webhook_site.push(f"批-{number}")
        assert webhook_site.turn(seconds=1.5) == 5
        assert (len(quick.posts), len(webhook_site.sink.posts)) == (5, 1)


@pytest.mark.parametrize(("certified", "reason"), [("hooks.invented.example", None), ("other.example", "tls")])
def test_the_certificate_must_be_of_the_name_although_the_address_is_what_is_called(
    webhook_site: WebhookSite, tmp_path: Path, certified: str, reason: str | None
) -> None:
    with hook(certified, tmp_path) as secure:
        webhook_site.connection.execute("UPDATE webhook_endpoints SET url = %s", (secure.url,))
        webhook_site.push()
        context = ssl.create_default_context(cafile=str(tmp_path / "authority.pem"))
        assert webhook_site.turn(context=context) == int(reason is None)
        assert webhook_site.state().reason == reason
        webhook_site.now += timedelta(minutes=2)
        webhook_site.push("批-1")
        assert webhook_site.turn() == 0, "an authority that the site does not trust"
        assert webhook_site.state().reason == "tls"


LISTED = Allowed.of("hooks.invented.example, 10.20.0.0/16, http://10.30.0.1")


@pytest.mark.parametrize(
    ("url", "found", "reason"),
    [
        ("https://hooks.invented.example/x", ["192.0.2.1"], None),
        ("https://other.example/", ["10.20.3.4"], None),
        ("http://10.30.0.1:8080/", ["10.30.0.1"], None),
        ("http://hooks.invented.example/x", ["192.0.2.1"], "not_secure"),
        ("https://other.example/", ["192.0.2.1"], "not_listed"),
        ("https://other.example/", ["10.20.3.4", "192.0.2.1"], "not_listed"),
        ("https://hooks.invented.example/", ["127.0.0.1"], "own_address"),
        ("https://hooks.invented.example/", ["169.254.169.254"], "own_address"),
        ("https://hooks.invented.example/", ["::ffff:169.254.169.254"], "own_address"),
        ("https://hooks.invented.example/", ["::1"], "own_address"),
        ("https://hooks.invented.example/", ["fe80::1%eth0"], "own_address"),
        ("https://hooks.invented.example/", ["100.100.100.200"], "own_address"),
        ("https://hooks.invented.example/", ["0.0.0.0"], "own_address"),
        ("https://hooks.invented.example/", [], "no_such_name"),
        ("https://0x7f000001/", ["127.0.0.1"], "not_listed"),
        ("https://user@hooks.invented.example/", ["192.0.2.1"], "no_url"),
        ("https://hooks.invented.example@127.0.0.1/", ["127.0.0.1"], "no_url"),
        ("https://127.0.0.1\\@hooks.invented.example/", ["127.0.0.1"], "no_url"),
        ("https://hooks.invented.example\r\nHost: x/", ["192.0.2.1"], "no_url"),
        ("ftp://hooks.invented.example/", ["192.0.2.1"], "no_url"),
        ("file:///etc/passwd", [], "no_url"),
        ("https://", [], "no_url"),
        ("https://hooks.invented.example:0/", ["192.0.2.1"], "no_url"),
        ("https://hooks.invented.example:99999/", ["192.0.2.1"], "no_url"),
    ],
)
def test_only_what_the_site_lists_is_a_target_and_never_this_machine_by_a_name(
    url: str, found: list[str], reason: str | None
) -> None:
    def judge() -> str:
        return LISTED.pinned(target_of(url), lambda _host, _port: found)

    if reason is None:
        assert judge() == found[0]
        with pytest.raises(Refused):
            Allowed.of("").pinned(target_of(url), lambda _host, _port: found)
        return
    with pytest.raises(Refused, match=reason):
        judge()


def test_a_name_that_answers_differently_once_it_was_judged_gets_nothing(webhook_site: WebhookSite) -> None:
    """DNS rebinding: harmless when it is looked at, this machine when it is called."""
    webhook_site.push()
    allowed = Allowed.of("http://hooks.invented.example")
    asked_for: list[str] = []

    def rebinding(host: str, _port: int) -> list[str]:
        asked_for.append(host)
        return ["192.0.2.1"] if len(asked_for) == 1 else ["127.0.0.1"]

    assert webhook_site.turn(allowed=allowed, resolve=rebinding, seconds=0.05) == 0
    assert (len(asked_for), webhook_site.sink.posts) == (1, []), "asked once, and connected to what was judged"
    webhook_site.now += timedelta(minutes=2)
    assert webhook_site.turn(allowed=allowed, resolve=rebinding) == 0
    assert (webhook_site.state().reason, webhook_site.sink.posts) == ("own_address", []), "judged anew at each send"

    class Unpinned(Sender):
        """The broken variant: judges one answer, and lets the connection ask for another."""

        def hand_over(self, url: str, content: bytes, headers: Any) -> Answer:
            target = target_of(url)
            asked_for.clear()
            self.manner.allowed.pinned(target, self.manner.resolve)
            again = self.manner.resolve(target.host, target.port)[0]
            got = httpx.post(url.replace(target.host, again), content=content, headers=headers)
            return Answer(got.status_code)

    webhook_site.now += timedelta(minutes=5)
    sender = webhook_site.sender(Unpinned, allowed=allowed, resolve=rebinding)
    assert sender.turn(webhook_site.connection, threading.Event()) == 1
    assert len(webhook_site.sink.posts) == 1, "this machine was reached"


def test_nobody_else_is_told_and_nothing_from_before_it_was_registered(webhook_site: WebhookSite) -> None:
    endpoints.remove(webhook_site.connection, webhook_site.endpoint)
    webhook_site.push()
    assert webhook_site.turn() == 0
    webhook_site.register("11990100MB0000999X")
    webhook_site.push("批-1")
    assert (webhook_site.turn(), webhook_site.sink.posts) == (0, [])


def test_without_the_key_nothing_goes_out_unsigned_and_it_goes_on_when_the_key_is_back(
    webhook_site: WebhookSite,
) -> None:
    webhook_site.push()
    kept = webhook_site.manner.key_file.rename(webhook_site.folder / "away")
    assert (webhook_site.turn(), webhook_site.state().reason, webhook_site.sink.posts) == (0, "no_key", [])
    kept.rename(webhook_site.manner.key_file)
    webhook_site.now += timedelta(minutes=2)
    assert webhook_site.turn() == 1


def test_an_operator_adds_tests_rotates_and_removes_by_commands(
    asked: Commands, tmp_path: Path, linkage: Linkage
) -> None:
    with hook() as sink:
        sink.host = "127.0.0.1"
        words = ("webhooks", "add", sink.url, "--body", MARKET_BUREAU, "--by", "0101", "--json")
        assert "允许推送的名单" in str(asked(*words, targets="").exception)
        made = json.loads(asked(*words).stdout)
        assert (tmp_path / "data" / "webhook.key").stat().st_mode & 0o777 == 0o600
        assert asked("webhooks", "test", made["endpoint"]).exit_code == 0
        (post,) = sink.posts
        assert json.loads(post.body)["type"] == "webhook.test"
        check(post.headers, post.body, [made["secret"]], datetime.now(UTC))
        assert asked("webhooks", "rotate", made["endpoint"]).stdout.startswith("whsec_")
        assert asked("webhooks", "remove", made["endpoint"]).exit_code == 0
        assert json.loads(asked("webhooks", "list", "--json").stdout) == []
