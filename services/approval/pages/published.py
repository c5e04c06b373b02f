"""My publications (我的发布): what the body has decided, newest first, and how far each is in each department."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from events.database import raw
from projections.duty_names import names_of
from services.approval import file_imports
from services.approval.http import Here, Office
from services.approval.http_published import AskedDecisions, page_of
from services.pages.visiting import Visit, Visiting

MENTIONED = 3
routes = APIRouter()
Asked = Annotated[AskedDecisions, Query()]


@routes.get("/published")
def published(office: Here, visit: Visiting, asked: Asked) -> HTMLResponse:
    body = visit.must_be().body
    with office.engine.connect() as reading:
        unrepaired = file_imports.of_body(raw(reading), office.desk.master, body, MENTIONED, left=True)
    return visit.show("published.html", unrepaired=unrepaired, **_facts(office, visit, asked))


@routes.get("/published/rows")
def published_rows(office: Here, visit: Visiting, asked: Asked) -> HTMLResponse:
    """Answer only what moves: the script puts it in the place of what stands there."""
    return visit.show("published_rows.html", **_facts(office, visit, asked))


def _facts(office: Office, visit: Visit, asked: AskedDecisions) -> dict[str, Any]:
    body = visit.must_be().body
    with office.engine.connect() as reading:
        connection = raw(reading)
        rows, following = page_of(connection, asked, body)
        codes = {one.department for row in rows for one in row.reached} | {row.said.facts.matter_code for row in rows}
        names = names_of(connection, codes)
    chosen = asked.model_dump(mode="json", exclude={"cursor", "limit"}, exclude_none=True)
    return {
        "rows": rows,
        "names": names,
        "asked": asked,
        "query": urlencode(chosen),
        "filtered": bool(chosen),
        "following": following and urlencode({**chosen, "cursor": following}),
    }
