"""What has my department imposed (行政处罚), which permits does it touch, what did the desk do?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse
from sqlalchemy import Connection, text

from events.database import raw
from events.penalties import PenaltyFacts, PenaltyStatus
from projections import penalty_page
from services.pages.seats import Seat
from services.pages.visiting import Visit, Visiting
from services.supervision.office import Here, Office, name_of
from services.supervision.penalty import STATUS_WORDS
from services.supervision.penalty_history import happened_to, was_amended
from services.supervision.penalty_http import after_cursor, unknown_penalty
from services.supervision.permit_answers import department_names
from services.supervision.permit_questions import permits_in_words
from services.supervision.task_receipt_answers import shown_about
from services.time_rules import read_time_rules
from services.working_days import Calendar, Light, light

PAGE = 50
State = Annotated[str, Query(pattern="^(in_force|repaired|annulled)?$")]
Cursor = Annotated[str, Query(max_length=100)]
Receipts = Sequence[Mapping[str, Any]]
routes = APIRouter()


@routes.get("/penalties")
def all_penalties(office: Here, visit: Visiting, state: State = "", cursor: Cursor = "") -> HTMLResponse:
    """The department's own, the newest first."""
    return visit.show("penalties.html", **_listed(office, visit.must_be(), state, cursor))


@routes.get("/penalties/rows")
def rows(office: Here, visit: Visiting, state: State = "", cursor: Cursor = "") -> HTMLResponse:
    """Answer only what moves."""
    return visit.show("penalties_rows.html", **_listed(office, visit.must_be(), state, cursor))


def _listed(office: Office, seat: Seat, state: str, cursor: str) -> dict[str, Any]:
    wanted = penalty_page.Wanted(department=seat.body, status=state or None)
    with office.engine.connect() as connection:
        found, following = penalty_page.penalties(connection, wanted, after_cursor(cursor or None), PAGE)
        which = [row.penalty for row in found]
        happened = happened_to(raw(connection), which)
        receipts = told_about(connection, which, office.today)
        name, waiting = name_of(connection, seat.body), waiting_count(connection, seat.body)
    chosen = {"state": state} if state else {}
    return {
        "name": name,
        "waiting": waiting,
        "rows": found,
        "amended": {penalty for penalty, events in happened.items() if was_amended(events)},
        "tasks": {penalty: in_brief(told) for penalty, told in receipts.items()},
        "statuses": STATUS_WORDS,
        "state": state,
        "cursor": cursor,
        "query": urlencode(chosen | ({"cursor": cursor} if cursor else {})),
        "first_page": f"/penalties?{urlencode(chosen)}" if cursor else None,
        "following": f"/penalties?{urlencode(chosen | {'cursor': following.written()})}" if following else None,
    }


def waiting_count(connection: Connection, department: str | None) -> int:
    """Return how many penalties seek a permit; those of one department, or of all."""
    counted = "SELECT count(*) FROM penalty_queue WHERE department = :department OR cast(:department AS text) IS NULL"
    return int(connection.scalar(text(counted), {"department": department}) or 0)


def told_about(connection: Connection, penalties: Iterable[UUID], today: date) -> Mapping[UUID, Receipts]:
    """Return the approval side's tasks about each of ``penalties``; an open one with its light."""
    calendar = read_time_rules(raw(connection)).calendar
    found = shown_about(raw(connection), penalties, today)
    return {penalty: [_lit(one, calendar, today) for one in told] for penalty, told in found.items()}


def _lit(receipt: Mapping[str, Any], calendar: Calendar, today: date) -> Mapping[str, Any]:
    if receipt["state"] != "open":
        return {**receipt, "light": None}
    shows = light(date.fromisoformat(receipt["opened_on"]), date.fromisoformat(receipt["due"]), today, calendar)
    return {**receipt, "light": shows.value, "light_in_words": shows.words}


def in_brief(receipts: Receipts) -> dict[str, Any]:
    """Return the worst light among the open tasks and when the first of them is due; and how the others ended."""
    waiting = [one for one in receipts if one["light"]]
    order = list(Light)
    worst = max((Light(one["light"]) for one in waiting), key=order.index, default=None)
    ended = [one["outcome_in_words"] if one["state"] == "answered" else one["state_in_words"] for one in receipts]
    return {
        "open": len(waiting),
        "light": worst,
        "due": min((one["due"] for one in waiting), default=""),
        "ended": {words: ended.count(words) for words, one in zip(ended, receipts, strict=True) if not one["light"]},
    }


@routes.get("/penalties/{penalty}")
def one_penalty(office: Here, visit: Visiting, penalty: UUID) -> HTMLResponse:
    return visit.show("penalty.html", **_shown(office, visit, penalty))


@routes.get("/penalties/{penalty}/now")
def penalty_now(office: Here, visit: Visiting, penalty: UUID) -> HTMLResponse:
    """Answer only what moves."""
    return visit.show("penalty_now.html", **_shown(office, visit, penalty))


def _shown(office: Office, visit: Visit, penalty: UUID) -> dict[str, Any]:
    seat = visit.must_be()
    with office.engine.connect() as connection:
        row = penalty_page.penalty(connection, penalty)
        if row is None:
            raise unknown_penalty()
        facts = PenaltyFacts.model_validate(row.facts)
        happened = happened_to(raw(connection), [penalty])[penalty]
        receipts = told_about(connection, [penalty], office.today).get(penalty, [])
        candidates = row.waiting["candidates"] if row.waiting else []
        permits = permits_in_words(connection, [UUID(one["permit"]) for one in (*row.permits, *candidates)])
        names = department_names(connection)
    return {
        "penalty": penalty,
        "row": row,
        "facts": facts,
        "status_words": STATUS_WORDS[PenaltyStatus(row.status)],
        "amended": was_amended(happened),
        "happened": happened,
        "receipts": receipts,
        "permits": {str(permit): called for permit, called in permits.items()},
        "names": names,
        "own": visit.may("POST /penalties/{penalty}/annulment") and seat.body == facts.department,
    }
