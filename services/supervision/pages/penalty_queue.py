"""Which penalties seek their permit (待确认证照), since when, and who must say which it is?"""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from events.database import raw
from projections.penalty_page import unmatched
from services.open_deadlines import standings_of
from services.pages.seats import Role
from services.pages.visiting import Visit, Visiting
from services.supervision.office import Here, Office
from services.supervision.open_items import UnmatchedPenalties
from services.supervision.pages.penalties import waiting_count
from services.supervision.penalty_http import after_cursor
from services.supervision.permit_answers import department_names
from services.time_rules import read_time_rules

PAGE = 50
Cursor = Annotated[str, Query(max_length=100)]
routes = APIRouter()


@routes.get("/penalties/unmatched")
def waiting(office: Here, visit: Visiting, cursor: Cursor = "") -> HTMLResponse:
    """An officer sees those of the own department; everybody else those of all."""
    return visit.show("penalty_queue.html", **_queued(office, visit, cursor))


@routes.get("/penalties/unmatched/rows", name="rows")
def waiting_rows(office: Here, visit: Visiting, cursor: Cursor = "") -> HTMLResponse:
    """Answer only what moves."""
    return visit.show("penalty_queue_rows.html", **_queued(office, visit, cursor))


def _queued(office: Office, visit: Visit, cursor: str) -> dict[str, Any]:
    seat = visit.must_be()
    department = seat.body if seat.role is Role.OFFICER else None
    with office.engine.connect() as connection:
        found, following = unmatched(connection, department, after_cursor(cursor or None), PAGE)
        rules, kind = read_time_rules(raw(connection)), UnmatchedPenalties("")
        items = [kind.item(rules, row.penalty, row.department, row.since) for row in found]
        standings = list(standings_of(raw(connection), items, rules, office.today))
        count, names = waiting_count(connection, department), department_names(connection)
    here = "/penalties/unmatched"
    return {
        "rows": list(zip(found, standings, strict=True)),
        "waiting": count,
        "names": names,
        "name": names.get(department or "", ""),
        "own": department is not None,
        "cursor": cursor,
        "query": urlencode({"cursor": cursor}) if cursor else "",
        "first_page": here if cursor else None,
        "following": f"{here}?{urlencode({'cursor': following.written()})}" if following else None,
    }
