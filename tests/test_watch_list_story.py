"""An officer comes back to the list, sees what is new, signs two by keyboard alone, and a third without a script."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from playwright.sync_api import Browser, Page, expect

from docs.every_page import DEPARTMENT
from services.pages.seats import Role, Seat
from tests.running_town import RunningTown
from tests.test_officers_story import NEW

NUMBERS = ("STORY-LIST-1", "STORY-LIST-2", "STORY-LIST-3")


def opened(browser: Browser, town: RunningTown, since: datetime, **more: Any) -> Page:
    """A window of a browser that looked at the list at ``since``, open at what is new."""
    here = town.supervision
    context = browser.new_context(viewport={"width": 1366, "height": 768}, locale="zh-CN", **more)
    cookies = {
        "seat-supervision": Seat(Role.OFFICER, DEPARTMENT, "1001").as_cookie(),
        f"seen-supervision-list-{DEPARTMENT}": f"~{since.isoformat()}",
    }
    context.add_cookies([{"name": name, "value": value, "url": here} for name, value in cookies.items()])
    page = context.new_page()
    page.goto(f"{here}/departments/{DEPARTMENT}")
    return page


def unsigned(page: Page) -> int:
    amount = page.locator(".tile", has_text="待签收").locator(".amount").inner_text()
    return int(amount.replace("\N{NO-BREAK SPACE}", ""))


def acts_by_enter(page: Page) -> list[str]:
    """Return what is sent when Enter is pressed in a box of the list."""
    sent: list[str] = []
    page.on("request", lambda asked: sent.append(asked.url) if asked.method == "POST" else None)
    page.locator("tbody input").first.press("Enter")
    page.wait_for_timeout(300)  # what Enter did would be under way by now
    return sent


def test_what_is_new_since_the_last_visit_is_ticked_and_signed_by_keyboard_and_without_a_script(
    running_town: RunningTown, browser: Browser
) -> None:
    granted = [NEW | {"permit_number": one, "document_number": f"海审批许〔2026〕{one}号"} for one in NUMBERS]
    address = f"{running_town.approval}/api/v1/decisions"
    before = datetime.now(UTC)
    answer = httpx.post(address, json={"decisions": granted}, trust_env=False).json()
    listed = f"{running_town.supervision}/api/v1/departments/{DEPARTMENT}/watch-list"
    for one in answer["outcomes"]:
        httpx.get(listed, params={"wait_for": one["wait_for"]}, trust_env=False).raise_for_status()
    page = opened(browser, running_town, before + timedelta(minutes=1) - timedelta(hours=1))
    try:
        with page.expect_navigation():  # what is ticked on the page before would be gone with it
            page.get_by_role("link", name="件有新变化").press("Enter")
        waiting = unsigned(page)
        for number in NUMBERS[:2]:
            row = page.locator("tr", has_text=number)
            expect(row.locator("b.new")).to_be_visible()
            row.get_by_role("checkbox").press("Space")
        assert acts_by_enter(page) == []
        page.get_by_role("button", name="签收所选").press("Enter")
        expect(page.locator("#said")).to_contain_text("已签收 2 件。")
        assert unsigned(page) == waiting - 2
        expect(page.locator("tr", has_text=NUMBERS[0])).to_contain_text("已签收 工号 1001")
    finally:
        page.context.close()

    plain = opened(browser, running_town, before, java_script_enabled=False)
    try:
        waiting = unsigned(plain)
        plain.locator("tr", has_text=NUMBERS[2]).get_by_role("checkbox").check()
        assert acts_by_enter(plain) == []
        plain.get_by_role("button", name="签收所选").click()
        expect(plain.locator("#said")).to_contain_text("已签收 1 件。")
        assert unsigned(plain) == waiting - 1
    finally:
        plain.context.close()
