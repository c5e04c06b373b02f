"""The watch list (监管台账) of one department: what must it watch now, what is new, and what waits for a signature?

Works without a script; with it, the list moves by itself. An officer of the department signs and assigns from it. No
address ever bears a name or a person's number.
"""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse, StreamingResponse

from events.database import raw
from projections.watch_list_filters import UNSIGNED_CAP, Standing
from services.pages.last_visit import LastVisit
from services.pages.visiting import Visit, Visiting
from services.people_register import officers_at
from services.supervision.asked import Asked
from services.supervision.listed_pushes import news_of, signings
from services.supervision.matters import matter_names
from services.supervision.office import Here, Office, name_of
from services.supervision.statistics import MEDIA_TYPE
from services.supervision.watch_list_answers import page_of
from services.supervision.watch_list_book import book_of, in_pieces
from services.supervision.wording import STANDINGS
from services.time_rules import read_time_rules

PAGE = 50
EXPIRY_CHOICES = (30, 60, 90, 180, 365)
routes = APIRouter()


@routes.get("/departments/{department}")
def watch_list(office: Here, visit: Visiting, department: str, asked: Annotated[Asked, Query()]) -> HTMLResponse:
    look = _last_look(office, visit, department)
    answer = visit.show("watch_list.html", **_list_facts(office, visit, department, asked, look))
    look.keep(answer)
    return answer


@routes.get("/departments/{department}/rows")
def rows(office: Here, visit: Visiting, department: str, asked: Annotated[Asked, Query()]) -> HTMLResponse:
    """Answer only what moves: the script puts it in the place of what stands there."""
    look = _last_look(office, visit, department)
    return visit.show("watch_list_rows.html", **_list_facts(office, visit, department, asked, look))


@routes.get("/departments/{department}/book")
def book(office: Here, department: str, asked: Annotated[Asked, Query()]) -> StreamingResponse:
    """Answer the list that the filters leave as a workbook (XLSX)."""
    made = book_of(office, department, asked)
    headers = {"Content-Disposition": 'attachment; filename="watch-list.xlsx"'}
    return StreamingResponse(in_pieces(made), media_type=MEDIA_TYPE, headers=headers)


def _last_look(office: Office, visit: Visit, department: str) -> LastVisit:
    return LastVisit.of(visit, f"list-{department}", office.now())


def _list_facts(office: Office, visit: Visit, department: str, asked: Asked, look: LastVisit) -> dict[str, Any]:
    acts = visit.may("POST /receipts/steps") and visit.seat is not None and visit.seat.body == department
    with office.engine.connect() as connection:
        name = name_of(connection, department)
        page = page_of(connection, department, asked, office.today, PAGE)
        calendar = read_time_rules(raw(connection)).calendar
        signing = signings(connection, department, [row.permit for row in page.rows], office.today, calendar)
        news = news_of(connection, department, look.news_since, office.today)
        matters = matter_names(connection)
        own = matter_names(connection, department)
        officers = officers_at(raw(connection), department, office.today) if acts else {}
    chosen = _chosen(asked)
    here = f"/departments/{department}"
    return {
        "as_of": page.as_of,
        "department": department,
        "name": name,
        "page": page,
        "asked": asked,
        "by_expiry": asked.filters().by_expiry,
        "filtered": bool(chosen),
        "query": urlencode(chosen),
        "here": f"{here}?{urlencode(chosen)}" if chosen else here,
        "following": urlencode({**chosen, "cursor": page.next_cursor}) if page.next_cursor else None,
        "everything": urlencode({"status": Standing.ALL.value}),
        "matters": matters,
        "own_matters": own,
        "standings": STANDINGS,
        "expiry_choices": EXPIRY_CHOICES,
        "signing": signing,
        "since": look.news_since,
        "looked": look.since is not None,
        "news": news,
        "unsigned_cap": UNSIGNED_CAP,
        "changed": f"{here}?{urlencode({'status': Standing.ALL.value, 'changed_since': look.news_since.isoformat()})}",
        "unsigned": f"{here}?{urlencode({'status': Standing.ALL.value, 'unsigned': 'true'})}",
        "acts": acts,
        "may_tick": acts and any(one.open for one in signing.values()),
        "officers": officers,
    }


def _chosen(asked: Asked) -> dict[str, str]:
    """Return the filters that differ from none, as they stand in an address."""
    said = asked.model_dump(mode="json", exclude={"cursor"}, exclude_none=True)
    if asked.status is Standing.VALID:
        del said["status"]
    return {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in said.items()}
