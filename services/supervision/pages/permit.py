"""One permit: what holds now, what was decided, who was told of it and when."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from services.pages.visiting import Visiting
from services.supervision.matters import matter_names
from services.supervision.office import Here
from services.supervision.permit_answers import department_names, found_history

routes = APIRouter()


@routes.get("/permits/{permit}")
def one_permit(office: Here, visit: Visiting, permit: UUID) -> HTMLResponse:
    with office.engine.connect() as connection:
        history = found_history(connection, permit)
        names = department_names(connection)
        matters = matter_names(connection)
    facts = history.now.facts
    return visit.show(
        "permit.html",
        permit=permit,
        history=history,
        facts=facts,
        expired=history.expired(office.today),
        matter=matters.get(facts.matter_code, ""),
        names=names,
    )
