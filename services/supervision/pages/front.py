"""The first page: what waits for whoever sits here (工作台), or, without a seat, which departments there are."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from services.pages.menus import HOMES
from services.pages.seats import Role
from services.pages.visiting import Visit, Visiting
from services.supervision.office import Here, Office
from services.supervision.pages.coordinator_desk import coordinators_desk
from services.supervision.pages.departments import all_departments
from services.supervision.pages.desk import officers_desk
from services.supervision.pages.lag import lag_desk
from services.supervision.pages.overview import leaders_desk
from services.supervision.pages.policy_desk import policy_desk

routes = APIRouter()
DESKS: Mapping[Role, Callable[[Office, Visit], HTMLResponse]] = {
    Role.OFFICER: officers_desk,
    Role.COORDINATOR: coordinators_desk,
    Role.POLICY: policy_desk,
    Role.OPERATOR: lag_desk,
    Role.LEADER: leaders_desk,
}
"""The desk of each role; a role without one sees the departments."""


@routes.get("/")
def front(office: Here, visit: Visiting) -> Response:
    if visit.seat and visit.seat.role in HOMES:
        return visit.done(HOMES[visit.seat.role])
    desk = DESKS.get(visit.seat.role, all_departments) if visit.seat else all_departments
    return desk(office, visit)
