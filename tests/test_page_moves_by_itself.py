"""The list in a real browser: it moves by itself, says what is new, and comes back when the line was cut."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from services.pages.seats import Role, Seat
from services.webhooks import endpoints
from tests.invented import MARKET_BUREAU, decision, duty
from tests.linkage import Linkage
from tests.supervision_web import listening
from tests.webhook_sinks import answers
from tests.webhook_site import WebhookSite

LIST = f"/departments/{MARKET_BUREAU}"


@pytest.fixture
def page(browser: Browser, linkage: Linkage) -> Iterator[Page]:
    linkage.duties(duty())
    context = browser.new_context(viewport={"width": 1366, "height": 768}, locale="zh-CN")
    opened = context.new_page()
    faults: list[str] = []
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.on("console", lambda said: faults.append(said.text) if "Content Security" in said.text else None)
    yield opened
    context.close()
    assert faults == []


def push(linkage: Linkage, *numbers: int) -> None:
    linkage.publish(*(decision(permit_number=f"N{number}") for number in numbers))
    linkage.number_pushes()


def test_a_new_push_appears_within_a_second_without_reload(page: Page, linkage: Linkage) -> None:
    with listening(linkage) as address:
        page.goto(address + LIST)
        expect(page.get_by_text("本部门目前没有需要监管的许可")).to_be_visible()
        expect(page.get_by_text("自动更新中")).to_be_visible()
        page.evaluate("window.neverReloaded = true")
        took = []
        for number in range(3):
            push(linkage, number)
            pushed = time.monotonic()
            expect(page.get_by_role("link", name=f"N{number}", exact=True)).to_be_visible(timeout=10_000)
            took.append(time.monotonic() - pushed)
        assert min(took) < 1.0, f"{took} seconds"
        assert page.evaluate("window.neverReloaded") is True
        expect(page.get_by_text("打开后有 3 件变化")).to_be_visible()
        expect(page.locator("tr.fresh")).to_have_count(3)
        expect(page.locator(".summary strong")).to_have_text("3")


def test_who_goes_by_keyboard_stands_on_the_same_box_after_the_list_moved(page: Page, linkage: Linkage) -> None:
    push(linkage, 1)
    with listening(linkage) as address:
        seat = Seat(Role.OFFICER, MARKET_BUREAU, "1001").as_cookie()
        page.context.add_cookies([{"name": "seat-supervision", "value": seat, "url": address}])
        page.goto(address + LIST)
        expect(page.get_by_text("自动更新中")).to_be_visible()
        box = page.get_by_role("checkbox", name="勾选 N1", exact=True)
        box.focus()
        push(linkage, 2)
        expect(page.get_by_role("link", name="N2", exact=True)).to_be_visible(timeout=10_000)
        page.keyboard.press("Space")
        expect(box).to_be_checked()


def test_a_later_page_stays_put_and_says_that_there_is_news(page: Page, linkage: Linkage) -> None:
    push(linkage, *range(60))
    with listening(linkage) as address:
        page.goto(address + LIST)
        page.get_by_role("link", name="下一页").click()
        expect(page.get_by_text("自动更新中")).to_be_visible()
        shown = page.locator("#list").inner_text()
        push(linkage, 60)
        expect(page.get_by_text("名单已有新的变化")).to_be_visible(timeout=10_000)
        assert page.locator("#list").inner_text() == shown
        page.get_by_role("link", name="返回第一页").click()
        expect(page.get_by_role("link", name="N60", exact=True)).to_be_visible()


def test_when_the_service_comes_back_the_page_catches_up(page: Page, linkage: Linkage) -> None:
    with listening(linkage) as address:
        page.goto(address + LIST)
        expect(page.get_by_text("自动更新中")).to_be_visible()
    expect(page.get_by_text("连接中断")).to_be_visible(timeout=10_000)
    push(linkage, 1)
    with listening(linkage, port_number=int(address.rsplit(":", 1)[1])):
        expect(page.get_by_role("link", name="N1", exact=True)).to_be_visible(timeout=15_000)
        expect(page.get_by_text("自动更新中")).to_be_visible()
        page.goto("about:blank")


def test_an_officer_gets_from_a_row_to_its_history_and_back_by_filters(page: Page, linkage: Linkage) -> None:
    push(linkage, 1, 2)
    with listening(linkage) as address:
        page.goto(address + "/")
        page.get_by_role("link", name="海州市市场监督管理局").click()
        page.get_by_label("事项").select_option(label="食品经营许可")
        page.get_by_label("届满期限").select_option(label="30 天内届满")
        page.get_by_role("button", name="查询").click()
        expect(page.get_by_text("没有符合条件的许可")).to_be_visible()
        page.get_by_role("link", name="清除条件", exact=True).click()
        page.get_by_role("link", name="N1", exact=True).click()
        expect(page.get_by_role("heading", name="决定经过")).to_be_visible()
        expect(page.get_by_role("heading", name="告知与回执")).to_be_visible()
        expect(page.get_by_role("cell", name="海州市卫生健康委员会")).to_be_visible()
        page.goto("about:blank")


def test_a_department_sees_that_its_own_system_does_not_take_what_it_is_sent_and_then_that_it_does(
    page: Page, webhook_site: WebhookSite
) -> None:
    site = webhook_site
    endpoints.remove(site.connection, site.endpoint)
    with listening(site.linkage) as address:
        seat = Seat(Role.OFFICER, MARKET_BUREAU, "0101").as_cookie()
        page.context.add_cookies([{"name": "seat-supervision", "value": seat, "url": address}])
        page.goto(f"{address}/systems")
        expect(page.get_by_text("本单位没有登记接收系统")).to_be_visible()
        site.register()
        site.sink.behaves = [answers(503), answers(204)]
        permit = site.push()
        site.turn()
        page.reload()
        expect(page.get_by_role("heading", level=2)).to_contain_text("收不到")
        expect(page.get_by_role("alert")).to_contain_text("怎么办")
        expect(page.locator("tbody tr")).to_contain_text("对方没有接收 (503)")
        site.now += timedelta(seconds=5)
        assert site.turn() == 1
        page.reload()
        expect(page.get_by_role("alert")).to_have_count(0)
        expect(page.locator("tbody tr")).to_contain_text("已收到")
        there = f"https://linkage.invented.example/permits/{permit}"
        expect(page.get_by_role("link", name="查看")).to_have_attribute("href", there)
