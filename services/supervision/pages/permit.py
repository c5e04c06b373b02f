"""One permit: what holds now, what was decided, how far each push is, who was responsible on a day, what was found."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import HTMLResponse
from pydantic import BeforeValidator
from sqlalchemy import Connection

from events.database import raw
from projections.findings import findings
from projections.penalty_page import Wanted, penalties
from services.pages.visiting import Visit, Visiting
from services.supervision.case_questions import case_as_json, cases_of_permit
from services.supervision.matters import matter_names
from services.supervision.office import Here, Office
from services.supervision.pages.finding_forms import for_permit, goes_on
from services.supervision.penalty import STATUS_WORDS
from services.supervision.permit_answers import department_names, found_history
from services.supervision.permit_history import History
from services.supervision.responsibility_answers import responsibility
from services.time_rules import read_time_rules

SHOWN = 20
"""How many findings and how many penalties; all of them are on the page of the party."""
Day = Annotated[date | None, BeforeValidator(lambda given: given or None)]
routes = APIRouter()


@routes.get("/permits/{permit}")
def one_permit(office: Here, visit: Visiting, permit: UUID, on: Day = None, known_on: Day = None) -> HTMLResponse:
    """``on``, ``known_on``: who was responsible on that day, by what was recorded up to that other day."""
    with office.engine.connect() as connection:
        history = found_history(connection, permit)
        names, matters = department_names(connection), matter_names(connection)
        cases = _cases(connection, office, permit, names)
        found, _ = findings(connection, {"permit": permit}, None, SHOWN)
        imposed, _ = penalties(connection, Wanted(permit=permit), None, SHOWN)
        day = {"on": on or office.today, "known_on": known_on or office.today}
        who = responsibility(raw(connection), permit, day["on"], day["known_on"], names)
    facts = history.now.facts
    return visit.show(
        "permit.html",
        history=history,
        facts=facts,
        expired=history.expired(office.today),
        matter=matters.get(facts.matter_code, ""),
        names=names,
        permit=permit,
        life={(case["push_version"], case["department"]): case for case in cases},
        own=_own(visit, cases),
        findings=found,
        penalties=imposed,
        penalty_states=STATUS_WORDS,
        forms=_forms(visit, history),
        watches=_watches(visit, history),
        goes_on=goes_on,
        day=day,
        asked=on is not None or known_on is not None,
        who=who,
    )


def _cases(connection: Connection, office: Office, permit: UUID, names: dict[str, str]) -> list[dict[str, Any]]:
    calendar = read_time_rules(raw(connection)).calendar
    return [case_as_json(row, calendar, office.today, names) for row in cases_of_permit(connection, permit)]


def _own(visit: Visit, cases: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the pushes that the reader's department can do something about, the newest first."""
    if not visit.may("POST /receipts/steps"):
        return []
    body = visit.seat.body if visit.seat else ""
    return [case for case in reversed(cases) if case["department"] == body and case["state"] not in ("closed", "moved")]


def _forms(visit: Visit, history: History) -> dict[str, str]:
    """Return what the reader may record about the permit: name of the form and its title."""
    if not visit.may("POST /permits/{permit}/findings/{form}"):
        return {}
    return for_permit(watches=_watches(visit, history), on_promise=history.now.facts.commitment)


def _watches(visit: Visit, history: History) -> bool:
    may = visit.may("GET /permits/{permit}/personal")
    return may and visit.seat is not None and visit.seat.body in history.responsible()
