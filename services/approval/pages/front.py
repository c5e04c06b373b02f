"""The first page of the approval side: what waits for a clerk?"""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from services.pages.visiting import Visiting

routes = APIRouter()


@routes.get("/")
def front(visit: Visiting) -> HTMLResponse:
    return visit.show("front.html")
