"""Each route of both APIs and each page has one row that says who may ask it; a new one without a row fails here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from services.access.rights import Where, rights
from services.approval.http import application as approval_service
from services.supervision.http import application as supervision_service

SERVICES: dict[str, Callable[[Any], FastAPI]] = {"approval": approval_service, "supervision": supervision_service}


def answered(side: str, app: FastAPI) -> set[tuple[str, str, str]]:
    """Return every route of a service, by the method that its row names."""
    found = set()
    for route in iter_route_contexts(app.routes):
        if route.path and route.methods:
            found |= {(side, "GET" if method == "HEAD" else method, route.path) for method in route.methods}
    return found


def service(side: str) -> FastAPI:
    app = SERVICES[side](None)
    app.add_api_route("/metrics", lambda: None)  # as its process adds it
    return app


@pytest.mark.parametrize("side", SERVICES)
def test_every_route_of_the_api_and_every_page_says_who_may_ask_it_and_every_row_is_of_a_route(side: str) -> None:
    assert answered(side, service(side)) == {key for key in rights() if key[0] == side}


def test_a_new_route_without_a_row_is_noticed() -> None:
    app = service("approval")
    app.add_api_route("/api/v1/secrets", lambda: None, methods=["GET"])
    app.add_api_route("/secrets", lambda: None, methods=["POST"])
    new = {("approval", "GET", "/api/v1/secrets"), ("approval", "POST", "/secrets")}
    assert answered("approval", app) - set(rights()) == new


@pytest.mark.parametrize("side", SERVICES)
def test_where_a_body_stands_is_a_name_that_the_request_has(side: str) -> None:
    """A row that names a parameter which nobody sends would let nobody in, or everybody."""
    said = service(side).openapi()
    for right in (one for key, one in rights().items() if key[0] == side and one.path in said["paths"]):
        operation = said["paths"][right.path][right.method.lower()]
        name, where = right.whose.name, right.whose.where
        if where in (Where.PATH, Where.QUERY):
            assert (name, where) in {(p["name"], p["in"]) for p in operation["parameters"]}, right
        if where is Where.FIELD:
            body = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].rsplit("/", 1)[1]
            assert name in said["components"]["schemas"][body]["required"], right
        if where is Where.ROW and "{" + name + "}" not in right.path:
            body = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].rsplit("/", 1)[1]
            assert name in said["components"]["schemas"][body]["required"], right
