"""Services of one process share their routes, and nothing else."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.testclient import TestClient

from services.access.entrance import OPEN
from services.same_routes import with_routes_of


def made() -> FastAPI:
    app = FastAPI()
    app.state.title, app.state.entrance = "审批侧", OPEN

    @app.get("/office")
    def office(request: Request) -> str:
        return f"{request.app.state.title} {request.app.state.office}"

    return app


def test_each_service_answers_for_its_own_office_with_what_they_have_in_common() -> None:
    routes = made()
    first, second = (with_routes_of(routes, office=name) for name in ("一号", "二号"))
    assert TestClient(first).get("/office").json() == "审批侧 一号"
    assert TestClient(second).get("/office").json() == "审批侧 二号"
    first.state.title = "监管侧"
    assert TestClient(second).get("/office").json() == "审批侧 二号"


def test_what_one_service_is_given_later_no_other_gets() -> None:
    routes = made()
    first, second = with_routes_of(routes), with_routes_of(routes)

    @first.get("/metrics")
    def metrics() -> str:
        return "1"

    assert TestClient(first).get("/metrics").status_code == 200
    assert TestClient(second).get("/metrics").status_code == 404
    assert TestClient(routes).get("/metrics").status_code == 404
