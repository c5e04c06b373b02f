"""An operator is told when something does not go as it must: once, again while it lasts, and when it is over."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import httpx
import psycopg
import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner, Result

from events.database import connect
from events.ledger import Fault
from events.locks import Lock
from events.log.embedded import EmbeddedLog
from events.reserve import Room
from projections.lag import Stage, Status
from services import alert_store, looking, silences
from services.alert_conditions import Facts, Own, conditions
from services.alert_recipients import Manner, Recipient, read_recipients
from services.alerting import Alerter
from services.alerts import KINDS, Alert, Found, Occasion, Round, Severity, advance
from services.checkpoints.standing import CheckpointFault
from services.command_line import program
from services.ledger_walks import note_walk
from services.notice_channels import Mail, Posting, Sending, Ways
from services.notices import Channel, Notice, Quiet
from services.refusing import Refused
from services.settings import Settings, SettingsWrong
from tests.conftest import Databases
from tests.linkage import Linkage
from tests.notice_sinks import HttpSink, MailSink, gateway, mail_server
from tests.supervision_web import LEVEL, web
from tests.test_lag_history import OPERATOR

RULES = (Path(__file__).parents[1] / "deploy" / "prometheus" / "linkage.rules.yml").read_text()
BURNS = {f"Linkage{late}Burns{pace}" for late in ("Visibility", "VeryLate") for pace in ("Fast", "Slowly")}
ELSEWHERE = {"LinkageNotScraped", "LinkagePartNotScraped", "LinkageWatchdog"} | BURNS
"""What only who asks from outside, or counts for hours, can tell."""
PAGES = "https://linkage.invented.example:8471"
SECRET = b"0123456789abcdef0123456789abcdef"
NOON = datetime(2026, 11, 24, 4, tzinfo=UTC)
FAULT = Fault(7, "digest")
WELL = Facts(
    "supervision", "intake", LEVEL, None, Own(20.0), {}, 0, date(2026, 11, 24), date(2027, 12, 31), 0, None, NOON
)  # fmt: skip
ILL = {
    "LinkageStalled": replace(WELL, lag=replace(LEVEL, status=Status.STALLED, seconds=40.0, stage=Stage.LOG)),
    "LinkageSilent": replace(WELL, lag=None),
    "LinkageBehind": replace(WELL, lag=replace(LEVEL, status=Status.BEHIND, seconds=61.0, stage=Stage.LOG)),
    "LinkageCanaryMissing": replace(WELL, own=Own(181.0)),
    "LinkageOutboxStuck": replace(WELL, unnumbered_since=NOON - timedelta(seconds=61)),
    "LinkageParked": replace(WELL, parked={"refused": 2}),
    "LinkageMissingEvents": replace(WELL, missing=3),
    "LinkageRemindersStopped": replace(WELL, reminded_until=date(2026, 11, 22)),
    "LinkageCalendarEnds": replace(WELL, calendar_until=date(2026, 12, 7)),
    "LinkageClockSkew": replace(WELL, lag=replace(LEVEL, source_clock_skew=-6.0)),
    "LinkageCommandsUnanswered": replace(WELL, own=Own(None, 1)),
    "LinkageLedgerBroken": replace(WELL, broken=1),
    "LinkageAuditBroken": replace(WELL, audit_broken=1),
    "LinkageAuditCopyBehind": replace(WELL, audit_uncopied_since=NOON - timedelta(seconds=301)),
    "LinkageCheckpointFault": replace(WELL, checkpoint_faults=(("approval", CheckpointFault.REWRITTEN),)),
    "LinkageStampsFailing": replace(WELL, unstamped_since=NOON - timedelta(minutes=40)),
    "LinkageReconcileDiffers": replace(WELL, differing=2),
    "LinkageNotProven": replace(WELL, unproven=("verify",)),
    "LinkageWebhookFailing": replace(WELL, webhooks=1),
    "LinkageDiskNearReserve": replace(WELL, room=Room(900, 500, None, NOON)),
}


def ruled(rules: str) -> dict[str, tuple[timedelta, str]]:
    """Return how long each alert of the rules must hold, and how bad it is."""
    unit = {"s": 1, "m": 60, "h": 3600}
    found = {}
    for part in rules.split("- alert: ")[1:]:
        held = re.search(r"for: (\d+)([smh])", part)
        seconds = int(held[1]) * unit[held[2]] if held else 0
        severity = re.search(r"severity: (\w+)", part)
        assert severity
        found[part.split()[0]] = timedelta(seconds=seconds), severity[1]
    return found


def told_here() -> dict[str, tuple[timedelta, str]]:
    return {name: (kind.hold, kind.severity.value) for name, kind in KINDS.items() if name != "LinkageDatabaseAway"}


def test_a_site_without_prometheus_is_told_of_the_same_as_one_with_it() -> None:
    rules = ruled(RULES)
    assert set(rules) - set(told_here()) == ELSEWHERE
    assert told_here() == {name: said for name, said in rules.items() if name not in ELSEWHERE}
    assert told_here() != ruled(RULES.replace("for: 10m", "for: 11m")), "a rule that was changed alone is noticed"


def test_each_condition_is_found_by_its_own_cause_and_none_where_all_is_well() -> None:
    assert conditions(WELL) == []
    assert {name: [one.alert for one in conditions(facts)] for name, facts in ILL.items()} == {
        name: [name] for name in ILL
    }
    full = conditions(replace(WELL, room=Room(400, 500, NOON, NOON)))
    assert [one.alert for one in full] == ["LinkageDiskClosed", "LinkageDiskNearReserve"]
    assert set(ILL) | {"LinkageDatabaseAway", "LinkageDiskClosed"} == set(KINDS)


class Site:
    """The supervision side, with a person on duty by text message, all by mail, and a platform that only pages wake."""

    def __init__(self, databases: Databases, mail: MailSink, http: HttpSink) -> None:
        self.url, self.mail, self.http = databases.supervision_url, mail, http
        self.log_url = databases.approval_url
        self.connection = connect(self.url, application="test")
        row = self.connection.execute("SELECT clock_timestamp()").fetchone()
        assert row
        self.begun: datetime = row[0]
        self.now = self.begun
        self.connection.execute("INSERT INTO scheduled_until (day) VALUES ('2100-01-01')")
        self.elapsed = 0.0
        self.senders: list[Alerter] = []

    def later(self, **much: float) -> None:
        self.now += timedelta(**much)
        self.elapsed += timedelta(**much).total_seconds()

    def sender(self, quiet: Quiet | None = None, ping: str | None = None) -> Alerter:
        """A process of its own: it knows nothing but what the database says."""
        recipients = [
            Recipient("all", Channel.MAIL, "ops@invented.example", False),
            Recipient("duty", Channel.SMS, "+8613000000000", True),
            Recipient("platform", Channel.WEBHOOK, f"{self.http.url}/hook", True),
        ]
        ways: Ways = {
            Channel.MAIL: lambda: Mail(f"smtp://127.0.0.1:{self.mail.port}", "linkage@invented.example"),
            Channel.SMS: lambda: Posting(SECRET, f"{self.http.url}/sms"),
            Channel.WEBHOOK: lambda: Posting(SECRET),
        }
        manner = Manner(recipients, ways, "http://notices.invented.example", PAGES, quiet, timedelta(hours=4), ping)
        made = Alerter(
            self.url, "supervision", "intake", lambda: EmbeddedLog(self.log_url, "approval"), lambda _: Own(None),
            manner, lambda _: self.now, lambda: self.elapsed,
        )  # fmt: skip
        self.senders.append(made)
        return made

    def turn(self, **how: object) -> int:
        with closing(self.sender(**how)) as sender:  # type: ignore[arg-type]
            return sender.turn(self.connection, threading.Event())

    def breaks(self, *faults: Fault) -> None:
        note_walk(self.connection, 9, faults)

    def open(self) -> list[str]:
        return [one.alert for one in alert_store.shown(self.connection, 100, open_only=True)]

    def texts(self) -> list[str]:
        return [post.said["text"] for post in self.http.posts if post.path == "/sms"]


@pytest.fixture
def site(databases: Databases) -> Iterator[Site]:
    with mail_server() as mail, gateway() as http:
        made = Site(databases, mail, http)
        yield made
        made.connection.close()
        for sender in made.senders:
            sender.close()


def test_it_is_told_once_by_each_way_again_after_hours_and_once_when_it_is_over_whoever_restarts(site: Site) -> None:
    site.breaks(FAULT)
    assert [site.turn() for _ in range(3)] == [3, 0, 0]
    assert "处置：https://linkage.invented.example:8471/runbook#linkageledgerbroken" in site.texts()[0]
    assert len(site.mail.messages) == 1
    assert {post.path for post in site.http.posts} == {"/sms", "/hook"}
    site.later(seconds=70)
    assert site.turn() == 3, "nobody announces for the other side, for more than a minute by now"
    assert sorted(site.open()) == ["LinkageLedgerBroken", "LinkageSilent"]
    site.later(hours=3)
    assert site.turn() == 0
    site.later(hours=1)
    assert site.turn() == 3
    assert site.texts()[-1].count("仍未恢复") == 2
    site.breaks()
    assert [site.turn() for _ in range(3)] == [3, 0, 0]
    assert "台账核验不符：已恢复" in site.texts()[-1]
    assert site.open() == ["LinkageSilent"]
    states = {one["channel"]: one["state"] for one in alert_store.messages(site.connection, 100)}
    assert states == {"mail": "sent", "sms": "sent", "webhook": "delivered"}


def test_what_does_not_hold_long_enough_is_told_to_nobody(site: Site) -> None:
    short = advance([Alert("LinkageSilent", "intake", "", NOON)], [], lambda _: False, False, timedelta(hours=4), NOON)
    assert (short.told, len(short.vanished)) == ([], 1)
    assert site.turn() == 0
    assert site.open() == []


def test_what_can_wait_waits_out_the_night_and_what_cannot_does_not(site: Site) -> None:
    assert site.turn(quiet=Quiet.of("20:00-08:00")) == 0
    lasting = [Alert(name, "", "", NOON, NOON) for name in ("LinkageParked", "LinkageStalled")]
    found = [Found(one.alert, "", "") for one in lasting]
    by_night = advance(lasting, found, lambda _: False, True, timedelta(hours=4), NOON)
    assert [one.alert.alert for one in by_night.told] == ["LinkageStalled"]
    by_day = advance(by_night.kept, found, lambda _: False, False, timedelta(hours=4), NOON + timedelta(hours=1))
    assert [(one.alert.alert, one.occasion) for one in by_day.told] == [("LinkageParked", Occasion.OPENED)]


class Killed(BaseException):
    """As ``kill -9``: nothing that comes after it runs."""


class Dying:
    delivered = False

    def __init__(self, way: Sending) -> None:
        self.way = way

    def send(self, address: str, notice: Notice, now: datetime) -> None:
        self.way.send(address, notice, now)
        raise Killed


class Forgetful(Alerter):
    """Sends without a word in the database before it: after a restart nothing says what was under way."""

    def _messages(self, told: object) -> list[alert_store.Message]:
        for one in super()._messages(told):  # type: ignore[arg-type]
            with suppress(Killed):
                self.hand_over(self.manner.recipients[1], one, self.clock(None))  # type: ignore[arg-type]
        raise Killed


def test_killed_in_the_middle_it_sends_again_under_the_same_id_and_loses_nothing(site: Site) -> None:
    site.breaks(FAULT)
    first = site.sender()
    first.manner = replace(
        first.manner,
        recipients=first.manner.recipients[1:2],
        ways={Channel.SMS: lambda: Dying(Posting(SECRET, f"{site.http.url}/sms"))},
    )
    with pytest.raises(Killed):
        first.turn(site.connection, threading.Event())
    again = site.sender()
    again.manner = replace(again.manner, recipients=again.manner.recipients[1:2])
    assert [again.turn(site.connection, threading.Event()) for _ in range(2)] == [1, 0]
    keys = [post.headers["Idempotency-Key"] for post in site.http.posts]
    assert keys[0] == keys[1]
    assert len(keys) == 2


def test_a_sender_that_does_not_queue_before_it_sends_tells_twice(site: Site) -> None:
    """The negative control of the one before: the message that was sent is unknown after the restart."""
    site.breaks(FAULT)
    sound = site.sender()
    broken = Forgetful(*(getattr(sound, name) for name in ("url", "side", "projection", "source", "own", "manner")))
    broken.clock = sound.clock
    site.senders.append(broken)
    with pytest.raises(Killed):
        broken.turn(site.connection, threading.Event())
    assert alert_store.messages(site.connection, 9) == []
    assert site.turn() == 3
    assert len(site.texts()) > 1


def test_a_silenced_alert_is_kept_and_sent_when_the_silence_is_over(site: Site) -> None:
    site.breaks(FAULT)
    number = silences.begin(site.connection, "", timedelta(hours=2), "9001", "更换服务器", site.now)
    assert site.turn() == 0
    assert site.open() == ["LinkageLedgerBroken"]
    (one,) = silences.at(site.connection, site.now)
    assert (one.silence, one.owner, one.reason) == (number, "9001", "更换服务器")
    site.later(hours=2)
    assert [site.turn(), site.turn()] == [3, 0]
    silences.begin(site.connection, "LinkageLedgerBroken", timedelta(hours=9), "9001", "核查", site.now)
    site.later(hours=5)
    assert site.turn() == 3, "the other one is repeated"
    assert "台账" not in site.texts()[-1]
    silences.end(site.connection, number + 1, "9002", site.now)
    assert site.turn() == 3, "ended before its time: what is still open is told"
    site.breaks()
    assert site.turn() == 3, "told when over"


def test_a_silence_has_an_owner_a_reason_and_an_end_within_seven_days(site: Site) -> None:
    for alert, hours, reason in (("", 169, "升级"), ("", 0, "升级"), ("", 1, " "), ("LinkageNothing", 1, "升级")):
        with pytest.raises(Refused):
            silences.begin(site.connection, alert, timedelta(hours=hours), "9001", reason, site.now)
    with pytest.raises(Refused):
        silences.end(site.connection, 1, "9001", site.now)
    with pytest.raises(psycopg.errors.CheckViolation):
        site.connection.execute(
            "INSERT INTO silences (alert, owner, reason, begins_at, ends_at) VALUES ('', '9001', 'x', now(), now() + "
            "interval '8 days')"
        )


class Pulse:
    """What an outer check hears: GETs, until somebody is told that there are none."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.heard: list[str] = []
        monkeypatch.setattr(httpx, "get", self.get)

    def get(self, url: str, **_: object) -> httpx.Response:
        self.heard.append(url)
        return httpx.Response(200, request=httpx.Request("GET", url))


def test_the_outer_check_is_asked_for_every_minute_only_while_somebody_can_be_told(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    pulse = Pulse(monkeypatch)
    sender = site.sender(ping="http://check.invented.example/1")
    for _ in range(3):
        sender.turn(site.connection, threading.Event())
        sender.ping(site.connection)
        site.later(seconds=30)
    assert len(pulse.heard) == 2
    site.breaks(FAULT)
    site.http.status, site.mail.answers = 503, ["451 later"]
    assert sender.turn(site.connection, threading.Event()) == 0
    site.later(minutes=11)
    sender.ping(site.connection)
    assert len(pulse.heard) == 2, "a sender that reaches nobody is as good as dead, and somebody outside must hear so"
    site.http.status, site.mail.answers = 200, ["250 OK"]
    assert sender.turn(site.connection, threading.Event()) > 0
    sender.ping(site.connection)
    assert len(pulse.heard) == 3


def test_a_database_that_is_away_is_told_from_memory_once_and_told_when_it_is_back(site: Site) -> None:
    sender = site.sender()
    sender.without_database(site.now)
    assert site.http.posts == [], "who never led tells nothing"
    sender.turn(site.connection, threading.Event())
    sender.without_database(site.now)
    assert site.http.posts == [], "a restart of the server is no alert"
    site.later(seconds=61)
    for _ in range(2):
        sender.without_database(site.now)
    assert ["数据库连接不上" in text for text in site.texts()] == [True]
    sender.note_outage(site.connection)
    sender.turn(site.connection, threading.Event())
    assert any("数据库连接不上：已恢复" in text for text in site.texts())
    assert "LinkageDatabaseAway" not in site.open()


def test_of_two_senders_of_a_side_one_tells(site: Site) -> None:
    site.connection.execute("SELECT pg_advisory_lock(%s)", (Lock.ALERTING,))
    site.breaks(FAULT)
    stop = threading.Event()
    standing_by = threading.Thread(target=site.sender().run, args=(stop,))
    standing_by.start()
    try:
        assert site.turn() == 3
    finally:
        stop.set()
        standing_by.join(30)
    assert len(site.texts()) == 1


def test_the_file_of_recipients_is_judged_by_line_and_never_repeated(tmp_path: Path) -> None:
    file = tmp_path / "recipients"
    settings = Settings(alert_recipients_file=file)
    ways: Ways = {Channel.MAIL: lambda: Posting(SECRET)}
    file.write_text("# on duty\nall mail ops@invented.example\nboss mail boss@invented.example page\n")
    assert read_recipients(settings, ways) == [
        Recipient("all", Channel.MAIL, "ops@invented.example", False),
        Recipient("boss", Channel.MAIL, "boss@invented.example", True),
    ]
    for line, said in (
        ("duty sms 13012345678", "line 1: sms needs LINKAGE_NOTICE_SMS_URL"),
        ("duty pigeon 13012345678", "line 1: the way"),
        ("duty mail 13012345678", "line 1: this is no address"),
        ("13012345678", "line 1: give"),
        ("a mail x@y.z\na mail z@y.x", "two lines"),
    ):
        file.write_text(line)
        with pytest.raises(SettingsWrong, match=said) as wrong:
            read_recipients(settings, ways)
        assert "13012345678" not in str(wrong.value)


def test_an_operator_lists_tests_and_silences_by_command(
    site: Site, databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.breaks(FAULT)
    site.turn()
    file, secret = tmp_path / "recipients", tmp_path / "secret"
    file.write_text(f"all mail ops@invented.example\nplatform webhook {site.http.url}/refusing\n")
    secret.write_bytes(SECRET)
    monkeypatch.setenv("APPROVAL_DATABASE_URL", databases.approval_url)
    monkeypatch.setenv("SUPERVISION_DATABASE_URL", databases.supervision_url)
    monkeypatch.setenv("LINKAGE_ALERT_RECIPIENTS_FILE", str(file))
    monkeypatch.setenv("LINKAGE_NOTICE_SMTP_URL", f"smtp://127.0.0.1:{site.mail.port}")
    monkeypatch.setenv("LINKAGE_NOTICE_SECRET_FILE", str(secret))
    monkeypatch.setattr(looking, "open_journal", lambda *_, **__: None)

    def asked(*words: str) -> Result:
        return CliRunner().invoke(program(words), words)

    listed = asked("alerts", "list", "--json")
    (one,) = json.loads(listed.stdout)
    assert (listed.exit_code, one["alert"], one["told"]) == (1, "LinkageLedgerBroken", 1)
    assert "台账核验不符" in asked("alerts", "list", "--past").stdout
    site.http.status = 404
    tried = asked("alerts", "test")
    assert tried.exit_code == 1
    assert "all 邮件: 已发出" in tried.stdout
    assert "platform 回调: 已放弃（http 404）" in tried.stdout
    assert asked("silence", "begin", "--hours", "2", "--by", "9001", "--reason", "升级").exit_code == 0
    assert asked("silence", "begin", "--hours", "200", "--by", "9001", "--reason", "升级").exit_code != 0
    (silent,) = json.loads(asked("silence", "list", "--json").stdout)
    assert (silent["owner"], silent["reason"], silent["holds"]) == ("9001", "升级", True)
    assert asked("silence", "end", str(silent["silence"]), "--by", "9002").exit_code == 0
    assert "已由 9002 结束" in asked("silence", "list").stdout


def test_a_round_that_changes_nothing_tells_nothing() -> None:
    assert advance([], [], lambda _: False, False, timedelta(hours=4), NOON) == Round()
    assert Alert("LinkageParked", "", "", NOON).severity is Severity.TICKET


def test_an_operator_sees_alerts_on_the_page_and_silences_what_is_expected_and_nobody_else_does(
    linkage: Linkage,
) -> None:
    with connect(linkage.supervision_url, application="test") as connection:
        opened = Alert("LinkageParked", "gap", "2 个事件停放", NOON, NOON, told=1, told_at=NOON)
        alert_store.keep(connection, Round(kept=[opened]), NOON)
    operator = TestClient(web(linkage), headers={"accept": "text/html"}, cookies=OPERATOR)
    officer = TestClient(web(linkage), headers={"accept": "text/html"})
    shown = operator.get("/lag").text
    assert "2 个事件停放" in shown
    (led,) = re.findall(r'href="(/runbook#linkageparked)"', shown)
    assert 'id="linkageparked"' in operator.get(led).text
    assert officer.get(led, follow_redirects=False).status_code != 200
    planned = {"alert": "LinkageParked", "hours": "2", "reason": "等待升级", "to": "/lag"}
    officer.post("/silences", data=planned)
    assert linkage.rows("SELECT 1 FROM silences") == []
    assert "静默 1 已开始" in operator.post("/silences", data=planned).text
    assert "静默中" in operator.get("/lag/now").text
    assert operator.post("/silences", data=planned | {"reason": " "}).status_code == 409
    assert "静默 1 已结束" in operator.post("/silences/1/end", data={"to": "/lag"}).text
    assert linkage.rows("SELECT owner, reason, ended_by FROM silences") == [("9001", "等待升级", "9001")]
    assert "静默中" not in operator.get("/lag").text
