"""The lists stand still: an operator sees it on any page, with the cause and what to press, and sees it mended."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from playwright.sync_api import Browser, Page, expect

from services.assembling import assembled
from services.pages.seats import Role, Seat
from services.parts import Part
from services.settings import Settings
from services.web_server import take_port
from tests.invented import MARKET_BUREAU, decision, duty
from tests.linkage import Linkage


def test_an_operator_finds_that_the_projector_has_stopped_starts_it_and_reads_that_all_is_level(
    linkage: Linkage, tmp_path: Path, browser: Browser
) -> None:
    linkage.duties(duty())
    site = site_of(linkage, tmp_path)
    here = site.address(site.supervision_port)
    with at_work(site, Part.APPROVAL), at_work(site, Part.SUPERVISION), at_work(site, Part.SEQUENCER):
        with at_work(site, Part.PROJECTOR):
            decided(site, "N1")
            until(lambda: len(linkage.listed(MARKET_BUREAU)) == 1)
            page = window(browser, here)
            until(lambda: says(page, "没有等候的"))

        decided(site, "N2")
        half_a_minute_passes(linkage)
        page.goto(f"{here}/departments/{MARKET_BUREAU}")
        until(lambda: says(page, "数据延迟"))
        page.get_by_role("link", name="查看延迟").click()
        expect(page.get_by_text("失联").first).to_be_visible()
        expect(page.get_by_text("本侧的名单处理程序已 1 分").first).to_be_visible()
        expect(page.locator(".notice")).to_contain_text("linkage run projector")
        assert len(linkage.listed(MARKET_BUREAU)) == 1

        with at_work(site, Part.PROJECTOR):
            until(lambda: len(linkage.listed(MARKET_BUREAU)) == 2)
            until(lambda: says(page, "没有等候的"))
            expect(page.get_by_text("数据延迟")).to_have_count(0)
            page.context.close()


def site_of(linkage: Linkage, folder: Path) -> Settings:
    ports = []
    for _ in range(2):
        with take_port("127.0.0.1", 0, "") as probe:
            ports.append(probe.getsockname()[1])
    return Settings(
        data=folder,
        approval_database_url=linkage.approval_url,
        supervision_database_url=linkage.supervision_url,
        approval_port=ports[0],
        supervision_port=ports[1],
    )


@contextmanager
def at_work(site: Settings, part: Part) -> Iterator[None]:
    """The loops of ``linkage run PART``, in threads of this process: four processes take half a minute to start."""
    with assembled(site, part, threading.Event()) as (crew, _), crew.at_work():
        yield
    assert not crew.failed


def decided(site: Settings, number: str) -> None:
    stated = decision(permit_number=number).model_dump(mode="json")
    address = f"{site.address(site.approval_port)}/api/v1/decisions"
    httpx.post(address, json=stated, timeout=30, trust_env=False).raise_for_status()


def window(browser: Browser, here: str) -> Page:
    context = browser.new_context(viewport={"width": 1366, "height": 768}, locale="zh-CN")
    seat = Seat(Role.OPERATOR, "", "9001").as_cookie()
    context.add_cookies([{"name": "seat-supervision", "value": seat, "url": here}])
    page = context.new_page()
    page.goto(here)
    return page


def says(page: Page, words: str) -> bool:
    page.reload()
    return words in page.locator("main").inner_text()


def until(holds: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.1)


def half_a_minute_passes(linkage: Linkage) -> None:
    """Only a part that has been silent for half a minute is called so: what it said last is made a minute older."""
    assert linkage.rows(
        """UPDATE heartbeats SET beat_at = beat_at - interval '1 minute' WHERE part = 'projection:intake'
           RETURNING part"""
    )
