"""An operator sees when lists were behind, why they are, and what to press; the yellow bar leads there."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from fastapi.testclient import TestClient

from events.database import raw
from projections.lag import Lag, Stage, Status
from projections.lag_history import days, incidents, keep
from projections.lag_touched import touched
from services.approval.http import Office, application, key_token
from services.pages.charts import Point, bar, columns, waiting_times
from services.pages.lag_words import acts, cause, lag_in_words
from services.pages.seats import Role, Seat
from services.wording import duration_in_words
from tests.invented import MARKET_BUREAU, decision, duty
from tests.linkage import MASTER, Linkage
from tests.supervision_web import LEVEL, web

NOON = datetime(2026, 11, 24, 4, tzinfo=UTC)
PARKED = replace(
    LEVEL, status=Status.BEHIND, seconds=42.0, events=1, stage=Stage.PARKED, parked_streams=1, parked_events=1
)
OPERATOR = {"seat-supervision": Seat(Role.OPERATOR, "", "9001").as_cookie()}


def measured(seconds_later: float, seconds: float, status: Status, stage: Stage = Stage.LOG, events: int = 0) -> Lag:
    at = NOON + timedelta(seconds=seconds_later)
    return replace(LEVEL, as_of=at, seconds=seconds, status=status, stage=stage, events=events)


def test_a_span_that_is_not_level_is_an_incident_with_its_worst_and_a_pause_in_measuring_is_one_too(
    linkage: Linkage,
) -> None:
    with linkage.supervision.begin() as transaction:
        connection = raw(transaction)
        for lag in (
            measured(0, 0, Status.LEVEL, Stage.NOWHERE),
            measured(5, 8, Status.BEHIND, events=3),
            measured(10, 13, Status.STALLED, events=7),
            measured(15, 6, Status.CATCHING_UP, events=2),
            measured(20, 0, Status.LEVEL, Stage.NOWHERE),
            measured(25, 0, Status.LEVEL, Stage.NOWHERE),
            measured(3625, 9, Status.BEHIND, Stage.OUTBOX, events=1),
        ):
            keep(connection, lag)
        going_on, pause, first = incidents(connection, "intake", 10)
        (day,) = days(connection, "intake", date(2026, 11, 24))
    assert (first.status, first.stage, first.lasted, first.worst_seconds, first.worst_events) == (
        Status.STALLED,
        Stage.LOG,
        15.0,
        13.0,
        7,
    )
    assert (pause.unmeasured, pause.status, pause.lasted) == (True, Status.SILENT, 3600.0)
    assert (going_on.ended_at, going_on.stage) == (None, Stage.OUTBOX)
    assert (day.seconds, day.events) == (13.0, 7)


def test_the_approval_side_shows_when_receipts_were_late_as_supervision_does_for_lists(linkage: Linkage) -> None:
    with linkage.approval.begin() as transaction:
        for seconds, lag in enumerate((9, 4321, 0)):
            status = Status.STALLED if lag else Status.LEVEL
            keep(raw(transaction), replace(measured(5 * seconds, lag, status, events=7), projection="told"))
            keep(raw(transaction), replace(measured(5 * seconds, lag and 8000, status), projection="another"))
    app = application(Office(linkage.approval_web, linkage.web_desk, key_token(MASTER)))
    seat = {"seat-approval": Seat(Role.OPERATOR, "", "9001").as_cookie()}
    operator = TestClient(app, headers={"accept": "text/html"}, cookies=seat)
    page = operator.get("/running").text
    spans = page.split("<h2>不正常的时段</h2>")[1]
    assert "停滞" in spans
    assert duration_in_words(4321) in spans
    assert "涉及部门" not in spans
    assert "<h2>90 天</h2>" in page
    # Controls: what another projection waited for is not of this one; and what moves is asked for without the past.
    assert duration_in_words(8000) not in page
    assert "不正常的时段" not in operator.get("/running/rows").text


def test_an_incident_says_which_departments_it_touched_and_how_many_permits_came_late(linkage: Linkage) -> None:
    linkage.duties(duty())
    linkage.publish(*(decision(permit_number=f"ON-TIME-{n}") for n in range(3)))
    linkage.submit(*(decision(permit_number=f"LATE-{n}") for n in range(2)))
    linkage.rows("UPDATE outbox SET recorded_at = recorded_at - interval '40 s' RETURNING 1", side="approval")
    linkage.number()
    linkage.apply()
    with linkage.supervision.begin() as transaction:
        connection = raw(transaction)
        (now,) = connection.execute("SELECT clock_timestamp()").fetchone() or ()
        for ago, status in ((20, Status.LEVEL), (15, Status.BEHIND), (10, Status.BEHIND), (-1, Status.LEVEL)):
            lag = replace(LEVEL, as_of=now - timedelta(seconds=ago), seconds=9.0, status=status, stage=Stage.LOG)
            keep(connection, lag, touched)
        (one,) = incidents(connection, "intake", 10)
        assert one.touched == (tuple(sorted((MARKET_BUREAU, *duty().co_departments))), 2)
        began, until = now - timedelta(seconds=20), now + timedelta(seconds=1)
        assert touched(connection, began, until, 60.0).permits == 5, (
            "a source whose clock is a minute fast is corrected"
        )
        assert touched(connection, now + timedelta(seconds=1), until, None) == ((), 0)
    page = TestClient(web(linkage), headers={"accept": "text/html"}, cookies=OPERATOR).get("/lag").text
    assert "迟到的许可" in page


@pytest.mark.parametrize(
    ("lag", "why", "press"),
    [
        (PARKED, "1 件许可的 1 个事件停放", "停放事件"),
        (replace(PARKED, stage=Stage.OUTBOX, outbox_pending=9), "9 个事件在审批侧发件箱", "sequencer"),
        (replace(PARKED, stage=Stage.RELAY, uncarried=7), "审批侧有 7 个事件已编号，尚未送入日志", "linkage run relay"),
        (replace(PARKED, stage=Stage.LOG, status=Status.STALLED), "没有前进", "linkage run projector"),
        (replace(PARKED, status=Status.SILENT, heartbeat_age=40.0), "名单处理程序已 40 秒没有回应", "projector"),
        (replace(PARKED, status=Status.SILENT, heartbeat_age=0.2), "审批侧超过 30 秒没有消息", "sequencer"),
    ],
)
def test_a_lag_names_its_seconds_its_cause_and_what_to_press(lag: Lag, why: str, press: str) -> None:
    assert why in cause(lag)
    assert lag_in_words(lag).startswith("数据延迟 42 秒")
    assert any(press in act for act in acts(lag))
    assert lag_in_words(LEVEL) == ""
    assert acts(LEVEL) == ()


def test_an_operator_goes_from_the_yellow_bar_to_the_event_in_the_way_and_has_it_tried_again(linkage: Linkage) -> None:
    linkage.duties(duty())
    (submitted,) = linkage.submit(decision())
    linkage.number()
    linkage.rows("UPDATE ledger SET type = 'permit_of_the_future' RETURNING 1", side="approval")
    linkage.apply()
    browser = TestClient(web(linkage, PARKED), headers={"accept": "text/html"}, cookies=OPERATOR)
    bar_shown = browser.get(f"/departments/{MARKET_BUREAU}").text
    assert "数据延迟 42 秒" in bar_shown
    assert 'href="/lag"' in bar_shown
    lag = browser.get("/lag").text
    assert 'href="/parked?reason=unknown_type"' in lag
    assert browser.get("/").text.count("停放的原因") == lag.count("停放的原因") == 1
    parked = browser.get("/parked?reason=unknown_type").text
    assert str(submitted.permit) in parked
    assert "对方已升级而本侧未升级" in parked
    one = browser.get(f"/parked/{submitted.permit}").text
    assert "permit_of_the_future" in one
    assert "有限公司" not in one
    reader = TestClient(web(linkage, PARKED), headers={"accept": "text/html"})
    assert reader.post("/parked", data={"reason": "unknown_type"}, follow_redirects=False).status_code == 303
    assert linkage.rows("SELECT 1 FROM parked_streams WHERE retry_requested_at IS NOT NULL") == []
    done = browser.post("/parked", data={"reason": "unknown_type", "to": "/parked"})
    assert "已要求重试 1 件许可" in done.text
    assert len(linkage.rows("SELECT 1 FROM parked_streams WHERE retry_requested_at IS NOT NULL")) == 1
    assert browser.post("/parked", data={"reason": "gap"}).status_code == 404


def test_a_chart_bears_its_numbers_and_tells_what_is_late_without_colour() -> None:
    drawn = columns([Point("10月", 12, 3), Point("11<月", None)], "每月推送")
    assert ">12</text>" in drawn
    assert "无数据" in drawn
    assert "11&lt;月" in drawn
    assert drawn.count('class="late"') == drawn.count('class="whole"') == 1
    assert 'aria-label="8，其中超期 2"' in bar(8, 10, 2)
    times = waiting_times([Point("", 3.0), Point("", 90.0, 1), Point("今", None)], "延迟", [(5.0, "5 秒")])
    assert [times.count(f'class="{kind}"') for kind in ("whole", "late", "unknown")] == [1, 1, 1]
    assert "style=" not in drawn + times
