"""本单位系统的接收情况: whether one's own systems take what they are sent, what they answered, and what to do."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from events.database import raw
from services.either_side import Here
from services.own_systems import systems_of
from services.pages.visiting import Visiting

routes = APIRouter()


@routes.get("/systems")
def own_systems(here: Here, visit: Visiting) -> HTMLResponse:
    """Show the endpoints of the reader's own body; nobody else's."""
    seat = visit.must_be()
    with here.engine.connect() as connection:
        found = systems_of(raw(connection), seat.body)
    return visit.show("own_systems.html", systems=found)
