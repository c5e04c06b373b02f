"""No page of either service names another host: an office network has no way out, nobody outside learns who reads."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from services.approval.http import Office, application, key_token
from services.supervision.oversight_commands import OpenConsultation
from tests.invented import MARKET_BUREAU, decision, duty
from tests.linkage import MASTER, Linkage
from tests.supervision_web import web

ELSEWHERE = re.compile(r"(?:https?:)?//[^\s\"'<>]+")
NAMES_ONLY = "http://www.w3.org/2000/svg"


def named_in(text: str) -> set[str]:
    """Return the addresses of other hosts in a page; the name of a notation is not loaded from anywhere."""
    return set(ELSEWHERE.findall(text)) - {NAMES_ONLY}


def pages(app: FastAPI, **places: str) -> Iterator[str]:
    """Yield the address of every page of ``app``."""
    for route in app.routes:
        shows = getattr(route, "response_class", None)
        if isinstance(route, APIRoute) and isinstance(shows, type) and issubclass(shows, HTMLResponse):
            yield route.path.format(**places)


@pytest.mark.parametrize("side", ["approval", "supervision"])
def test_no_page_of_either_service_names_another_host(linkage: Linkage, side: str) -> None:
    linkage.duties(duty())
    (recorded,) = linkage.publish(decision())
    app = web(linkage)
    if side == "approval":
        app = application(Office(linkage.approval, linkage.desk, key_token(MASTER)))
    reader = TestClient(app, headers={"Accept": "text/html"})
    assert recorded.permit
    linkage.oversee(recorded.permit, OpenConsultation(by="0001", text="职责不清"))
    shown = list(pages(app, department=MARKET_BUREAU, permit=str(recorded.permit), number="1"))
    assert "/" in shown
    for page in shown:
        answer = reader.get(page)
        assert answer.status_code == 200, page
        assert named_in(answer.text) == set(), page
        assert "default-src 'none'" in answer.headers["content-security-policy"], page
    assert 'href="/openapi.json"' in reader.get("/").text
    assert reader.get("/openapi.json").json()["openapi"].startswith("3.")
    assert reader.get("/docs").status_code == 404


def test_the_ready_made_page_that_loads_its_script_from_elsewhere_would_be_noticed() -> None:
    ready_made = bytes(get_swagger_ui_html(openapi_url="/openapi.json", title="").body).decode()
    assert named_in(ready_made) != set()
