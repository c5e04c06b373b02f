"""What somebody writes into a name, a filter, a subject or a header stays what it is: a text, and no command to
whatever reads it next."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import cast
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp

from services.approval.http import Office as ApprovalOffice
from services.approval.http import application as approval_service
from services.notice_channels import Mail
from services.notices import Channel, Notice
from services.pages.rendering import Rendering
from services.supervision.http import application as supervision_service
from services.supervision.office import Office
from services.web_server import serving, take_port
from tests.invented import MARKET_BUREAU, decision, duty, party
from tests.linkage import Linkage
from tests.supervision_web import web

HOSTILE = """海州'; DROP TABLE watch_list; --"><script>alert(1)</script>"""
LIST = f"/api/v1/departments/{MARKET_BUREAU}/watch-list"
PAGE = f"/departments/{MARKET_BUREAU}?status=all"


def shown(app: FastAPI) -> str:
    return TestClient(app, headers={"Accept": "text/html"}).get(PAGE).text


def test_a_name_that_is_markup_and_sql_is_shown_as_it_was_written(
    linkage: Linkage, monkeypatch: pytest.MonkeyPatch
) -> None:
    linkage.duties(duty())
    linkage.publish(decision(party=party(name=HOSTILE)))
    app = web(linkage)
    (permit,) = TestClient(app).get(LIST).json()["permits"]
    assert HOSTILE in permit["party"].values(), "the database took it as a value"
    page = shown(app)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert" not in page
    rendering = cast(Rendering, app.state.pages.rendering)
    monkeypatch.setattr(rendering, "environment", rendering.environment.overlay(autoescape=False))
    assert "<script>alert" in shown(app), "a template that escapes nothing would be found"


@pytest.mark.parametrize("name", ["matter", "region", "status"])
def test_a_filter_that_is_sql_finds_nothing_and_no_more_than_its_filter(linkage: Linkage, name: str) -> None:
    linkage.duties(duty())
    linkage.publish(decision())
    officer = TestClient(web(linkage))
    assert len(officer.get(LIST).json()["permits"]) == 1
    for hostile in ("' OR '1'='1", "x') OR true --", "%"):
        answer = officer.get(LIST, params={name: hostile})
        assert answer.status_code == 422 or answer.json()["permits"] == [], hostile


def test_no_template_turns_the_escaping_off() -> None:
    templates = [*Path("services").rglob("*.html"), *Path("services").rglob("*.svg")]
    assert len(templates) > 60
    for one in templates:
        text = one.read_text()
        assert not any(way in text for way in ("|safe", "| safe", "autoescape", "Markup(")), one


def test_a_subject_with_a_line_end_makes_no_second_header() -> None:
    mail = Mail("smtp://127.0.0.1:9", "linkage@haizhou.example")
    notice = Notice(uuid4(), "0101", Channel.MAIL, (), "正文", False, "有事项\r\nBcc: somebody@elsewhere.example")
    with pytest.raises(ValueError, match="linefeed"):
        mail.send("officer@haizhou.example", notice, datetime.now(UTC))


@pytest.mark.parametrize("side", ["approval", "supervision"])
def test_no_folder_is_listed_no_file_beside_it_is_read_and_nothing_is_traced(side: str) -> None:
    app = (
        approval_service(cast(ApprovalOffice, None)) if side == "approval" else supervision_service(cast(Office, None))
    )
    browser = TestClient(app, raise_server_exceptions=False)
    assert browser.get("/static/style.css").status_code == 200
    for path in ("/static/", "/static", "/static/%2e%2e/rendering.py", "/static/..%2frendering.py"):
        assert browser.get(path).status_code in (403, 404), path
    assert browser.request("TRACE", "/healthz").status_code == 405


async def who_asks(scope: Request) -> PlainTextResponse:
    return PlainTextResponse(scope.client.host if scope.client else "")


@contextmanager
def behind(gateway: str) -> Iterator[str]:
    """Serve who asks, as the service sees it, where ``gateway`` is believed."""
    app: ASGIApp = FastAPI(routes=[])
    assert isinstance(app, FastAPI)
    app.add_route("/", who_asks)
    port, stop = take_port("127.0.0.1", 0, "--port"), threading.Event()
    worker = serving("who-asks", app, port, gateway=gateway)
    thread = threading.Thread(target=worker.run, args=(stop,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{port.getsockname()[1]}/"
    finally:
        stop.set()
        thread.join(5)


@pytest.mark.parametrize(("gateway", "seen"), [("192.0.2.1", "127.0.0.1"), ("127.0.0.1", "198.51.100.7")])
def test_only_the_gateway_is_believed_about_who_asks(gateway: str, seen: str) -> None:
    with behind(gateway) as address, httpx.Client(trust_env=False) as caller:
        assert caller.get(address, headers={"X-Forwarded-For": "198.51.100.7"}).text == seen
