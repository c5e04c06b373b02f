"""An officer records a penalty on a permit's page, sees which permit it touches and the desk's task, and annuls it."""

from __future__ import annotations

import httpx
from playwright.sync_api import Browser, expect

from docs.every_page import DEPARTMENT
from tests.clerks_rows import COMPANY
from tests.running_town import RunningTown
from tests.test_officers_story import NEW, seated

PERMIT = "STORY-PENALTY-1"
TYPED = {
    "CF_FRDB": "某甲",
    "CF_WSH": "海卫罚〔2026〕STORY-1号",
    "CF_WFXW": "未按规定检测",
    "CF_CFLB": "罚款",
    "CF_SY": "未对公共用品用具进行卫生检测",
    "CF_YJ": "《公共场所卫生管理条例实施细则》第三十七条",
    "CF_NR": "罚款2000元",
}


def test_a_penalty_is_recorded_meets_its_permit_and_its_task_and_is_undone_when_it_is_annulled(
    running_town: RunningTown, browser: Browser
) -> None:
    party = {**NEW["party"], "name": "海州市虚构温泉有限公司", "identifier": COMPANY}  # type: ignore[dict-item]
    granted = NEW | {"party": party, "permit_number": PERMIT, "document_number": f"海审批许〔2026〕{PERMIT}号"}
    here = running_town.supervision
    with seated(browser, here, "1001") as context:
        page = context.new_page()
        page.goto(f"{here}/departments/{DEPARTMENT}")
        expect(page.locator("#live")).to_contain_text("自动更新中")
        httpx.post(f"{running_town.approval}/api/v1/decisions", json=granted, trust_env=False).raise_for_status()
        page.get_by_role("link", name=PERMIT).click(timeout=15_000)
        permit = page.url
        page.get_by_role("link", name="登记处罚").click()
        expect(page.locator("[name=CF_NR_ZKDX]")).to_have_value(f"公共场所卫生许可证 {PERMIT}")
        for name, typed in (TYPED | {"CF_NR_FK": "2000"}).items():
            page.locator(f"[name={name}]").fill(typed)
        page.get_by_role("button", name="登记处罚").click()
        expect(page.get_by_role("alert")).to_contain_text("有 1 处须更正")
        expect(page.locator("[name=CF_NR_FK][aria-invalid]")).to_have_value("2000")
        page.locator("[name=CF_NR_FK]").fill("0.2")
        page.get_by_role("button", name="登记处罚").click()
        expect(page.locator("#said")).to_contain_text("处罚已登记")
        now = page.locator("#now")
        expect(now).to_contain_text(PERMIT)
        expect(now).to_contain_text("按所写证照")
        expect(now).to_contain_text("等待审批侧办理", timeout=15_000)
        page.get_by_text("登记撤销").first.click()
        page.locator("form[action$=annulment] textarea").fill("行政复议撤销")
        page.get_by_role("button", name="登记撤销").click()
        expect(page.locator("#said")).to_contain_text("处罚已撤销")
        expect(now).to_contain_text("监管部门已撤销", timeout=15_000)
        page.goto(permit)
        expect(page.locator("section[aria-labelledby=findings]")).to_contain_text("已撤销")
