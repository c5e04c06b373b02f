"""Officers over HTTP, alike on both sides: who is there, leaves, departures, appointments, and who holds an item.

A staff number may stand in an address; a name, or how somebody is reached, never does, and no answer says the latter.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Any, Protocol
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import JSONResponse, Response
from sqlalchemy import Engine

from events.database import raw
from events.people import OfficerAppointed
from services import people
from services.access.rows import decide_on_all
from services.assigning import Assignment, assign_item
from services.deadlines import ITEM_UNKNOWN
from services.handing_in import AskedBy
from services.holders import history_of
from services.holding import AWAY
from services.interface import problems
from services.officer_file import fault_of
from services.officer_stated import StatedAppointment, StatedDeparture, StatedLeave, StatedOfficer
from services.officers_shown import officers_of, unassigned_of
from services.people import UNKNOWN_OFFICER
from services.people_register import Whereabouts, appoint_one, enrol, say
from services.problems import Problem
from services.refusing import SAME_KEY_OTHER_CONTENT, Refused, Rule
from services.scheduling import OpenItems
from services.working_days import china_day


class Staffed(Protocol):
    """The office of either side, as far as officers are concerned."""

    @property
    def engine(self) -> Engine: ...
    @property
    def open_items(self) -> Sequence[OpenItems]: ...
    @property
    def whereabouts(self) -> Whereabouts: ...
    @property
    def now(self) -> Callable[[], datetime]: ...


def _office(request: Request) -> Staffed:
    office: Staffed = request.app.state.office
    return office


Here = Annotated[Staffed, Depends(_office)]
Number = Annotated[str, Path(max_length=40, description="工号。")]
Item = Annotated[UUID, Path(description="事项编号，期限列表中的 item。")]


def refused_by(refused: Refused) -> Problem:
    """Return the problem of what a rule does not allow: 404 for an officer or an item that there is not."""
    status = 404 if refused.rule in (UNKNOWN_OFFICER, ITEM_UNKNOWN) else 422
    return Problem(status, refused.rule.code, "未予受理", refused.text, refused.rule.repair)


def _by(*rules: Rule) -> tuple[Problem, ...]:
    return tuple(refused_by(Refused(rule)) for rule in rules)


def officer_routes(side: str) -> APIRouter:
    """Return the routes of one side; what they record is recorded as said by it."""
    routes = APIRouter(prefix="/api/v1")

    @routes.get("/officers", operation_id="listOfficers", summary="经办人员", responses=problems())
    def list_officers(
        office: Here,
        department: Annotated[str | None, Query(max_length=64, description="部门代码；省略则为全部。")] = None,
    ) -> dict[str, Any]:
        """Return who is there, away or gone, what each is appointed to, and how many open items each holds."""
        with office.engine.connect() as connection:
            today = china_day(office.now())
            found = officers_of(raw(connection), office.open_items, office.whereabouts, today, department)
        return {"officers": found, "count": len(found)}

    @routes.get("/officers/unassigned", operation_id="listUnassigned", summary="无人经办的事项", responses=problems())
    def list_unassigned(office: Here) -> dict[str, Any]:
        """Return what is open and held by nobody, or only for want of a better one, with its superior."""
        with office.engine.connect() as connection:
            found = unassigned_of(raw(connection), office.open_items)
        return {"items": found, "count": len(found)}

    @routes.post(
        "/officers", operation_id="registerOfficer", summary="登记经办人员", status_code=201, responses=problems()
    )
    def register_officer(office: Here, form: StatedOfficer) -> dict[str, Any]:
        """Register an officer, or say another department, name or address of one."""
        entry = form.enrolment()
        if (wrong := fault_of(entry)) is not None:
            raise Problem(422, wrong[1].code, "未予受理", wrong[1].reason, wrong[1].repair, field=wrong[0])
        with office.engine.begin() as transaction:
            decide_on_all(raw(transaction))  # an officer may come from another department
            taken = enrol(raw(transaction), side, [entry], form.by, office.now())
        return {"officer": entry.number, "recorded": taken.recorded}

    @routes.post(
        "/officers/{officer}/leaves", operation_id="recordLeave", summary="登记请假", status_code=201,
        responses=problems(*_by(UNKNOWN_OFFICER, people.DEPARTED, people.LAST_FIRST, people.LEAVES_OVERLAP)),
    )  # fmt: skip
    def record_leave(office: Here, officer: Number, form: StatedLeave) -> dict[str, Any]:
        """Record a leave, or another last day of the one with the same first day; without a last day, take it back."""
        return _said(office, officer, lambda known: form.decide(officer, known))

    @routes.post(
        "/officers/{officer}/departure", operation_id="recordDeparture", summary="登记离岗", status_code=201,
        responses=problems(*_by(UNKNOWN_OFFICER, people.DEPARTED, people.OWN_SUCCESSOR)),
    )  # fmt: skip
    def record_departure(office: Here, officer: Number, form: StatedDeparture) -> dict[str, Any]:
        """Record a departure: open items move to the successor, the deputy, or the department's officer."""
        return _said(office, officer, lambda known: form.decide(officer, known))

    @routes.post(
        "/appointments", operation_id="appointOfficer", summary="指定职责负责人", status_code=201,
        responses=problems(*_by(UNKNOWN_OFFICER, people.OTHER_DEPARTMENT, people.APPOINTED_TWICE, people.OWN_DEPUTY)),
    )  # fmt: skip
    def appoint(office: Here, form: StatedAppointment) -> dict[str, Any]:
        """Say who does what a duty asks of a department, and who stands in."""
        try:
            with office.engine.begin() as transaction:
                said = OfficerAppointed(**form.model_dump())
                return {"recorded": int(appoint_one(raw(transaction), side, said, office.now()))}
        except Refused as refused:
            raise refused_by(refused) from None

    @routes.get("/deadlines/{item}/holders", operation_id="listHolders", summary="经办经过", responses=problems())
    def list_holders(office: Here, item: Item) -> dict[str, Any]:
        """Return everybody who held an item, the first one first, and why."""
        with office.engine.connect() as connection:
            return {"item": str(item), "holders": history_of(raw(connection), side, item)}

    @routes.post(
        "/deadlines/{item}/assignment", operation_id="assignItem", summary="人工指派", status_code=201,
        responses=problems(*_by(ITEM_UNKNOWN, UNKNOWN_OFFICER, AWAY, people.OTHER_DEPARTMENT, SAME_KEY_OTHER_CONTENT)),
        response_class=JSONResponse,
    )  # fmt: skip
    def assign(office: Here, item: Item, form: Assignment, by: AskedBy) -> Response:
        """Give an open item to an officer of its department or of its superior; later appointments leave it so."""
        name = (by.caller, by.key)
        try:
            answer = assign_item(
                office.engine, side, office.open_items, office.whereabouts, item, form, office.now(), name
            )
        except Refused as refused:
            raise refused_by(refused) from None
        return JSONResponse(answer, 201)

    def _said(office: Staffed, officer: str, decide: Callable[[people.People], people.OfOfficer]) -> dict[str, Any]:
        try:
            with office.engine.begin() as transaction:
                said = say(raw(transaction), side, officer, decide, office.now())
        except Refused as refused:
            raise refused_by(refused) from None
        return said.model_dump(mode="json")

    return routes
