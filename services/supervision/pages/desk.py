"""The desk of an officer (工作台): what waits, what is nearly late or late, what came back, where to click."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from services.pages.seats import Seat
from services.pages.visiting import Visit, Visiting
from services.supervision.department_work import work_of
from services.supervision.office import Here, Office, name_of
from services.supervision.pages.receipts import last_look

PUSHES = 20
"""How many pushes the to-do list names; the rest are one click away."""
routes = APIRouter()


def officers_desk(office: Office, visit: Visit) -> HTMLResponse:
    return visit.show("desk.html", **_work(office, visit, visit.must_be()))


@routes.get("/desk/work")
def work(office: Here, visit: Visiting) -> HTMLResponse:
    """Answer only what moves."""
    return visit.show("desk_work.html", **_work(office, visit, visit.must_be()))


def _work(office: Office, visit: Visit, seat: Seat) -> dict[str, Any]:
    look = last_look(visit, seat.body, office.now())
    since = look.news_since
    with office.engine.connect() as connection:
        name = name_of(connection, seat.body)
        found = work_of(connection, seat.body, office.open_items, office.today, since, PUSHES)
    return {"name": name, "department": seat.body, "work": found, "since": since, "looked": look.since is not None}
