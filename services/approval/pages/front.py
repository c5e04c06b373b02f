"""The first page: what waits for whoever sits here (工作台)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from services.approval.http import Here, Office
from services.approval.pages.desk import clerks_desk
from services.approval.pages.running import running_page
from services.pages.menus import HOMES
from services.pages.seats import Role
from services.pages.visiting import Visit, Visiting

routes = APIRouter()
DESKS: Mapping[Role, Callable[[Office, Visit], HTMLResponse]] = {
    Role.CLERK: clerks_desk,
    Role.OPERATOR: running_page,
}


@routes.get("/")
def front(office: Here, visit: Visiting) -> Response:
    """Show the desk of the reader's role; whoever has no seat yet is led to choose one."""
    role = visit.must_be().role
    return visit.done(HOMES[role]) if role in HOMES else DESKS[role](office, visit)
