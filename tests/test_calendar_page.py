"""The page of the working calendar: make-up days, years that are only estimated, notices taken whole, limits."""

from __future__ import annotations

from datetime import date

from services.pages.seats import Role
from services.supervision.pages.working_calendar import month_of
from services.working_days import Calendar, Notice
from tests.invented import MARKET_BUREAU
from tests.linkage import Linkage
from tests.test_duty_pages import as_file, seated

HEADINGS = ("日期", "类别", "来源", "通知年度")


def row(day: str, sort: str = "休息日") -> dict[str, str]:
    return {"日期": day, "类别": sort, "来源": "海州市放假通知", "通知年度": ""}


def test_a_month_shows_which_days_are_not_what_their_weekday_says() -> None:
    moved = Calendar.of([Notice("通知", 2030, {date(2030, 5, 1): False, date(2030, 5, 4): True})])
    month = month_of(moved, 2030, 5)
    cells = {cell["day"].day: (cell["works"], cell["moved"]) for week in month["weeks"] for cell in week if cell}
    assert len(cells) == 31
    assert (cells[1], cells[2], cells[4], cells[5]) == ((False, True), (True, False), (True, True), (False, False))
    assert month["worked"] == 23
    assert [len(week) for week in month["weeks"]] == [7] * len(month["weeks"])


def test_a_notice_is_taken_whole_or_not_at_all_and_a_year_without_one_is_an_estimate(linkage: Linkage) -> None:
    reader = seated(linkage)
    assert "预估" in reader.get("/calendar?year=2040").text
    shown = reader.get("/calendar?year=2026").text
    assert "<strong>预估</strong>" not in shown
    assert "签收认领" in shown
    bad = reader.post("/calendar", files=as_file(HEADINGS, row("2026-12-07"), row("2026-12-08", "半天")))
    assert "整份未导入" in bad.text
    assert "海州市放假通知" not in reader.get("/calendar?year=2026").text
    policy = seated(linkage, Role.POLICY, MARKET_BUREAU)
    assert policy.post("/calendar", files=as_file(HEADINGS, row("2026-12-07"))).status_code == 403
    assert reader.post("/calendar", files=as_file(HEADINGS, row("2026-12-07"))).status_code == 303
    assert "海州市放假通知" in reader.get("/calendar?year=2026").text
