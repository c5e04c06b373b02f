"""One permit on the approval side: what holds, what was decided, who was told and how far each is; and the notice
(告知单) of a decision, to be printed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from events.approval import Decided
from events.database import raw
from events.envelope import Record
from projections.consultations_told import of_permit
from projections.duty_names import names_of
from projections.passed_over_told import PassedOverTold, passed_over_of_each
from projections.told import Reached, Step, Waits, reached, steps_of, told_of, waiting_of
from services.approval.http import Here, Office
from services.approval.http_described import unknown_permit
from services.approval.naming_persons import said_in
from services.pages.checking import printed
from services.pages.visiting import Visiting
from services.sheet_numbers import SheetKind, sheet_number

routes = APIRouter()


@dataclass(frozen=True, slots=True)
class Happened:
    """A decision, with who was told of it and what they did, in order."""

    version: int
    type: str
    recorded_at: datetime
    numbered: bool
    record: Record
    said: Decided
    reached: list[Reached]
    waits: Waits | None
    passed_over: PassedOverTold | None


def history_of(office: Office, permit: UUID) -> dict[str, Any]:
    """Return what a page shows of a permit, or raise the problem that there is none."""
    with office.engine.connect() as reading:
        connection = raw(reading)
        state, records = office.desk.permit(connection, permit)
        if not records:
            raise unknown_permit()
        told, waits, steps = told_of(connection, permit), waiting_of(connection, permit), steps_of(connection, permit)
        passed = passed_over_of_each(connection, [permit])[permit]
        happened = [
            Happened(
                record.version, record.type, record.recorded_at, record.position > 0, record, said_in(record),
                reached(told.get(record.version, ()), steps), waits.get(record.version),
                passed.get(record.version),
            )
            for record in records
        ]  # fmt: skip
        facts = (state.now or happened[-1].said).facts
        codes = {facts.matter_code, *(one.department for h in happened for one in h.reached)}
        names = names_of(connection, codes | {step.department for step in steps})
        consultations = of_permit(connection, permit)
    return {
        "permit": permit,
        "facts": facts,
        "stands": state.now.status.value if state.now else "retracted",
        "flagged": state.flagged,
        "happened": happened,
        "steps": _of_pushes(steps),
        "consultations": consultations,
        "names": names,
        "matter": names.get(facts.matter_code, ""),
    }


def _of_pushes(steps: list[Step]) -> list[Step]:
    return [step for step in steps if step.push_version is not None]


@routes.get("/permits/{permit}")
def one_permit(office: Here, visit: Visiting, permit: UUID) -> HTMLResponse:
    seat = visit.must_be()
    return visit.show("permit.html", **history_of(office, permit), own_body=seat.body)


@routes.get("/permits/{permit}/now")
def permit_now(office: Here, visit: Visiting, permit: UUID) -> HTMLResponse:
    """Answer only what moves: the script puts it in the place of what stands there."""
    visit.must_be()
    return visit.show("permit_now.html", **history_of(office, permit))


@routes.get("/permits/{permit}/notices/{version}")
def notice(office: Here, visit: Visiting, permit: UUID, version: int) -> HTMLResponse:
    """Show the notice of one decision as a printed sheet."""
    visit.must_be()
    found = history_of(office, permit)
    told = next((one for one in found["happened"] if one.version == version), None)
    if told is None:
        raise unknown_permit()
    return visit.show(
        "notice.html",
        **found,
        told=told,
        sheet_number=sheet_number(SheetKind.NOTICE, permit, version),
        **printed(visit, told.record),
    )
