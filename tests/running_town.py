"""A town for the pages: the demo's city with its own PostgreSQL, both services and all loops in one process."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from playwright.sync_api import Browser, sync_playwright

from docs.every_page import places
from docs.pictures import demo

CHROMIUM = Path(os.environ.get("LINKAGE_TEST_CHROMIUM", "/usr/bin/chromium"))


@dataclass(frozen=True)
class RunningTown:
    approval: str
    supervision: str

    @cached_property
    def places(self) -> Mapping[str, str]:
        """Something that is there for each name in a page's address."""
        return places(self.approval, self.supervision)

    def address(self, side: str) -> str:
        return self.approval if side == "approval" else self.supervision


@pytest.fixture(scope="module")
def running_town() -> Iterator[RunningTown]:
    """Shared: tests take permits, rows and seats of their own, and leave the rest as it is. For a module, not for the
    session: one that stands still looks for news all the time, which is a fifth of a core for whatever runs beside."""
    with (
        TemporaryDirectory(prefix="linkage-town-", ignore_cleanup_errors=True) as folder,
        demo(Path(folder) / "data") as addresses,
    ):
        yield RunningTown(**addresses)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """For a module: while Playwright is at work its loop runs in this thread, where other tests run loops of theirs."""
    if not CHROMIUM.exists():
        pytest.fail(
            f"{CHROMIUM} is not there: install it (apt-get install chromium fonts-noto-cjk), "
            "or name another Chromium in LINKAGE_TEST_CHROMIUM"
        )
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()
