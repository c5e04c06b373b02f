"""Notices go out by a real mail server and a real gateway: once each, again after a crash, and never by night."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from services import notice_store
from services.assigning import Assigning
from services.notice_channels import SIGNATURE, Mail, Posting, Sending, Ways
from services.notices import BACKOFF, Channel, Notice, Quiet
from services.notifying import Manner, Notifier
from services.people_register import NoPlaces, appoint_one, enrol
from tests.conftest import Databases
from tests.errands import KINDS, SIDE, done, errand, noon, office, round_on
from tests.notice_sinks import HttpSink, MailSink, gateway, mail_server
from tests.people import HE, LIN, appointed, enrolled
from tests.test_deadlines import urged_on
from tests.test_looking import linkage as asked
from tests.test_looking import site_of

MONDAY = date(2026, 11, 30)
SECRET = b"0123456789abcdef0123456789abcdef"
QUIET = Quiet.of("20:00-08:00")


class Site:
    """Lin is reached by all three ways, He by none. A test says what time it is."""

    def __init__(self, connection: psycopg.Connection, mail: MailSink, http: HttpSink) -> None:
        self.connection, self.mail, self.http = connection, mail, http
        self.now = noon(MONDAY)
        hook = f"{http.url}/hook"
        lin = enrolled(LIN, mail="lin@invented.example", phone="+8613000000000", webhook=hook)
        enrol(connection, SIDE, [lin, enrolled(HE)], "b", self.now)
        appoint_one(connection, SIDE, appointed(LIN, HE), self.now)

    def notifier(self, **manner: Any) -> Notifier:
        ways: Ways = {
            Channel.MAIL: lambda: Mail(f"smtp://127.0.0.1:{self.mail.port}", "linkage@invented.example"),
            Channel.SMS: lambda: Posting(SECRET, f"{self.http.url}/sms"),
            Channel.WEBHOOK: lambda: Posting(SECRET),
        }
        said = replace(Manner("http://linkage.invented.example", timedelta(0)), **manner)
        return Notifier("", SIDE, KINDS, ways, said, lambda _: self.now, running=lambda: 0.0)

    def turn(self, **manner: Any) -> int:
        return self.notifier(**manner).turn(self.connection, threading.Event())

    def assign(self) -> None:
        Assigning(SIDE, KINDS, NoPlaces()).end(self.connection, self.now)

    def states(self) -> dict[str, str]:
        return {one["channel"]: one["state"] for one in notice_store.listed(self.connection, False, 100)}


@pytest.fixture
def site(databases: Databases) -> Iterator[Site]:
    with office(databases.supervision_url) as connection, mail_server() as mail, gateway() as http:
        yield Site(connection, mail, http)


def test_an_officer_is_told_by_each_way_once_and_the_message_names_nobody(site: Site) -> None:
    items = [errand(site.connection, MONDAY) for _ in range(2)]
    site.assign()
    assert (site.turn(), site.turn()) == (3, 0)
    assert site.states() == {"mail": "sent", "sms": "sent", "webhook": "delivered"}
    (letter,) = site.mail.messages
    assert "Auto-Submitted: auto-generated" in letter
    posts = {one.path: one for one in site.http.posts}
    assert set(posts) == {"/sms", "/hook"}
    assert posts["/sms"].said["to"] == "+8613000000000"
    hook = posts["/hook"]
    assert set(hook.said) == {"notice", "text", "items"}
    assert hook.said["text"].startswith("您有 2 件待签收事项, 请登录审管联动查看。")
    assert set(hook.said["items"]) == {str(item) for item in items}
    assert hook.headers["Idempotency-Key"] == hook.said["notice"]
    stamp, shown = (part.partition("=")[2] for part in hook.headers[SIGNATURE].split(","))
    expected = hmac.new(SECRET, stamp.encode() + b"." + hook.body, hashlib.sha256).hexdigest()
    assert (shown, stamp) == (expected, str(int(site.now.timestamp())))
    assert "虚构人" not in letter + posts["/sms"].body.decode() + hook.body.decode()

    site.now = noon(date(2026, 12, 2))  # yellow: reminded once, however often it is looked at
    done(site.connection, items[0], date(2026, 12, 1))
    assert [round_on(site.connection, date(2026, 12, 2)) for _ in range(3)] == [1, 0, 0]
    site.assign()
    assert (site.turn(), site.turn()) == (3, 0)
    assert "1 件临期事项" in site.http.posts[-1].said["text"]


def test_at_night_notices_wait_and_urged_ones_go_out_where_the_site_says_so(site: Site, databases: Databases) -> None:
    item = errand(site.connection, MONDAY)
    site.assign()
    site.now = site.now.replace(hour=14)  # ten in the evening in China
    assert site.turn(quiet=QUIET) == 0
    urged_on(databases, item, MONDAY)
    assert site.turn(quiet=QUIET) == 0
    assert site.turn(quiet=QUIET, urged_always=True) == 3, "the urged ones; what is only new still waits"
    assert "1 件督办事项" in site.http.posts[-1].said["text"]
    site.now += timedelta(hours=11)
    assert site.turn(quiet=QUIET) == 3
    assert site.turn(quiet=QUIET) == 0


class Killed(BaseException):
    """As ``kill -9``: nothing that comes after it runs."""


class Dying:
    delivered = False

    def __init__(self, way: Sending) -> None:
        self.way = way

    def send(self, address: str, notice: Notice, now: datetime) -> None:
        self.way.send(address, notice, now)
        raise Killed


def test_killed_between_sending_and_recording_it_sends_again_under_the_same_id(site: Site) -> None:
    errand(site.connection, MONDAY)
    site.assign()
    first = site.notifier()
    first.ways = {Channel.SMS: lambda: Dying(Posting(SECRET, f"{site.http.url}/sms"))}
    with pytest.raises(Killed):
        first.turn(site.connection, threading.Event())
    again = site.notifier()
    again.ways = {Channel.SMS: again.ways[Channel.SMS]}
    assert [again.turn(site.connection, threading.Event()) for _ in range(2)] == [1, 0]
    keys = [one.headers["Idempotency-Key"] for one in site.http.posts]
    assert len(keys) == 2
    assert len(set(keys)) == 1, "a gateway that knows the id shows it once"


def test_recording_before_sending_would_lose_it(site: Site) -> None:
    """The broken variant that the order of sending and recording is there against."""
    errand(site.connection, MONDAY)
    site.assign()

    class TooEarly(Posting):
        def send(self, address: str, notice: Notice, now: datetime) -> None:
            notice_store.went_out(site.connection, notice.id, False, now)
            raise Killed

    broken = site.notifier()
    broken.ways = {Channel.SMS: lambda: TooEarly(SECRET, f"{site.http.url}/sms")}
    with pytest.raises(Killed):
        broken.turn(site.connection, threading.Event())
    assert (site.turn(), site.http.posts) == (0, [])


def test_what_cannot_be_delivered_is_tried_again_then_given_up_and_shown_and_sent_when_asked(
    site: Site, databases: Databases, tmp_path: Path
) -> None:
    errand(site.connection, MONDAY)
    site.assign()
    site.http.status, site.mail.answers = 503, ["450 later", "550 no such box"]
    assert (site.turn(), site.turn()) == (0, 0)
    assert (set(site.states().values()), len(site.http.posts)) == ({"queued"}, 2)
    for wait in BACKOFF:
        site.now += wait
        assert site.turn() == 0
    assert set(site.states().values()) == {"given_up"}
    reasons = {one["channel"]: one["reason"] for one in notice_store.listed(site.connection, True, 100)}
    assert reasons == {"mail": "smtp 550", "sms": "http 503", "webhook": "http 503"}
    assert len(site.http.posts) == 2 * (len(BACKOFF) + 1)

    here = site_of(
        tmp_path, APPROVAL_DATABASE_URL=databases.approval_url, SUPERVISION_DATABASE_URL=databases.supervision_url
    )
    shown = asked(here, "notices", "list", "--failed", "--json")
    assert (shown.returncode, len(json.loads(shown.stdout)["notices"])) == (1, 3)
    assert "invented" not in shown.stdout.replace("linkage.invented.example", "") + shown.stderr
    site.http.status, site.mail.answers = 404, ["250 OK"]
    assert notice_store.retry(site.connection, None, site.now) == 3
    assert site.turn() == 1
    assert site.states() == {"mail": "sent", "sms": "given_up", "webhook": "given_up"}, "404 is no reason to wait"


def test_a_site_without_ways_out_piles_nothing_up_for_the_day_on_which_it_has_some(site: Site) -> None:
    errand(site.connection, MONDAY)
    site.assign()
    silent = site.notifier()
    silent.ways = {}
    assert silent.turn(site.connection, threading.Event()) == 0
    outcomes = site.connection.execute("SELECT outcome FROM tidings").fetchall()
    assert outcomes == [("unreachable",)]
    assert site.turn() == 0
