"""The minutes of a consultation (会商纪要), to be printed and signed."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from events.database import raw
from services.pages.checking import printed
from services.pages.visiting import Visiting
from services.sheet_numbers import SheetKind, sheet_number
from services.supervision.consultation_http import found_consultation, returns_of
from services.supervision.matters import matter_names
from services.supervision.office import Here
from services.supervision.sheets import newest_of

routes = APIRouter()


@routes.get("/consultations/{permit}/{number}/minutes")
def minutes(office: Here, visit: Visiting, permit: UUID, number: int) -> HTMLResponse:
    state, found, names = found_consultation(office, permit, number)
    assert state.decided is not None
    named = sheet_number(SheetKind.MINUTES, permit, number)
    with office.engine.connect() as connection:
        newest = newest_of(raw(connection), permit, named)
        matter = matter_names(connection).get(state.decided.facts.matter_code, "")
    assert newest is not None
    return visit.show(
        "minutes.html",
        permit=permit,
        sheet_number=named,
        **printed(visit, newest),
        facts=state.decided.facts,
        matter=matter,
        found=found,
        names=names,
        departments=list(state.departments),
        returns=returns_of(state, found.ruled_at),
    )
