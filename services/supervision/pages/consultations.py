"""What is argued about, who has not said what they think, and what was ruled (会商)?"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from events.database import raw
from events.limits import LimitKind
from projections.oversight import Consultation
from services.open_deadlines import open_standings
from services.pages.seats import Seat
from services.pages.visiting import Visiting
from services.supervision.case_questions import consultations
from services.supervision.consultation_http import found_consultation, oversight_here, returns_of
from services.supervision.matters import matter_names
from services.supervision.office import Here, Office
from services.supervision.oversight import MOVES_BEFORE_RULING
from services.supervision.permit_answers import department_names, unknown_permit
from services.supervision.permit_questions import body_names, permits_in_words
from services.time_rules import read_time_rules
from services.working_days import china_day, light

AT_MOST = 200
routes = APIRouter()


class Which(StrEnum):
    """Those that wait for a ruling, or those that were ruled."""

    OPEN = "open"
    RULED = "ruled"


WHICH = {Which.OPEN: "待裁定", Which.RULED: "已裁定"}
State = Annotated[Which, Query()]


@routes.get("/consultations")
def all_consultations(office: Here, visit: Visiting, state: State = Which.OPEN) -> HTMLResponse:
    return visit.show("consultations.html", **_listed(office, state))


@routes.get("/consultations/rows")
def rows(office: Here, visit: Visiting, state: State = Which.OPEN) -> HTMLResponse:
    """Answer only what moves."""
    return visit.show("consultation_rows.html", **_listed(office, state))


def _listed(office: Office, state: Which) -> dict[str, Any]:
    with office.engine.connect() as connection:
        found = consultations(connection, still_open=state is Which.OPEN, limit=AT_MOST)
        return {
            "state": state,
            "which": WHICH,
            "rows": found,
            "most": AT_MOST,
            "due": rulings_due(office) if state is Which.OPEN else {},
            "names": body_names(connection),
            "matters": matter_names(connection),
            "permits": permits_in_words(connection, [row.permit for row in found]),
        }


def rulings_due(office: Office) -> dict[UUID, dict[str, Any]]:
    """Return by permit until when the coordinator owes a ruling on the open consultation, with its light."""
    with office.engine.connect() as connection:
        found = open_standings(raw(connection), office.open_items, office.today, of={LimitKind.RULING})
    return {one.item.about: one.as_json() for one in found if one.item.about}


@routes.get("/consultations/{permit}/{number}")
def one_consultation(office: Here, visit: Visiting, permit: UUID, number: int) -> HTMLResponse:
    state, found, names = found_consultation(office, permit, number)
    assert state.decided is not None
    opened, facts = found.opened, state.decided.facts
    silent = _silent(found)
    with office.engine.connect() as connection:
        calendar = read_time_rules(raw(connection)).calendar
        matters = matter_names(connection)
        departments = department_names(connection)
    return visit.show(
        "consultation.html",
        permit=permit,
        number=number,
        facts=facts,
        found=found,
        names=names,
        matter=matters.get(facts.matter_code) or facts.matter_code,
        departments=departments,
        responsible=list(state.departments),
        returns=returns_of(state, found.ruled_at),
        silent=silent,
        light=light(china_day(found.opened_at), opened.opinions_due.on, office.today, calendar),
        ruling_due=rulings_due(office).get(permit) if found.ruling is None else None,
        may_rule=found.ruling is None and visit.may("POST /consultations/{permit}/{number}/ruling"),
        speaks_for=speakers(visit.seat, opened.parties)
        if found.ruling is None and visit.may("POST /consultations/{permit}/{number}/opinions")
        else [],
    )


@routes.get("/consultations/{permit}/{number}/opinions", name="rows")
def opinions(office: Here, visit: Visiting, permit: UUID, number: int) -> HTMLResponse:
    """Answer only what moves."""
    _, found, names = found_consultation(office, permit, number)
    return visit.show("consultation_opinions.html", found=found, names=names, silent=_silent(found))


def _silent(found: Consultation) -> list[str]:
    answered = {said.body for said, _ in found.opinions}
    return [code for code in found.opened.parties if code not in answered]


def speakers(seat: Seat | None, asked: tuple[str, ...]) -> list[str]:
    """Return for whom a reader who may give opinions gives them: an officer for their own body, the coordinator for any
    that was asked and said it in writing."""
    return [body for body in asked if seat is not None and (not seat.role.of_a_body or seat.body == body)]


@routes.get("/permits/{permit}/responsibility")
def responsibility_of(office: Here, visit: Visiting, permit: UUID) -> HTMLResponse:
    """Show who has a permit, to hand it on or to open a consultation by hand."""
    state, names = oversight_here(office, permit)
    if state.decided is None:
        raise unknown_permit()
    facts = state.decided.facts
    with office.engine.connect() as connection:
        matters = matter_names(connection)
        departments = department_names(connection)
    return visit.show(
        "responsibility.html",
        permit=permit,
        facts=facts,
        state=state,
        names=names,
        departments=departments,
        needs_ruling=state.moves >= MOVES_BEFORE_RULING,
        matter=matters.get(facts.matter_code) or facts.matter_code,
    )
