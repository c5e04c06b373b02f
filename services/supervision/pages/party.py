"""One party (主体全景): its permits, and on one line of time decisions, pushes, penalties, findings, receipts."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from services.pages.visiting import Visiting
from services.supervision.matters import matter_names
from services.supervision.office import Here
from services.supervision.party_questions import panorama
from services.supervision.permit_answers import department_names

ENTRIES = 150
"""What one page can show; older ones are on the pages of the permits."""
routes = APIRouter()


@routes.get("/parties/{party}")
def one_party(office: Here, visit: Visiting, party: UUID) -> HTMLResponse:
    with office.engine.connect() as connection:
        found = panorama(connection, party)
        names, matters = department_names(connection), matter_names(connection)
    return visit.show("party.html", found=found, entries=found.entries[:ENTRIES], names=names, matters=matters)
