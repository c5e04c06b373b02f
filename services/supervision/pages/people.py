"""Who is responsible for what (人员): officers with duties, deputies, leaves and open items; what nobody holds by name.

A name stands on the page and in no address. The coordinator records leaves and departures and moves items; an officer
reads about their own department.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Path, Query
from fastapi.responses import HTMLResponse

from events.database import raw
from services.holding import wants_somebody
from services.limits import EVERY_MATTER
from services.officer_http import refused_by
from services.officers_shown import gaps_of, listed_officers, unassigned_as_json
from services.open_deadlines import Standing
from services.pages.visiting import Visiting
from services.people import UNKNOWN_OFFICER
from services.refusing import Refused
from services.supervision.matters import matter_names
from services.supervision.office import Here, Office
from services.supervision.permit_answers import department_names
from services.supervision.permit_questions import permits_in_words

PAGE = 50
Number = Annotated[str, Path(max_length=40)]
routes = APIRouter()


@routes.get("/people")
def people(
    office: Here,
    visit: Visiting,
    department: Annotated[str, Query(max_length=64)] = "",
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
) -> HTMLResponse:
    seat = visit.must_be()
    department = seat.body or department
    everybody, every, as_of = _officers(office, department)
    open_ones = [(one.item, one.held) for one in every if wants_somebody(one.held)]
    waiting = unassigned_as_json(one for one in open_ones if department in ("", one[0].owner))
    waiting.sort(key=lambda one: (one["due_on"], one["item"]))
    with office.engine.connect() as connection:
        shown = waiting[:PAGE]
        permits = permits_in_words(connection, [UUID(one["permit"]) for one in shown if one["permit"]])
        gaps = gaps_of(raw(connection), "supervision", office.whereabouts, office.today)
        names, matters = department_names(connection), matter_names(connection)
    begin = (page - 1) * PAGE
    here = {"department": department} if department and not seat.body else {}
    return visit.show(
        "people.html",
        as_of=as_of,
        department=department,
        officers=everybody[begin : begin + PAGE],
        states=Counter(one["state"] for one in everybody),
        waiting=shown,
        waiting_count=len(waiting),
        permits={str(permit): called for permit, called in permits.items()},
        gaps=[code for code in gaps if department in ("", code)],
        names=names,
        matters=matters,
        every_matter=EVERY_MATTER,
        choice=_choice(everybody, names),
        may_change=visit.may("POST /people/{officer}/leaves"),
        departments=sorted({one["department"] for one in everybody} | set(names)) if not seat.body else [],
        here=_address(here),
        first=_address(here) if page > 1 else None,
        following=_address(here | {"page": page + 1}) if begin + PAGE < len(everybody) else None,
    )


@routes.get("/people/{officer}")
def one_officer(office: Here, visit: Visiting, officer: Number) -> HTMLResponse:
    """Show one officer with what they hold, and the forms that change it."""
    seat = visit.must_be()
    everybody, every, as_of = _officers(office, seat.body)
    one = next((each for each in everybody if each["officer"] == officer), None)
    if one is None:
        raise refused_by(Refused(UNKNOWN_OFFICER))
    held = [each for each in every if each.officer == officer]
    with office.engine.connect() as connection:
        permits = permits_in_words(connection, [each.item.about for each in held[:PAGE] if each.item.about])
        names, matters = department_names(connection), matter_names(connection)
    return visit.show(
        "officer.html",
        as_of=as_of,
        one=one,
        held=[each.as_json() for each in held[:PAGE]],
        held_count=len(held),
        permits={str(permit): called for permit, called in permits.items()},
        names=names,
        matters=matters,
        every_matter=EVERY_MATTER,
        choice=_choice([each for each in everybody if each["officer"] != officer], names),
        may_change=visit.may("POST /people/{officer}/leaves"),
        back="/people" if seat.body else _address({"department": one["department"]}),
    )


def _officers(office: Office, department: str) -> tuple[list[dict[str, Any]], Sequence[Standing], datetime]:
    """Return the officers of a department, of all of them without one, those who have left last; everything that is
    open; and as of when."""
    every, as_of = office.standings()
    held = Counter(one.officer for one in every)
    with office.engine.connect() as connection:
        found = listed_officers(raw(connection), office.whereabouts, office.today, held, department or None)
    found.sort(key=lambda one: (one["state"] == "departed", one["department"], one["officer"]))
    return found, every, as_of


def _choice(officers: list[dict[str, Any]], names: dict[str, str]) -> dict[str, list[dict[str, Any]]]:
    """Return to whom something can be given, by the name of their department."""
    found: dict[str, list[dict[str, Any]]] = {}
    for one in officers:
        if one["state"] != "departed":
            found.setdefault(names.get(one["department"]) or one["department"], []).append(one)
    return found


def _address(asked: dict[str, Any]) -> str:
    return f"/people?{urlencode(asked)}" if asked else "/people"
