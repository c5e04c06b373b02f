"""An officer finds and signs a new decision in three clicks; a colleague in another browser is told who was first."""

from __future__ import annotations

import httpx
from playwright.sync_api import Browser, BrowserContext, expect

from docs.every_page import DEPARTMENT
from services.pages.seats import Role, Seat
from tests.running_town import RunningTown

NEW = {
    "kind": "核发", "deciding_body": "11990100MA0000001Q", "deciding_body_name": "海州市行政审批局",
    "matter_code": "000131000056", "region_code": "990102", "level": "市级",
    "party": {
        "kind": "法人及非法人组织", "name": "海州市虚构浴室有限公司", "identifier": "91990100MA00000017",
        "legal_representative": "某甲",
    },
    "permit_number": "STORY-OFFICER-1", "certificate_name": "公共场所卫生许可证",
    "document_name": "准予行政许可决定书", "document_number": "海审批许〔2026〕STORY-OFFICER-1号", "category": "普通",
    "decision_date": "2026-01-15", "valid_from": "2026-01-15", "valid_to": "2030-01-14",
}  # fmt: skip


def seated(browser: Browser, here: str, staff: str) -> BrowserContext:
    context = browser.new_context(viewport={"width": 1366, "height": 768}, locale="zh-CN")
    cookie = Seat(Role.OFFICER, DEPARTMENT, staff).as_cookie()
    context.add_cookies([{"name": "seat-supervision", "value": cookie, "url": here}])
    return context


def test_a_new_decision_is_found_and_signed_in_three_clicks_and_a_colleague_reads_who_was_first(
    running_town: RunningTown, browser: Browser
) -> None:
    here = running_town.supervision
    first, second = seated(browser, here, "1001"), seated(browser, here, "1002")
    try:
        page = first.new_page()
        page.goto(here)
        page.get_by_role("link", name="监管台账", exact=True).click()
        expect(page.locator("#live")).to_contain_text("自动更新中")
        httpx.post(f"{running_town.approval}/api/v1/decisions", json=NEW, trust_env=False).raise_for_status()
        found = page.get_by_role("link", name="STORY-OFFICER-1")
        expect(found).to_be_visible(timeout=15_000)
        found.click()
        colleague = second.new_page()
        colleague.goto(page.url)
        expect(colleague.get_by_role("button", name="签收")).to_be_visible()
        page.get_by_role("button", name="签收").click()
        expect(page.locator("#said")).to_contain_text("已签收 1 件")
        colleague.get_by_role("button", name="签收").click()
        expect(colleague.locator("#said")).to_contain_text("该推送由 1001 于 ")
        expect(colleague.locator("#said")).to_contain_text("已签收")
    finally:
        first.close()
        second.close()
