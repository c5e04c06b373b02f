"""Policy staff publish a rule change from a page: what it touches first, then who has answered, as it happens."""

from __future__ import annotations

import time
from uuid import UUID, uuid4

from fastapi.testclient import TestClient
from playwright.sync_api import Browser, expect

from services.pages.seats import Role, Seat
from tests.invented import BODY, FOOD, HEALTH_BUREAU, MARKET_BUREAU, decision, duty
from tests.linkage import Linkage
from tests.rules import answer_desk, answered, exchange
from tests.supervision_web import listening, web

TYPED = {
    "kind": "enacted", "norm": "policy", "title": "海州市食品经营许可和备案管理办法", "issuing_body": "海州市人民政府",
    "document_number": "海政发〔2026〕18号", "effective_date": "2026-11-20",
    "text": "第一条 为规范食品经营许可，制定本办法。",
    "replaced_title": ["海州市食品经营许可管理办法", ""], "replaced_number": ["", ""], "matters": [FOOD],
    "regions": "990100",
}  # fmt: skip


def policy(linkage: Linkage, body: str = MARKET_BUREAU) -> TestClient:
    seat = {"seat-supervision": Seat(Role.POLICY, body, "0417").as_cookie()}
    return TestClient(web(linkage), headers={"accept": "text/html"}, cookies=seat, follow_redirects=False)


def test_a_rule_change_is_looked_at_published_corrected_and_withdrawn_by_forms(linkage: Linkage) -> None:
    linkage.duties(duty(), duty(region_code="990103", lead=HEALTH_BUREAU))
    linkage.publish(decision())
    reader, key = policy(linkage), str(uuid4())
    assert FOOD in reader.get("/rules/new").text
    looked = reader.post("/rules/look", data=TYPED | {"key": key}).text
    assert "涉及有效许可 <strong>1</strong> 件" in looked
    assert "须答复的机关 <strong>1</strong> 个" in looked
    assert "没有符合条件的规则变更" in reader.get("/rules?state=all").text
    wrong = reader.post("/rules/look", data=TYPED | {"key": key, "effective_date": "", "regions": "37"})
    assert wrong.status_code == 422
    assert "施行日期" in wrong.text
    assert "适用的区划" in wrong.text
    assert "第一条 为规范食品经营许可" in wrong.text

    led = {reader.post("/rules", data=TYPED | {"key": key}).headers["location"] for _ in range(2)}
    assert len(led) == 1
    here = led.pop()
    exchange(linkage)
    assert "待答复" in reader.get(here).text
    assert f'href="{here}">看答复' in reader.get("/").text
    assert here not in policy(linkage, HEALTH_BUREAU).get("/").text
    assert here in reader.get(f"/rules?state=open&department={MARKET_BUREAU}").text
    assert here not in reader.get(f"/rules?state=open&department={HEALTH_BUREAU}").text
    assert f'href="{here}/correction"' not in policy(linkage, HEALTH_BUREAU).get(here).text
    assert policy(linkage, HEALTH_BUREAU).get(f"{here}/correction").status_code == 403
    touched = reader.get(f"{here}/permits").text
    assert len(touched.split('href="/permits/')) == 2
    assert "第一条" not in touched

    given = reader.get(f"{here}/correction").text
    assert "海州市食品经营许可管理办法" in given
    again = reader.post(f"{here}/correction", data=TYPED | {"key": str(uuid4()), "reason": "无变化"})
    assert again.status_code == 422
    form = TYPED | {"key": str(uuid4()), "reason": "施行日期有误", "effective_date": "2026-12-01"}
    assert reader.post(f"{here}/correction", data=form).status_code == 303
    assert "2026-12-01" in reader.get(here).text
    assert reader.post(f"{here}/withdrawal", data={"key": str(uuid4()), "reason": "误发"}).status_code == 303
    assert "已撤回：误发" in reader.get(here).text


def test_policy_staff_publish_and_see_the_first_answer_arrive_without_reload(
    browser: Browser, linkage: Linkage
) -> None:
    linkage.duties(duty())
    linkage.publish(decision())
    with listening(linkage) as address:
        context = browser.new_context(viewport={"width": 1366, "height": 768}, locale="zh-CN")
        seat = Seat(Role.POLICY, MARKET_BUREAU, "0417").as_cookie()
        context.add_cookies([{"name": "seat-supervision", "value": seat, "url": address}])
        page = context.new_page()
        page.goto(f"{address}/rules")
        page.get_by_role("link", name="发布规则变更").click()
        for label in ("名称", "文号", "发布机关"):
            name = {"名称": "title", "文号": "document_number", "发布机关": "issuing_body"}[label]
            page.get_by_label(label, exact=True).fill(str(TYPED[name]))
        page.get_by_label("施行日期").fill("2026-11-20")
        page.get_by_label("正文", exact=False).fill(str(TYPED["text"]))
        page.get_by_label("食品经营许可").check()
        page.get_by_role("button", name="看影响范围").click()
        expect(page.get_by_text("须答复的机关 1 个")).to_be_visible()
        page.get_by_role("button", name="确认发布").click()
        expect(page.get_by_text("已发布，须由 1 个机关答复")).to_be_visible()
        expect(page.get_by_text("自动更新中")).to_be_visible()
        rule = UUID(page.url.rsplit("/", 1)[1])
        exchange(linkage)
        expect(page.locator("#answers").get_by_text("待答复")).to_be_visible(timeout=10_000)
        page.evaluate("window.neverReloaded = true")
        answer_desk(linkage).answer(rule, answered(BODY), "test", "")
        exchange(linkage)
        came = time.monotonic()
        expect(page.locator("#answers").get_by_text("已按新办法修订办事指南")).to_be_visible(timeout=10_000)
        assert time.monotonic() - came < 5.0
        expect(page.locator("#answers strong")).to_have_text("1")
        assert page.evaluate("window.neverReloaded") is True
        context.close()
