"""A leader opens the overview: who is late most is named first, and what is late there is a click away."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, expect

from services.pages.seats import Role, Seat
from services.working_days import china_day
from tests.invented import DEPARTMENTS, HEALTH_BUREAU, decision, duty
from tests.linkage import Linkage
from tests.supervision_web import listening


def test_the_department_that_is_late_most_is_named_first_and_its_rows_are_one_click_away(
    linkage: Linkage, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    linkage.duties(duty(co_departments=()), duty(region_code="990103", lead=HEALTH_BUREAU, co_departments=()))
    linkage.publish(*(decision(permit_number=f"早-{number}") for number in range(2)))
    linkage.publish(*(decision(permit_number=f"晚-{number}", region_code="990103") for number in range(3)))
    later = datetime.now(UTC) + timedelta(days=20)
    linkage.today = china_day(later)
    monkeypatch.setattr(Linkage, "now", lambda _: later)
    with listening(linkage) as here:
        context = browser.new_context(viewport={"width": 1366, "height": 768}, locale="zh-CN")
        seat = Seat(Role.LEADER, "", "7001").as_cookie()
        context.add_cookies([{"name": "seat-supervision", "value": seat, "url": here}])
        page = context.new_page()
        page.goto(here)
        worst = DEPARTMENTS[HEALTH_BUREAU]
        expect(page.get_by_text("有超期的部门")).to_contain_text(f"{worst} 3 件、")
        row = page.get_by_role("row").filter(has=page.get_by_role("rowheader")).first
        expect(row).to_contain_text(worst)
        row.get_by_role("link").filter(has=page.locator(".lamp.red")).click()
        expect(page.locator("tbody tr")).to_have_count(3)
        expect(page.locator("tbody")).not_to_contain_text("早-")
        context.close()
