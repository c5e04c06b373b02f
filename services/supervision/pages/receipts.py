"""What was pushed to my department and how far is it (通知与回执); what came back from the approval side (办理结果)?"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from events.database import raw
from projections.task_receipts import receipts_of
from services.pages.last_visit import LastVisit
from services.pages.seats import Seat
from services.pages.visiting import Visit, Visiting
from services.supervision.case_questions import After, Which, case_as_json, cases_of, counts_of
from services.supervision.office import Here, Office, name_of
from services.supervision.permit_answers import after_of, cursor_spoiled, department_names
from services.supervision.task_receipt_answers import shown
from services.supervision.wording import CASE_TABS
from services.time_rules import read_time_rules

PAGE = 50
routes = APIRouter()


@routes.get("/receipts")
def receipts(
    office: Here, visit: Visiting, state: Which = Which.UNSIGNED, cursor: Annotated[str, Query(max_length=120)] = ""
) -> HTMLResponse:
    return visit.show("receipts.html", **_cases(office, visit.must_be(), state, cursor))


@routes.get("/receipts/rows")
def rows(
    office: Here, visit: Visiting, state: Which = Which.UNSIGNED, cursor: Annotated[str, Query(max_length=120)] = ""
) -> HTMLResponse:
    return visit.show("receipts_rows.html", **_cases(office, visit.must_be(), state, cursor))


def _cases(office: Office, seat: Seat, state: Which, cursor: str) -> dict[str, Any]:
    try:
        after = After.of(cursor) if cursor else None
    except ValueError:
        raise cursor_spoiled() from None
    with office.engine.connect() as connection:
        name, names = name_of(connection, seat.body), department_names(connection)
        calendar = read_time_rules(raw(connection)).calendar
        found, following = cases_of(connection, seat.body, state, office.today, calendar, after, PAGE)
        counts = counts_of(connection, seat.body, office.today, calendar)
    here = urlencode({"state": state.value})
    return {
        "name": name,
        "names": names,
        "department": seat.body,
        "state": state,
        "tabs": CASE_TABS,
        "counts": counts._asdict(),
        "cases": [case_as_json(row, calendar, office.today, names) for row in found],
        "query": urlencode({"state": state.value, "cursor": cursor}) if cursor else here,
        "cursor": cursor,
        "first_page": f"/receipts?{here}" if cursor else None,
        "following": f"/receipts?{urlencode({'state': state.value, 'cursor': following})}" if following else None,
    }


@routes.get("/receipts/results")
def results(office: Here, visit: Visiting, cursor: Annotated[str, Query(max_length=200)] = "") -> HTMLResponse:
    seat = visit.must_be()
    look = last_look(visit, seat.body, office.now())
    answer = visit.show("results.html", **_results(office, seat, look.news_since, cursor))
    look.keep(answer)
    return answer


@routes.get("/receipts/results/rows")
def results_rows(office: Here, visit: Visiting, cursor: Annotated[str, Query(max_length=200)] = "") -> HTMLResponse:
    seat = visit.must_be()
    since = last_look(visit, seat.body, office.now()).news_since
    return visit.show("results_rows.html", **_results(office, seat, since, cursor))


def last_look(visit: Visit, department: str, now: datetime) -> LastVisit:
    """Return when this browser looked at the results of a department."""
    return LastVisit.of(visit, f"results-{department}", now)


def _results(office: Office, seat: Seat, since: datetime, cursor: str) -> dict[str, Any]:
    with office.engine.connect() as connection:
        name = name_of(connection, seat.body)
        calendar = read_time_rules(raw(connection)).calendar
        counts = counts_of(connection, seat.body, office.today, calendar)
        found = receipts_of(raw(connection), seat.body, after_of(cursor), PAGE + 1)
    last = found[PAGE - 1] if len(found) > PAGE else None
    following = urlencode({"cursor": f"{last.opened_at.isoformat()}~{last.task}"}) if last else ""
    return {
        "name": name,
        "tabs": CASE_TABS,
        "counts": counts._asdict(),
        "state": None,
        "since": since,
        "receipts": [
            shown(one, office.today) | {"new": one.answered_at is not None and one.answered_at > since}
            for one in found[:PAGE]
        ],
        "cursor": cursor,
        "query": urlencode({"cursor": cursor}) if cursor else "",
        "first_page": "/receipts/results" if cursor else None,
        "following": f"/receipts/results?{following}" if following else None,
    }
