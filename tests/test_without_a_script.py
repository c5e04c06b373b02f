"""A browser in which no script runs: the pages say so, and the main act of each role is done by plain forms."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from uuid import UUID

import pytest
from playwright.sync_api import Browser, Page, expect

from events.tasks import task_stream
from services.approval.http import Office, application, key_token
from services.pages.seats import Role, Seat
from services.supervision.oversight_commands import OpenConsultation
from tests.findings import holder_of, imposed, matched, penalty_facts, say
from tests.invented import BODY, HEALTH_BUREAU, MARKET_BUREAU, decision, duty
from tests.linkage import MASTER, Linkage
from tests.supervision_web import listening, web

PENALTY = UUID("019ac4d2-8a52-7d64-9c5e-0d7f3d0f6b09")
Sits = Callable[[Role, str], AbstractContextManager[Page]]


@pytest.fixture
def sits(browser: Browser, linkage: Linkage) -> Sits:
    """Somebody takes a seat at the first page of their side; no script runs in their browser."""

    @contextmanager
    def sitting(role: Role, body: str) -> Iterator[Page]:
        side = "approval" if role is Role.CLERK else "supervision"
        bureau = application(Office(linkage.approval_web, linkage.web_desk, key_token(MASTER), now=linkage.now))
        with listening(linkage, app=bureau if side == "approval" else web(linkage)) as here:
            context = browser.new_context(java_script_enabled=False, locale="zh-CN")
            seat = Seat(role, body, "1001").as_cookie()
            context.add_cookies([{"name": f"seat-{side}", "value": seat, "url": here}])
            page = context.new_page()
            page.goto(here)
            expect(page.locator("noscript p")).to_have_text("页面不自动更新，请按刷新键查看最新情况。")
            yield page
            context.close()

    return sitting


def granted(linkage: Linkage) -> UUID:
    linkage.duties(duty(), duty(region_code="990103", lead=HEALTH_BUREAU))
    (outcome,) = linkage.publish(decision())
    assert outcome.permit is not None
    return outcome.permit


def test_an_officer_reads_signs_and_returns(linkage: Linkage, sits: Sits) -> None:
    granted(linkage)
    with sits(Role.OFFICER, MARKET_BUREAU) as page:
        page.get_by_role("button", name="签收").click()
        expect(page.get_by_text("已签收 1 件")).to_be_visible()
        linkage.publish(decision(permit_number="P2"))
        page.reload()
        page.get_by_role("link", name="P2").click()
        page.get_by_label("退回原因").select_option(label="场所不在本部门辖区")
        page.get_by_role("button", name="退回").click()
        expect(page.get_by_text("已退回 1 件")).to_be_visible()


def test_a_clerk_answers_a_task(linkage: Linkage, sits: Sits) -> None:
    permit = granted(linkage)
    facts = penalty_facts(holder_of(linkage, permit))
    say(linkage, PENALTY, imposed(facts), matched(facts, permit))
    linkage.hear()
    with sits(Role.CLERK, BODY) as page:
        page.locator(f'a[href="/tasks/{task_stream(PENALTY, permit)}"]').first.click()
        page.get_by_role("radio", name="备注").check()
        page.get_by_label("理由或情况说明").fill("已核实，不影响许可条件")
        page.get_by_role("button", name="办结").click()
        expect(page.get_by_text("工号 1001 办结：备注")).to_be_visible()


def test_the_coordinator_rules(linkage: Linkage, sits: Sits) -> None:
    linkage.oversee(granted(linkage), OpenConsultation(by="0001", text="职责不清"))
    with sits(Role.COORDINATOR, "") as page:
        page.get_by_role("link", name="去裁定").first.click()
        page.get_by_label("牵头部门").select_option(value=HEALTH_BUREAU)
        page.get_by_label("裁定理由").fill("按场所性质")
        page.get_by_role("button", name="作出裁定").click()
        expect(page.get_by_text("按场所性质")).to_be_visible()
        expect(page.get_by_role("button", name="作出裁定")).to_have_count(0)


def test_policy_staff_publish_a_rule_change(linkage: Linkage, sits: Sits) -> None:
    granted(linkage)
    with sits(Role.POLICY, MARKET_BUREAU) as page:
        page.get_by_role("link", name="规则变更", exact=True).click()
        page.get_by_role("link", name="发布规则变更").click()
        page.get_by_label("名称", exact=True).fill("海州市食品经营许可管理办法")
        page.get_by_label("文号", exact=True).fill("海政发〔2026〕18号")
        page.get_by_label("发布机关", exact=True).fill("海州市人民政府")
        page.get_by_label("施行日期").fill("2026-11-20")
        page.get_by_label("正文", exact=False).fill("第一条 为规范食品经营许可，制定本办法。")
        page.get_by_label("食品经营许可").check()
        page.get_by_role("button", name="看影响范围").click()
        expect(page.get_by_text("须答复的机关 1 个")).to_be_visible()
        page.get_by_role("button", name="确认发布").click()
        expect(page.get_by_text("已发布，须由 1 个机关答复")).to_be_visible()
