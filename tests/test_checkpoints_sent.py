"""Departments are sent each signed checkpoint: what they keep shows a ledger that was rewritten since."""

from __future__ import annotations

import asyncio
import json
import ssl
import threading
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from events.database import raw
from services import live_feed as live
from services.access.callers import Scope, scope_now
from services.checkpoints.own import newest_signed
from services.checkpoints.sent import forget_sent, note_sent, sent_to
from services.live_feed import LiveFeed
from services.pages.seats import Role, Seat
from services.supervision.live import live_feed
from services.trouble import WronglyAsked
from services.webhooks import endpoints, sealing_key
from services.webhooks.saying import CHECKPOINT
from services.webhooks.sending import Manner, Sender
from services.webhooks.targets import Allowed
from tests.invented import HEALTH_BUREAU, MARKET_BUREAU, decision, duty
from tests.linkage import Linkage
from tests.signing_town import NOON, SigningTown, blind, exported, rewrite, signing
from tests.supervision_web import web
from tests.verifier import verifier
from tests.webhook_sinks import Hook, answers, hook


class Receiver:
    """The market bureau's own system, which keeps what it is sent."""

    def __init__(self, town: SigningTown, sink: Hook, folder: Path) -> None:
        self.town, self.sink = town, sink
        self.connection = town.supervision.connection
        manner = Manner(
            "https://linkage.invented.example", folder / "webhook.key", Allowed.of("http://127.0.0.0/8"),
            ssl.create_default_context(), resolve=lambda _host, _port: ["127.0.0.1"],
        )  # fmt: skip
        self.sender = Sender("", "supervision", manner, lambda _: town.supervision.now)
        key = sealing_key.read_or_make(manner.key_file)
        self.endpoint, _ = endpoints.register(
            self.connection, key, MARKET_BUREAU, sink.url, [CHECKPOINT], "v1", "0101", NOON
        )

    def turn(self) -> int:
        return self.sender.turn(self.connection, threading.Event())

    def minute(self, decided: int = 1) -> int:
        """Let a minute pass in which so much is decided; return how many messages arrived."""
        if decided:
            names = (f"N{self.town.supervision.now:%H%M}-{number}" for number in range(decided))
            self.town.linkage.publish(*(decision(permit_number=name) for name in names))
            self.town.linkage.number()
            self.town.linkage.number_pushes()
        self.town.minute(1)
        return self.turn()

    @property
    def kept(self) -> Sequence[dict[str, Any]]:
        return [json.loads(post.body)["data"] for post in self.sink.posts]

    def file(self) -> bytes:
        """What it has kept: one message on a line."""
        return b"\n".join(post.body for post in self.sink.posts)


@pytest.fixture
def town(linkage: Linkage, tmp_path: Path) -> Iterator[SigningTown]:
    with signing(linkage, tmp_path, duty(co_departments=())) as found:
        yield found


@pytest.fixture
def receiver(town: SigningTown, tmp_path: Path) -> Iterator[Receiver]:
    with hook() as sink:
        found = Receiver(town, sink, tmp_path)
        yield found
        found.sender.close()


def officer(town: SigningTown, body: str = MARKET_BUREAU) -> TestClient:
    seat = Seat(Role.OFFICER, body, "0101").as_cookie()
    return TestClient(web(town.linkage), headers={"accept": "text/html"}, cookies={"seat-supervision": seat})


def test_a_department_is_sent_each_checkpoint_once_and_none_while_nothing_is_recorded(receiver: Receiver) -> None:
    assert [receiver.minute(), receiver.minute(2)] == [1, 1]
    assert [receiver.minute(0) for _ in range(5)] == [0] * 5
    first, second = receiver.kept
    newest = newest_signed(receiver.connection)
    assert newest is not None
    assert (second["size"], second["root"]) == (newest.size, newest.root.hex())
    assert (first["since"], second["since"]) == (0, first["size"]), "each goes on from the one before"
    assert second["other"]["source"] == "approval"
    assert all(len(post.body) < 20_480 for post in receiver.sink.posts)


def test_after_an_outage_it_gets_the_one_that_waited_and_the_newest_and_not_one_of_each_minute(
    receiver: Receiver,
) -> None:
    receiver.sink.behaves = [answers(500)]
    assert [receiver.minute() for _ in range(4)] == [0] * 4
    waited = receiver.kept[0]["size"]
    receiver.sink.behaves = [answers(200)]
    receiver.town.supervision.now += timedelta(hours=1)
    assert [receiver.turn(), receiver.turn()] == [1, 1]
    assert [one["size"] for one in receiver.kept[-2:]] == [waited, newest_size(receiver)]
    assert [one.size for one in sent_to(receiver.connection, MARKET_BUREAU)] == [newest_size(receiver), waited]


def newest_size(receiver: Receiver) -> int:
    newest = newest_signed(receiver.connection)
    assert newest is not None
    return newest.size


def test_what_a_department_kept_shows_a_ledger_rewritten_and_signed_anew_by_the_owner_of_the_key(
    receiver: Receiver,
) -> None:
    town = receiver.town
    for _ in range(3):
        receiver.minute()
    town.minute()
    kept = receiver.file()
    sizes = sorted(one["other"]["size"] for one in receiver.kept if one["other"])
    honest, key = exported(town)
    assert "比对一致" in verifier().check(honest, [key], kept=[kept])[0]
    some, _ = exported(town, first=2, last=3, kept=sizes[-1:])
    assert "比对一致" in verifier().check(some, [key], kept=[kept])[0]
    town.decide()
    town.minute()
    with pytest.raises(verifier().Wrong, match="不能与您留存的比对"):
        verifier().check(exported(town, first=4, last=4)[0], [key], kept=[kept])
    with pytest.raises(WronglyAsked, match="no checkpoint of"):
        exported(town, kept=[10**6])

    connection = town.approval.connection
    rewrite(connection, 1)
    connection.execute("TRUNCATE signed_checkpoints, spoken_checkpoint")
    blind(town.approval)
    town.minute()
    forged, key = exported(town)
    with pytest.raises(verifier().Wrong, match="与您留存的不同"):
        verifier().check(forged, [key], kept=[kept])
    # Negative control: nobody kept anything.
    assert verifier().check(forged, [key])


def test_a_kept_copy_that_was_touched_or_is_of_somebody_else_is_no_evidence(receiver: Receiver) -> None:
    receiver.minute()
    receiver.minute()
    honest, key = exported(receiver.town)
    for touched in (
        receiver.file().replace(b"time 2026", b"time 2025"),
        receiver.file().replace(receiver.kept[-1]["other"]["origin"].encode(), b"another/approval"),
        b"",
        b"{}",
    ):
        with pytest.raises(verifier().Wrong):
            verifier().check(honest, [key], kept=[touched])


def test_an_open_line_is_told_the_newest_at_once_and_each_that_follows(
    town: SigningTown, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "HEARTBEAT_SECONDS", 0.2)
    town.linkage.number_pushes()
    town.minute()

    async def listen() -> list[bytes]:
        feed = live_feed(town.linkage.supervision_web, threading.Event())
        stream = feed.follow(MARKET_BUREAU, None)
        heard = [await anext(stream), await anext(stream), await anext(stream)]
        await asyncio.to_thread(decide_and_sign, town)
        while b"event: checkpoint" not in heard[-1]:
            heard.append(await anext(stream))
        await stream.aclose()
        assert feed._looking is not None
        await feed._looking
        return heard

    _, first, quiet, *_, last = asyncio.run(listen())
    assert quiet.startswith(b": "), "a minute without records says nothing"
    told = [json.loads(one.split(b"data: ")[1]) for one in (first, last)]
    assert told[1]["since"] == told[0]["size"] < told[1]["size"]
    assert b"id:" not in first, "where a line goes on is a ledger number"
    sent = sent_to(town.supervision.connection, MARKET_BUREAU)
    assert (sent[-1].size, sent[-1].way) == (told[0]["size"], "stream")


def heard_before_the_checkpoint(town: SigningTown, after: int) -> list[int]:
    """Return the ledger numbers of the pushes that a line gets first when it comes back with the id ``after``."""

    async def listen() -> list[int]:
        feed = live_feed(town.linkage.supervision_web, threading.Event())
        stream = feed.follow(MARKET_BUREAU, after)
        heard: list[int] = []
        async for one in stream:
            if b"event: checkpoint" in one:
                break
            heard += [int(one.split(b"\n")[0].removeprefix(b"id: "))] if one.startswith(b"id: ") else []
        await stream.aclose()
        assert feed._looking is not None
        await feed._looking  # cut short in a look, its thread would still hold a connection when the test is over
        return heard

    return asyncio.run(listen())


def test_a_line_that_comes_back_gets_every_page_of_what_it_missed_before_the_newest_checkpoint(
    town: SigningTown, monkeypatch: pytest.MonkeyPatch
) -> None:
    town.linkage.number_pushes()
    after = newest_number(town)
    for number in range(5):
        town.linkage.publish(decision(permit_number=f"N{number}"))
    town.linkage.number_pushes()
    town.minute()
    monkeypatch.setattr(live, "PAGE", 2)
    monkeypatch.setattr(live, "HEARTBEAT_SECONDS", 0.2)
    pushed = heard_before_the_checkpoint(town, after)
    assert len(pushed) == 5
    # The negative control: a page that is longer than what was missed hides a checkpoint that comes after the first.
    monkeypatch.setattr(LiveFeed, "_begin", begins_at(after))
    assert len(heard_before_the_checkpoint(town, after)) < 5


def begins_at(after: int) -> Callable[[LiveFeed], Awaitable[int]]:
    """Break it on purpose: nothing was missed, to who does not ask how far the ledger is."""
    begin = LiveFeed._begin

    async def begun(feed: LiveFeed) -> int:
        await begin(feed)
        return after

    return begun


def newest_number(town: SigningTown) -> int:
    row = town.supervision.connection.execute("SELECT position FROM ledger_head").fetchone()
    return int(row[0]) if row else 0


def decide_and_sign(town: SigningTown) -> None:
    town.linkage.publish(decision())
    town.linkage.number_pushes()
    town.minute()


def test_a_department_sees_what_its_own_systems_were_sent_and_nobody_elses(receiver: Receiver) -> None:
    town = receiver.town
    assert "还没有收到过检查点" in officer(town).get("/check").text
    receiver.minute()
    size = newest_size(receiver)
    shown = officer(town).get("/check").text
    assert f"最近一次收到：至第 {size} 号" in shown
    address = f"/api/v1/departments/{MARKET_BUREAU}/checkpoints"
    copy = officer(town).get(address)
    assert copy.status_code == 200, copy.text
    assert [(one["size"], one["way"]) for one in copy.json()["checkpoints"]] == [(size, "webhook")]
    assert "还没有收到过检查点" in officer(town, HEALTH_BUREAU).get("/check").text
    before = scope_now.set(Scope(frozenset((HEALTH_BUREAU,))))
    try:
        with town.linkage.supervision_web.connect() as connection:
            assert sent_to(raw(connection), MARKET_BUREAU) == []
            for table in ("webhook_endpoints", "webhook_messages", "checkpoints_sent"):
                assert connection.scalar(text(f"SELECT count(*) FROM {table}")) == 0, table
    finally:
        scope_now.reset(before)
    # The owner of the ledger forgets what was sent.
    receiver.connection.execute("DELETE FROM signed_checkpoints")
    assert "检查点不见了" in officer(town).get("/check").text


def test_what_was_sent_is_remembered_for_a_month_and_the_newest_for_ever(town: SigningTown) -> None:
    connection = town.supervision.connection
    for size, days in ((1, 40), (2, 35), (3, 10)):
        note_sent(connection, MARKET_BUREAU, size, "stream", NOON - timedelta(days=days))
    note_sent(connection, HEALTH_BUREAU, 1, "stream", NOON - timedelta(days=99))
    forget_sent(connection, NOON - timedelta(days=30))
    assert [one.size for one in sent_to(connection, MARKET_BUREAU)] == [3]
    assert [one.size for one in sent_to(connection, HEALTH_BUREAU)] == [1]
