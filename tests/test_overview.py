"""A leader sees whether departments are taking over and who is late; every figure leads to its rows."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from fastapi.testclient import TestClient

from events.oversight import ReturnReason
from projections.push_counts import Count
from services.pages.seats import Role, Seat
from services.supervision.oversight_commands import Return, Sign
from services.supervision.overview import NOTHING, on_time, periods
from services.working_days import CHINA, china_day
from tests.invented import MARKET_BUREAU, decision, duty
from tests.linkage import Linkage
from tests.supervision_web import web

LEADER = {"seat-supervision": Seat(Role.LEADER, "", "7001").as_cookie()}


def test_this_month_is_compared_with_as_many_days_of_last_month_at_the_same_time_of_day() -> None:
    this, last = periods(datetime(2027, 3, 31, 17, tzinfo=UTC))
    assert (this.first, this.last) == (date(2027, 4, 1), date(2027, 4, 1))
    assert (last.first, last.last) == (date(2027, 3, 1), date(2027, 3, 1))
    this, last = periods(datetime(2027, 3, 31, 4, tzinfo=UTC))
    assert (last.first, last.last) == (date(2027, 2, 1), date(2027, 2, 28))
    assert last.as_of == datetime(2027, 2, 28, 12, tzinfo=CHINA)


def test_who_returns_everything_signs_nothing_in_time_and_what_is_not_due_counts_for_nobody() -> None:
    assert on_time(NOTHING) is None
    assert on_time(Count((), 9, 0, 0, 9, 0, 0, 0)) is None
    assert on_time(Count((), 9, 0, 0, 5, 0, 4, 4)) == 0
    assert on_time(Count((), 9, 3, 1, 5, 0, 1, 1)) == pytest.approx(50)


def test_a_leader_sees_the_late_department_and_goes_to_the_rows_of_each_figure(
    linkage: Linkage, monkeypatch: pytest.MonkeyPatch
) -> None:
    linkage.duties(duty(co_departments=()))
    signed, returned, _ = linkage.publish(*(decision(permit_number=f"总-{number}") for number in range(3)))
    linkage.oversee(signed.permit, Sign(officer="1"), MARKET_BUREAU)
    linkage.oversee(returned.permit, Return(officer="1", reason=ReturnReason.PLACE), MARKET_BUREAU)
    later = datetime.now(UTC) + timedelta(days=20)
    linkage.today = china_day(later)
    monkeypatch.setattr(Linkage, "now", lambda _: later)
    browser = TestClient(web(linkage), headers={"accept": "text/html"}, cookies=LEADER)
    page = browser.get("/").text
    assert "有超期的部门" in page
    assert re.search(r"<strong>海州市市场监督管理局</strong> 1 件", page)
    rows = {unescape(one) for one in re.findall(r'href="(/figures/rows\?[^"]+)"', page)}
    (late,) = (one for one in rows if "figure=overdue" in one and "department" in one)
    assert "总-2" in browser.get(late).text
    assert "总-0" not in browser.get(late).text
    for one in rows:
        assert browser.get(one).status_code == 200
    assert browser.get("/overview").status_code == 200
    asked: dict[str, Any] = {"from": "2026-01-01", "to": "2099-01-01", "by": ["department", "month"]}
    table = browser.get("/figures", params=asked).text
    to_returned = next(one for one in re.findall(r'href="([^"]+)"', table) if "figure=returned" in one)
    assert "总-1" in browser.get(unescape(to_returned)).text
    assert browser.get("/figures", params=asked | {"form": "xlsx"}).content[:2] == b"PK"
    assert browser.get("/figures", params={"from": "2026-02-01", "to": "2026-01-01"}).status_code == 422
    assert "没有因处罚提出的任务" in browser.get("/figures/penalties").text
