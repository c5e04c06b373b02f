"""Operator and coordinator see what was sent to officers, what waits, what failed and why, and send it again."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient

from events.database import raw
from services import notice_store
from services.approval.http import Office, application
from services.notice_wording import cause_in_words
from services.notices import Channel, Notice, Quiet
from services.notifying import Manner
from services.pages.seats import Role, Seat
from services.working_days import CHINA, Calendar, published_notices
from tests.invented import MARKET_BUREAU
from tests.linkage import Linkage
from tests.supervision_web import web

QUIET = Quiet(time(20), time(8))
TEXT = "您有 2 件待签收事项、1 件督办事项, 请登录审管联动查看。编号: x http://linkage.invented.example"


def queued(linkage: Linkage, channel: Channel = Channel.MAIL, *, urgent: bool = False) -> UUID:
    notice = Notice(uuid4(), "S-0311", channel, (uuid4(),), TEXT, urgent)
    with linkage.supervision.begin() as transaction:
        notice_store.queue(raw(transaction), [notice], linkage.now())
    return notice.id


def failed(linkage: Linkage, reason: str, *, lasting: bool) -> UUID:
    notice = queued(linkage)
    with linkage.supervision.begin() as transaction:
        notice_store.did_not(raw(transaction), notice, reason, lasting, linkage.now())
    return notice


def reader(linkage: Linkage, role: Role = Role.OPERATOR, **manner: object) -> TestClient:
    app = web(linkage)
    app.state.manner = replace(Manner(""), **manner)  # type: ignore[arg-type]
    seat = {"seat-supervision": Seat(role, MARKET_BUREAU if role.of_a_body else "", "0001").as_cookie()}
    return TestClient(app, headers={"accept": "text/html"}, cookies=seat, follow_redirects=False)


def test_what_failed_stands_with_its_cause_and_is_sent_again_under_the_same_id(linkage: Linkage) -> None:
    lasting, later = failed(linkage, "smtp 550", lasting=True), failed(linkage, "ConnectError", lasting=False)
    page = reader(linkage).get("/notices?failed=true").text
    for words in (
        "已放弃",
        "邮件服务器拒收（550）",
        "请核对经办人员的邮箱",
        "第 1 次未成",
        "再试",
        "S-0311",
        "2 件待签收事项",
    ):
        assert words in page, words
    assert page.count(">再次发送</button>") == 1
    coordinator = reader(linkage, Role.COORDINATOR)
    again = coordinator.post("/notices", data={"notice": str(lasting), "to": "/notices"})
    assert (again.status_code, again.headers["location"]) == (303, "/notices")
    assert dict(linkage.rows("SELECT notice, state FROM notices")) == {lasting: "queued", later: "queued"}
    twice = coordinator.post("/notices", data={"notice": str(lasting), "to": "/notices"})
    assert (twice.status_code, "没有可再次发送的通知" in twice.text) == (409, True)


def test_all_that_was_given_up_is_sent_again_by_one_button(linkage: Linkage) -> None:
    for _ in range(3):
        failed(linkage, "http 404", lasting=True)
    operator = reader(linkage)
    assert "全部再次发送（3 件）" in operator.get("/notices").text
    assert operator.post("/notices", data={"to": "/notices"}).status_code == 303
    assert "已重新排队 3 件" in operator.get("/notices").text
    assert linkage.rows("SELECT count(*) FROM notices WHERE state = 'queued'") == [(3,)]


def test_in_quiet_hours_what_waits_says_until_when_and_what_is_urged_goes_out_where_the_site_says_so(
    linkage: Linkage,
) -> None:
    queued(linkage)
    queued(linkage, Channel.SMS, urgent=True)
    assert "随即发送" in reader(linkage, quiet=QUIET).get("/notices").text  # noon of a Tuesday
    around_noon = Quiet(time(11), time(14))
    page = reader(linkage, quiet=around_noon).get("/notices").text
    assert "2026-11-24 14:00 结束后继续发送" in page
    assert page.count("2026-11-24 14:00 发送") == 2
    page = reader(linkage, quiet=around_noon, urged_always=True).get("/notices").text
    assert (page.count("2026-11-24 14:00 发送"), page.count("随即发送")) == (1, 1)


@pytest.mark.parametrize(
    ("now", "over"),
    [
        ("2026-11-24 22:00", "2026-11-25 08:00"),
        ("2026-11-25 07:59", "2026-11-25 08:00"),
        ("2026-11-25 08:00", "2026-11-25 08:00"),
        ("2026-11-27 21:00", "2026-11-30 08:00"),
        ("2026-11-28 12:00", "2026-11-30 08:00"),
        ("2026-09-30 20:00", "2026-10-08 08:00"),
    ],
)
def test_quiet_time_is_over_in_the_morning_of_the_next_working_day(now: str, over: str) -> None:
    calendar = Calendar.of(published_notices())
    here, then = (datetime.fromisoformat(said).replace(tzinfo=CHINA) for said in (now, over))
    assert QUIET.over(here, calendar) == then
    assert not QUIET.holds(then, calendar)


def test_a_rest_day_is_quiet_no_more_at_midnight_where_the_night_is_not() -> None:
    calendar, saturday = Calendar.of(published_notices()), datetime(2026, 11, 28, 12, tzinfo=CHINA)
    assert Quiet(time(12), time(13)).over(saturday, calendar) == datetime(2026, 11, 30, tzinfo=CHINA)


def test_nobody_elses_seat_opens_the_page_and_no_address_stands_on_it(linkage: Linkage) -> None:
    failed(linkage, "no address", lasting=True)
    for role in (Role.OFFICER, Role.POLICY, Role.LEADER):
        assert reader(linkage, role).get("/notices").status_code == 403
        assert reader(linkage, role).post("/notices", data={"to": "/notices"}).status_code == 403
    clerk = {"seat-approval": Seat(Role.CLERK, MARKET_BUREAU, "1").as_cookie()}
    app = application(Office(linkage.approval_web, linkage.web_desk, "token"))
    bureau = TestClient(app, headers={"accept": "text/html"}, cookies=clerk)
    assert bureau.get("/notices").status_code == 403
    bureau.cookies.set("seat-approval", Seat(Role.OPERATOR, "", "1").as_cookie())
    assert "还没有通知" in bureau.get("/notices").text
    page = reader(linkage).get("/notices").text
    assert "没有这种联系方式" in page
    assert "linkage.invented.example" not in page


def test_what_was_told_to_nobody_is_counted_with_why(linkage: Linkage) -> None:
    linkage.rows(
        """INSERT INTO tidings (tiding, item, kind, occasion, since, outcome, settled_at)
           VALUES (%s, %s, 'claim', 'new', now(), 'unreachable', now()) RETURNING 1""",
        uuid4(), uuid4(),
    )  # fmt: skip
    assert "没有可用的联系方式 1 件" in reader(linkage).get("/notices").text


@pytest.mark.parametrize(
    "reason", ["smtp 421", "smtp 550", "http 404", "http 503", "no address", "ConnectTimeout", "TimeoutError"]
)
def test_each_cause_is_said_in_words_with_what_to_do(reason: str) -> None:
    why, act = cause_in_words(reason)
    assert why
    assert act
    assert not why.startswith(reason)
