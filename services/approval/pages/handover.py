"""A handover list (移交清单) as the bureau that handed over sees it: signed by whom, what came back, and whether the
decisions recorded here are those that the department signed for."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from events.database import raw
from projections import handovers
from projections.duty_names import names_of
from services.approval.http import Here
from services.approval.stock_check import hash_here
from services.handover_reading import unknown_list
from services.pages.visiting import Visiting
from services.sheet_numbers import SheetKind, sheet_number

routes = APIRouter()


@routes.get("/handovers/{listed}")
def handover(office: Here, visit: Visiting, listed: UUID) -> HTMLResponse:
    visit.must_be()
    with office.engine.connect() as reading:
        connection = raw(reading)
        found = handovers.read(connection, listed)
        if found is None:
            raise unknown_list()
        here = hash_here(connection, found)
        names = names_of(connection, {found.department, *(one["candidate"] or "" for one in found.returned)})
    return visit.show(
        "handover.html",
        handover=found,
        names=names,
        matches=None if here is None else here == found.sha256,
        sheet_number=sheet_number(SheetKind.HANDOVER, listed, found.number),
        address=visit.whole_address(f"/handovers/{listed}"),
    )
