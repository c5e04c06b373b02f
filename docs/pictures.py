"""``python -m docs.pictures``: a demo of its own is started, and the pages that README shows are photographed.

Needs Chromium and a Chinese font (Debian: chromium, fonts-noto-cjk). Everything else it needs is made and thrown away.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
from playwright.sync_api import sync_playwright

from services.broker import free_port

FOLDER = Path(__file__).parent / "screens"
WIDTH, HEIGHT = 1366, 768
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
LINKAGE = (sys.executable, "-c", "from services.command_line import main; main()")
DEPARTMENT = "11990100MA0000102H"


@contextmanager
def demo(data: Path) -> Iterator[str]:
    """Run a demo under ``data`` that stands still, and give the address of the supervision side."""
    ports = {"APPROVAL_PORT": str(free_port()), "SUPERVISION_PORT": str(free_port())}
    ours = {name: value for name, value in os.environ.items() if not name.startswith("LINKAGE_")}
    process = subprocess.Popen(  # noqa: S603 - this program itself
        [*LINKAGE, "demo", "--json", "--every", "0"],
        env=ours | ports | {"LINKAGE_DATA": str(data), "LOG_URL": "embedded:"},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield json.loads(process.stdout.readline())["supervision"]
    finally:
        process.terminate()
        process.wait(20)


def photograph(address: str) -> None:
    """Write one picture for each page, as a clerk's screen shows it."""
    browser = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if browser is None:
        raise SystemExit("Chromium is not installed (Debian: apt-get install chromium fonts-noto-cjk)")
    listed = httpx.get(f"{address}/api/v1/departments/{DEPARTMENT}/watch-list", params={"status": "all"}).json()
    changed = next(row["permit"] for row in listed["permits"] if row["permit_version"] > 1)
    pages = {
        "departments": "/",
        "watch-list": f"/departments/{DEPARTMENT}",
        "permit": f"/permits/{changed}",
        "exceptions": "/exceptions",
    }
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox", "--lang=zh-CN"])
        page = opened.new_page(viewport={"width": WIDTH, "height": HEIGHT}, locale="zh-CN")
        for name, path in pages.items():
            page.goto(address + path)
            page.screenshot(path=FOLDER / f"{name}.png")
        opened.close()


def main() -> None:
    with TemporaryDirectory() as folder, demo(Path(folder) / "data") as address:
        photograph(address)


if __name__ == "__main__":
    main()
