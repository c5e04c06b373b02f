"""The supervision side over HTTP: lists, live pushes, permits, exceptions. /api/v1 for programs, pages beside."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from sqlalchemy import text

from events import ledger
from events.database import raw
from services.problems import answer_problems
from services.supervision.office import Here, Office
from services.supervision.pages import add_pages
from services.supervision.permit_answers import list_exceptions, read_permit
from services.supervision.watch_list_answers import list_departments, read_watch_list, watch_events


def application(office: Office) -> FastAPI:
    """Make the web service of one supervision side."""
    app = FastAPI(title="审管联动 · 监管侧", version="1", docs_url=None, redoc_url=None)
    app.state.office = office
    answer_problems(app)
    for path, answer in (
        ("/api/v1/departments", list_departments),
        ("/api/v1/departments/{department}/watch-list", read_watch_list),
        ("/api/v1/departments/{department}/events", watch_events),
        ("/api/v1/permits/{permit}", read_permit),
        ("/api/v1/exceptions", list_exceptions),
    ):
        app.add_api_route(path, answer, methods=["GET"])
    app.add_api_route("/healthz", alive, methods=["GET"], include_in_schema=False)
    app.add_api_route("/readyz", ready, methods=["GET"], include_in_schema=False)
    add_pages(app)
    return app


def alive() -> dict[str, str]:
    return {"status": "alive"}


def ready(office: Here) -> dict[str, Any]:
    """Answer whether lists can be read now: the database answers and its ledger has a head."""
    with office.engine.connect() as connection:
        connection.execute(text("SELECT 1"))
        return {"status": "ready", "source": "supervision", "ledger_head": ledger.head(raw(connection)).position}
