"""Parts are restarted and upgraded one after another: nobody is cut off, and the older release goes on meanwhile."""

from __future__ import annotations

import asyncio
import re
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from services import web_server
from services.web_server import serving, take_port

SERVICES = Path(web_server.__file__).parent
EXPANDING_SINCE = {"approval": "0030", "supervision": "0034"}
"""The steps of 0.1.0. Those that come after them may meet a part of it that is still running."""


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.02)


def refused(address: str) -> bool:
    try:
        httpx.get(address, timeout=1)
    except httpx.TransportError:
        return True
    return False


@pytest.mark.parametrize(("drains", "answered"), [(60, [200]), (0, [])], ids=["drains", "cut off"])
def test_a_request_under_way_is_answered_while_no_new_one_is_taken(
    monkeypatch: pytest.MonkeyPatch, drains: int, answered: list[int]
) -> None:
    monkeypatch.setattr(web_server, "_DRAIN_SECONDS", drains)
    under_way, go_on, stop, answers = threading.Event(), threading.Event(), threading.Event(), list[int]()

    async def decide(scope: Scope, receive: Receive, send: Send) -> None:
        under_way.set()
        while not go_on.is_set():
            await asyncio.sleep(0.02)
        await Response("recorded")(scope, receive, send)

    def hand_in() -> None:
        try:
            answers.append(httpx.get(address, timeout=60).status_code)
        except httpx.TransportError:
            return

    with take_port("127.0.0.1", 0, "") as listening:
        address = f"http://127.0.0.1:{listening.getsockname()[1]}/"
        server = threading.Thread(target=serving("web", decide, listening, lifespan="off").run, args=(stop,))
        bureau = threading.Thread(target=hand_in)
        server.start()
        bureau.start()
        assert under_way.wait(60)
        stop.set()
        until(lambda: refused(address))
        if drains:
            go_on.set()
        bureau.join(60)
        go_on.set()
        server.join(60)
    assert [code for code in answers if code == 200] == answered


# Migrations: what is added is invisible to the older release; what it reads is neither renamed nor taken away, nor
# asked of it. Taking away is a step of a later release, when nobody reads it any more (expand, then contract).

BREAKING = {
    "takes a table away that is read": r"\bDROP\s+TABLE\b",
    "takes a column away that is read": r"\bDROP\s+COLUMN\b",
    "renames what is read": r"\bRENAME\b",
    "changes the type of what is read": r"\bALTER\s+COLUMN\s+\w+\s+(?:SET\s+DATA\s+)?TYPE\b",
    "asks the older release for what it does not know": r"\bSET\s+NOT\s+NULL\b",
    "adds a column that the older release leaves empty": r"\bADD\s+COLUMN\b(?:(?!DEFAULT|,|;|\bADD\b).)*"
    r"\bNOT\s+NULL\b(?![^,;]*\bDEFAULT\b)",
    "refuses what the older release writes": r"\bADD\s+(?:CONSTRAINT\s+\w+\s+)?CHECK\b(?![^;]*\bNOT\s+VALID\b)",
}


def breaking(step: str) -> list[str]:
    """What of a step's SQL a part of the release before would stumble over."""
    body = re.split(r"^def downgrade", step, maxsplit=1, flags=re.MULTILINE)[0]
    return [why for why, found in BREAKING.items() if re.search(found, body, re.IGNORECASE | re.DOTALL)]


def steps_since(side: str) -> Iterator[Path]:
    folder = SERVICES / side / "migrations" / "versions"
    for path in sorted(folder.glob("[0-9]*.py")):
        if path.name[:4] > EXPANDING_SINCE[side]:
            yield path


@pytest.mark.parametrize("side", sorted(EXPANDING_SINCE))
def test_the_older_release_goes_on_beside_every_newer_step(side: str) -> None:
    assert {path.name: found for path in steps_since(side) if (found := breaking(path.read_text()))} == {}


@pytest.mark.parametrize(
    ("step", "why"),
    [
        ("DROP TABLE told", "takes a table away that is read"),
        ("ALTER TABLE told DROP COLUMN role", "takes a column away that is read"),
        ("ALTER TABLE told RENAME COLUMN role TO part", "renames what is read"),
        ("ALTER TABLE told ALTER COLUMN role TYPE integer", "changes the type of what is read"),
        ("ALTER TABLE told ALTER COLUMN role SET NOT NULL", "asks the older release for what it does not know"),
        ("ALTER TABLE told ADD COLUMN by text NOT NULL", "adds a column that the older release leaves empty"),
        ("ALTER TABLE told ADD CHECK (role <> '')", "refuses what the older release writes"),
    ],
)
def test_a_step_that_would_stop_the_older_release_is_found(step: str, why: str) -> None:
    assert breaking(f'op.execute("{step}")') == [why]


@pytest.mark.parametrize(
    "step",
    [
        "CREATE TABLE more (a text NOT NULL)",
        "ALTER TABLE told ADD COLUMN by text",
        "ALTER TABLE told ADD COLUMN by text NOT NULL DEFAULT ''",
        "ALTER TABLE told ADD COLUMN by text DEFAULT '' NOT NULL",
        "CREATE INDEX more ON told (role)",
        "ALTER TABLE told ADD CHECK (role <> '') NOT VALID",
        "DROP INDEX more",
    ],
)
def test_a_step_that_only_adds_is_let_through(step: str) -> None:
    assert breaking(f'op.execute("{step}")') == []
