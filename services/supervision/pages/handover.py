"""A handover list (移交清单) of opening stock, to be printed and signed; a thousand of its permits at a time."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from services.pages.visiting import Visiting
from services.supervision.handover_questions import list_page
from services.supervision.office import Here

AT_ONCE = 1000

routes = APIRouter()


@routes.get("/handovers/{listed}")
def handover(office: Here, visit: Visiting, listed: UUID, after: Annotated[int, Query(ge=0)] = 0) -> HTMLResponse:
    return visit.show("handover.html", **list_page(office.engine, listed, after, AT_ONCE)._asdict())
