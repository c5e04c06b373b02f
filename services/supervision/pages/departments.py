"""Which departments supervise, and how much does each of them watch?"""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from services.pages.visiting import Visiting
from services.supervision.office import Here
from services.supervision.permit_answers import exceptions_count
from services.supervision.watch_list_answers import departments

routes = APIRouter()


@routes.get("/departments")
def all_departments(office: Here, visit: Visiting) -> HTMLResponse:
    with office.engine.connect() as connection:
        found = departments(connection)
        waiting = exceptions_count(connection)
    return visit.show("departments.html", as_of=found.as_of, found=found.departments, waiting=waiting)
