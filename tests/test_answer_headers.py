"""Whatever either service answers, a browser is told to run, frame, sniff and keep nothing of it that is not ours."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Iterator

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from httpx2 import Response
from starlette.routing import BaseRoute

from services.access.answer_headers import NOTHING
from services.approval.http import Office, application, key_token
from services.pages.rendering import HEADERS
from tests.closed_site import ClosedSite
from tests.linkage import MASTER, Linkage
from tests.rows_of_rights import let_anybody_in
from tests.supervision_web import web

NOWHERE = "019ac4d2-8a52-7d64-9c5e-0d7f3d0f6b01"


def side_of(linkage: Linkage, side: str) -> FastAPI:
    stop = threading.Event()
    stop.set()  # streams end at once
    if side == "supervision":
        return web(linkage, stopping=stop)
    return application(Office(linkage.approval_web, linkage.web_desk, key_token(MASTER), stopping=stop))


def routes_of(routes: Iterable[BaseRoute]) -> Iterator[APIRoute]:
    """Yield every route, also those of routers that were taken in."""
    for one in routes:
        if isinstance(one, APIRoute):
            yield one
        elif taken_in := getattr(one, "original_router", None):
            yield from routes_of(taken_in.routes)


def answers(app: FastAPI) -> Iterator[tuple[str, Response]]:
    """Yield what each route answers to who sends next to nothing; by turns to a reader and to a program."""
    browser = TestClient(app, raise_server_exceptions=False, follow_redirects=False)
    for number, route in enumerate(routes_of(app.routes)):
        for method in sorted(route.methods or ()):
            address = re.sub(r"{[^}]*}", NOWHERE, route.path)
            accept = "text/html" if number % 2 else "application/json"
            yield f"{method} {route.path}", browser.request(method, address, headers={"Accept": accept})
    yield "nowhere", browser.get("/nowhere", headers={"Accept": "text/html"})
    yield "static", browser.get("/static/style.css?1")
    yield "foreign", browser.post("/seat", headers={"Origin": "https://evil.example"})


def lacking(answer: Response) -> set[str]:
    """Return what an answer lacks."""
    said, found = answer.headers, set[str]()
    policy = said.get("Content-Security-Policy", "")
    if policy != (HEADERS["Content-Security-Policy"] if "text/html" in said.get("Content-Type", "") else NOTHING):
        found.add("policy")
    if "frame-ancestors 'none'" not in policy or said.get("X-Frame-Options") != "DENY":
        found.add("frames")
    if "unsafe" in policy or "http" in policy or "*" in policy:
        found.add("wide policy")
    if said.get("X-Content-Type-Options") != "nosniff":
        found.add("nosniff")
    if "no-store" not in said.get("Cache-Control", ""):
        found.add("no-store")
    if len(said.get_list("Content-Security-Policy")) != 1 or len(said.get_list("Cache-Control")) != 1:
        found.add("said twice")
    return found


@pytest.mark.parametrize("side", ["approval", "supervision"])
def test_every_answer_of_every_route_bears_the_headers_whatever_is_asked(linkage: Linkage, side: str) -> None:
    seen, statuses = 0, set[int]()
    for asked, answer in answers(side_of(linkage, side)):
        missing = lacking(answer)
        if asked == "static":
            assert missing == {"policy", "no-store"}, "a style may be kept; a worker's script reaches the news"
            assert "immutable" in answer.headers["Cache-Control"]
            continue
        assert not missing, f"{asked}: {missing}"
        seen += 1
        statuses.add(answer.status_code)
    assert seen > 100
    assert {200, 303, 403, 404, 422} <= statuses
    assert not {status for status in statuses if status >= 500 and status != 503}


def test_a_defect_bears_them_too_and_a_service_without_the_wrapping_does_not(
    linkage: Linkage, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_anybody_in(monkeypatch, "supervision", "GET /defect")
    app = side_of(linkage, "supervision")

    def fail() -> None:
        raise RuntimeError

    app.add_api_route("/defect", fail)
    answer = TestClient(app, raise_server_exceptions=False).get("/defect")
    assert (answer.status_code, lacking(answer)) == (500, set())
    bare = side_of(linkage, "supervision")
    del bare.build_middleware_stack
    assert lacking(TestClient(bare).get("/healthz")) == {"policy", "frames", "nosniff", "no-store", "said twice"}


def test_the_api_takes_no_act_that_a_foreign_page_sends_with_the_readers_cookies(linkage: Linkage) -> None:
    reader = TestClient(side_of(linkage, "supervision"))
    path = f"/api/v1/deadlines/{NOWHERE}/urging"
    for foreign in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "same-site"}):
        answer = reader.post(path, content=b"{}", headers={"Content-Type": "text/plain", **foreign})
        assert (answer.status_code, answer.json()["code"]) == (403, "foreign_form")
    assert reader.post(path, json={}).status_code != 403, "a program says neither"


def test_a_side_whose_public_address_is_https_is_reached_by_https_alone(linkage: Linkage) -> None:
    by_https = ClosedSite(linkage, public_url="https://supervision.example").browser()
    for asked in ("/login", "/static/style.css?1", "/nowhere", "/api/v1/departments"):
        assert by_https.get(asked).headers["strict-transport-security"] == "max-age=31536000; includeSubDomains", asked
    # A trial on this machine says no such thing: it would shut out every other service of localhost.
    for plain in (
        ClosedSite(linkage).browser(),
        TestClient(side_of(linkage, "supervision"), base_url="https://localhost"),
    ):
        assert "strict-transport-security" not in plain.get("/login").headers
