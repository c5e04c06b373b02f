"""What waits because no duty covers it, since when, and with whom?"""

from __future__ import annotations

from urllib.parse import urlencode

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from services.pages.visiting import Visiting
from services.supervision.office import Here
from services.supervision.permit_answers import EXCEPTIONS_CAP, after_of, exceptions_count, exceptions_page

PAGE = 50
routes = APIRouter()


@routes.get("/exceptions")
def exceptions(office: Here, visit: Visiting, cursor: str | None = None) -> HTMLResponse:
    with office.engine.connect() as connection:
        rows, following = exceptions_page(connection, after_of(cursor), PAGE)
        count = exceptions_count(connection)
    return visit.show(
        "exceptions.html",
        rows=rows,
        count=min(count, EXCEPTIONS_CAP),
        count_capped=count > EXCEPTIONS_CAP,
        following=urlencode({"cursor": following}) if following else None,
        first=cursor is None,
    )
