"""Every screen, in a real browser, in the seat for which it is made: readable by everybody, of our own house alone, and
small enough for an old machine on a slow line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from fastapi.routing import APIRoute
from playwright.sync_api import Browser, Page, Response

from docs.every_page import NOT_IN_THE_CITY, SCREENS, Screen
from docs.pictures import sit_down, window_of
from services.approval.pages import site as approval_site
from services.supervision.pages import site as supervision_site
from tests.running_town import RunningTown

MOST_BYTES = 100_000
AXE = {"resultTypes": ["violations"]}


@dataclass
class Window:
    """One for all screens of a side: to open another takes a browser longer than to show a screen in it."""

    page: Page
    answers: list[Response] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("response", lambda answer: self.answers.append(answer))
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("console", lambda said: self.faults.append(said.text) if said.type == "error" else None)

    def forget(self) -> None:
        """What was heard of one screen is not another's."""
        self.answers.clear()
        self.faults.clear()


@pytest.fixture(scope="module")
def windows(browser: Browser) -> Iterator[dict[str, Window]]:
    sides = ("approval", "supervision")
    contexts = [window_of(browser) for _ in sides]
    yield {side: Window(context.new_page()) for side, context in zip(sides, contexts, strict=True)}
    for context in contexts:
        context.close()


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.name)
def test_a_screen_excludes_nobody_asks_no_other_host_and_is_small(
    screen: Screen, running_town: RunningTown, windows: dict[str, Window]
) -> None:
    window = windows[screen.side]
    here = running_town.address(screen.side)
    window.forget()
    sit_down(window.page.context, screen, here)
    shown = window.page.goto(here + screen.path.format(**running_town.places))
    assert shown is not None
    assert (shown.status, window.page.url) == (200, here + screen.path.format(**running_town.places))
    found = Axe().run(window.page, options=AXE).response["violations"]
    assert [(one["id"], [node["html"] for node in one["nodes"]][:3]) for one in found] == []
    assert {urlsplit(answer.url).netloc for answer in window.answers} == {urlsplit(here).netloc}
    assert len(shown.body()) <= MOST_BYTES
    assert window.faults == []


def test_the_look_at_a_page_finds_what_excludes_somebody(windows: dict[str, Window]) -> None:
    page = windows["approval"].page
    page.set_content('<html lang="zh-CN"><title>页</title><main><h1>页</h1><input name="unnamed"></main></html>')
    assert [one["id"] for one in Axe().run(page, options=AXE).response["violations"]] == ["label"]


@pytest.mark.parametrize("side", ["approval", "supervision"])
def test_no_screen_is_left_out(side: str) -> None:
    """A page that is not in ``docs.every_page`` is photographed and looked at by nobody."""
    site = approval_site if side == "approval" else supervision_site
    made = {
        _shape(route.path)
        for router in site.ROUTERS
        for route in router.routes
        if isinstance(route, APIRoute) and "GET" in (route.methods or ()) and route.name not in site.PARTS
    }
    looked_at = {_shape(screen.path.split("?")[0]) for screen in SCREENS if screen.side == side}
    looked_at |= {_shape(path) for path in NOT_IN_THE_CITY}
    assert made - looked_at == set()


def _shape(path: str) -> str:
    return "/".join("{}" if "{" in part or part.isdigit() else part for part in path.split("/"))
