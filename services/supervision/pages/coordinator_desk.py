"""The desk of the coordinator (工作台): what waits for a ruling or a department, what is late, what changes soon."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse
from sqlalchemy import text

from events.limits import LimitKind
from services.open_deadlines import Standing
from services.pages.visiting import Visit, Visiting
from services.supervision.case_questions import consultations
from services.supervision.duty_questions import Holding, listed_duties
from services.supervision.matters import matter_names
from services.supervision.office import Here, Office
from services.supervision.permit_answers import EXCEPTIONS_CAP, exceptions_count
from services.supervision.permit_questions import body_names, permits_in_words
from services.working_days import Light

LISTED = 20
WAITING = 5
"""How many lines the to-do list has at most, and how many of decisions without a department; the rest are one click
away."""
CONSULTATIONS = 200
routes = APIRouter()


def coordinators_desk(office: Office, visit: Visit) -> HTMLResponse:
    return visit.show("coordinator_desk.html", **_work(office, visit))


@routes.get("/desk/coordination", name="rows")
def coordination(office: Here, visit: Visiting) -> HTMLResponse:
    """Answer only what moves."""
    return visit.show("coordinator_work.html", **_work(office, visit))


def _work(office: Office, visit: Visit) -> dict[str, Any]:
    every, as_of = office.standings()
    lit = [(one, one.worst) for one in every]
    with office.engine.connect() as connection:
        argued = consultations(connection, still_open=True, limit=CONSULTATIONS)
        todo = _todo(lit)
        _, to_come = listed_duties(connection, Holding.TO_COME, office.today, limit=1)
        return {
            "as_of": as_of,
            "todo": [one.as_json() for one in todo],
            "argued": len(argued),
            "argued_late": sum(one.item.kind is LimitKind.RULING and light is Light.RED for one, light in lit),
            "late": sum(light is Light.RED for _, light in lit),
            "waiting": min(exceptions_count(connection), EXCEPTIONS_CAP),
            "unmatched": connection.scalar(text("SELECT count(*) FROM penalty_queue")),
            "to_come": to_come,
            "numbers": {str(row.permit): row.number for row in argued},
            "permits": _called(permits_in_words(connection, [one.item.about for one in todo if one.item.about])),
            "matters": matter_names(connection),
            "names": body_names(connection),
        }


def _todo(lit: Sequence[tuple[Standing, Light]]) -> list[Standing]:
    """Return what is first to be done: rulings and what is late; of the many decisions without a department a few, so
    that they hide nothing else."""
    waiting = [one for one, light in lit if _seeks_department(one)][:WAITING]
    others = [
        one
        for one, light in lit
        if not _seeks_department(one) and (light is Light.RED or one.item.kind is LimitKind.RULING)
    ]
    return sorted([*others[:LISTED], *waiting], key=lambda one: (one.due_on, one.item.id))


def _seeks_department(one: Standing) -> bool:
    """Tell whether it is a decision for which the coordinator must find a department."""
    return one.item.kind is LimitKind.EXCEPTION and one.item.owner == one.item.superior


def _called(permits: dict[Any, Any]) -> dict[str, Any]:
    return {str(permit): row for permit, row in permits.items()}
