"""``python -m docs.pictures [NAME …]``: a demo of its own is started, and every screen is photographed as a clerk's
screen of 1366 × 768 shows it.

Needs Chromium and a Chinese font (Debian: chromium, fonts-noto-cjk). Everything else it needs is made and thrown away.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser, BrowserContext, sync_playwright

from docs.every_page import SCREENS, Screen, places
from services.broker import free_port

FOLDER = Path(__file__).parent / "screens"
WIDTH, HEIGHT = 1366, 768
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
LINKAGE = (sys.executable, "-c", "from services.command_line import main; main()")


@contextmanager
def demo(data: Path) -> Iterator[dict[str, str]]:
    """Run a demo under ``data`` that stands still; give the address of each side by its name."""
    ports = {"APPROVAL_PORT": str(free_port()), "SUPERVISION_PORT": str(free_port())}
    ours = {name: value for name, value in os.environ.items() if not name.startswith("LINKAGE_")}
    with subprocess.Popen(  # noqa: S603 - this program itself
        [*LINKAGE, "demo", "--json", "--every", "0"],
        env=ours | ports | {"LINKAGE_DATA": str(data), "LOG_URL": "embedded:"},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            told = json.loads(process.stdout.readline())
            yield {side: told[side].rstrip("/") for side in ("approval", "supervision")}
        finally:
            process.terminate()


def seated(browser: Browser, screen: Screen, address: str) -> BrowserContext:
    """Return a window of a browser in which the screen's seat was taken."""
    context = window_of(browser)
    sit_down(context, screen, address)
    return context


def window_of(browser: Browser) -> BrowserContext:
    """Return an empty one, as large as pages are looked at."""
    return browser.new_context(viewport={"width": WIDTH, "height": HEIGHT}, locale="zh-CN")


def sit_down(context: BrowserContext, screen: Screen, address: str) -> None:
    """Take the screen's seat, and no other."""
    context.clear_cookies()
    context.add_cookies([{"name": f"seat-{screen.side}", "value": screen.seat.as_cookie(), "url": address}])


def photograph(addresses: dict[str, str], wanted: Collection[str]) -> None:
    """Write one picture for each screen that is wanted; all when none is named."""
    installed = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if installed is None:
        raise SystemExit("Chromium is not installed (Debian: apt-get install chromium fonts-noto-cjk)")
    there = places(addresses["approval"], addresses["supervision"])
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=installed, args=["--no-sandbox", "--lang=zh-CN"])
        for screen in SCREENS:
            if wanted and screen.name not in wanted:
                continue
            context = seated(browser, screen, addresses[screen.side])
            page = context.new_page()
            page.goto(addresses[screen.side] + screen.path.format(**there))
            page.screenshot(path=FOLDER / f"{screen.name}.png")
            context.close()
        browser.close()


def main() -> None:
    with TemporaryDirectory() as folder, demo(Path(folder) / "data") as addresses:
        photograph(addresses, sys.argv[1:])


if __name__ == "__main__":
    main()
