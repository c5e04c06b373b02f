"""The watch list (监管台账) of one department: what must it watch now?

Works without a script; with it, the list moves by itself. No address ever bears a name or a person's number.
"""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from projections.watch_list_filters import Standing
from services.pages.visiting import Visiting
from services.supervision.asked import Asked
from services.supervision.matters import matter_names
from services.supervision.office import Here, Office, name_of
from services.supervision.watch_list_answers import page_of
from services.supervision.wording import STANDINGS

PAGE = 50
EXPIRY_CHOICES = (30, 60, 90, 180, 365)
routes = APIRouter()


@routes.get("/departments/{department}")
def watch_list(office: Here, visit: Visiting, department: str, asked: Annotated[Asked, Query()]) -> HTMLResponse:
    return visit.show("watch_list.html", **_list_facts(office, department, asked))


@routes.get("/departments/{department}/rows")
def rows(office: Here, visit: Visiting, department: str, asked: Annotated[Asked, Query()]) -> HTMLResponse:
    """Answer only what moves: the script puts it in the place of what stands there."""
    return visit.show("watch_list_rows.html", **_list_facts(office, department, asked))


def _list_facts(office: Office, department: str, asked: Asked) -> dict[str, Any]:
    with office.engine.connect() as connection:
        name = name_of(connection, department)
        page = page_of(connection, department, asked, office.today, PAGE)
        matters = matter_names(connection)
        own = matter_names(connection, department)
    chosen = _chosen(asked)
    return {
        "as_of": page.as_of,
        "department": department,
        "name": name,
        "page": page,
        "asked": asked,
        "by_expiry": asked.filters().by_expiry,
        "filtered": bool(chosen),
        "query": urlencode(chosen),
        "following": urlencode({**chosen, "cursor": page.next_cursor}) if page.next_cursor else None,
        "everything": urlencode({"status": Standing.ALL.value}),
        "matters": matters,
        "own_matters": own,
        "standings": STANDINGS,
        "expiry_choices": EXPIRY_CHOICES,
    }


def _chosen(asked: Asked) -> dict[str, str]:
    """Return the filters that differ from none, as they stand in an address."""
    said = asked.model_dump(mode="json", exclude={"cursor"}, exclude_none=True)
    if asked.status is Standing.VALID:
        del said["status"]
    return {name: str(value) for name, value in said.items()}
