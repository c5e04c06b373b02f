"""Each route of both APIs has one row that says who may ask it; a new one without a row fails here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from services.access.rights import ANYBODY, Where, guarded, rights
from services.approval.http import application as approval_service
from services.supervision.http import application as supervision_service

SERVICES: dict[str, Callable[[Any], FastAPI]] = {"approval": approval_service, "supervision": supervision_service}


def asked_by_programs(side: str, app: FastAPI) -> set[tuple[str, str, str]]:
    found = set()
    for route in iter_route_contexts(app.routes):
        if route.path and route.methods and guarded(route.path):
            found |= {(side, method, route.path) for method in route.methods}
    return found


def service(side: str) -> FastAPI:
    return SERVICES[side](None)


@pytest.mark.parametrize("side", SERVICES)
def test_every_route_of_the_api_says_who_may_ask_it_and_every_row_is_of_a_route(side: str) -> None:
    assert asked_by_programs(side, service(side)) == {key for key in rights() if key[0] == side}


def test_a_new_route_without_a_row_is_noticed() -> None:
    app = service("approval")
    app.add_api_route("/api/v1/secrets", lambda: None, methods=["GET"])
    assert asked_by_programs("approval", app) - set(rights()) == {("approval", "GET", "/api/v1/secrets")}


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


def test_only_what_says_nothing_of_rows_asks_nobody() -> None:
    assert not any(guarded(one) for one in ANYBODY)
