"""What the coordinator records about officers: a leave, a departure, items that go to somebody else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form
from fastapi.responses import Response
from sqlalchemy import Connection

from events.database import raw
from services.handing_in import refusal
from services.handled_once import handled_once
from services.officer_http import refused_by
from services.officer_stated import StatedDeparture, StatedLeave
from services.pages.act_keys import BY_PAGE, act_key
from services.pages.visiting import Visiting, own_address
from services.people import OfOfficer, People
from services.people_register import say
from services.refusing import Refused
from services.stating import stated
from services.supervision.office import Here, Office
from services.supervision.pages.assignments import assigned, nothing_chosen, told
from services.supervision.pages.people import Number

Key = Annotated[str, Form(max_length=100)]
Text = Annotated[str, Form(max_length=2000)]
routes = APIRouter()


@routes.post("/people/assignments")
def move_items(
    office: Here,
    visit: Visiting,
    to: Annotated[str, Form()],
    key: Key,
    item: Annotated[Sequence[UUID], Form()] = (),
    officer: Annotated[str, Form(max_length=40)] = "",
    why: Text = "",
) -> Response:
    """Give each ``item`` to ``officer``, of its department or of its superior."""
    seat = visit.must_be()
    if not item:
        raise nothing_chosen()
    answers = assigned(office, item, {"officer": officer, "by": seat.staff, "reason": why}, key)
    return visit.done(own_address(to), told(officer, answers, [None] * len(answers)))


@routes.post("/people/{officer}/leaves")
def record_leave(
    office: Here,
    visit: Visiting,
    officer: Number,
    key: Key,
    first: Annotated[str, Form()],
    last: Annotated[str, Form()] = "",
    back: Annotated[bool, Form()] = False,
) -> Response:
    """Record a leave, or another last day of the one with the same first day; ``back`` takes it back."""
    seat = visit.must_be()
    said = {"first": first, "by": seat.staff} | ({} if back else {"last": last})
    form = stated(StatedLeave, said)
    if isinstance(form, dict):
        raise refusal(form)
    _say(office, officer, key, form.model_dump(mode="json"), lambda known: form.decide(officer, known))
    return visit.done(f"/people/{officer}", "已撤回请假" if back else "已登记请假，期间事项由代理人代办，假满收回")


@routes.post("/people/{officer}/departure")
def record_departure(
    office: Here,
    visit: Visiting,
    officer: Number,
    key: Key,
    departed_from: Annotated[str, Form()],
    reason: Text,
    successor: Annotated[str, Form(max_length=40)] = "",
) -> Response:
    seat = visit.must_be()
    said = {"departed_from": departed_from, "successor": successor or None, "by": seat.staff, "reason": reason}
    form = stated(StatedDeparture, said)
    if isinstance(form, dict):
        raise refusal(form)
    _say(office, officer, key, form.model_dump(mode="json"), lambda known: form.decide(officer, known))
    return visit.done(f"/people/{officer}", f"已登记离岗，自 {form.departed_from} 起；未办结的事项随之转给接任人")


def _say(office: Office, officer: str, key: str, said: Any, decide: Callable[[People], OfOfficer]) -> None:
    """Record what is said of an officer, once however often the form is sent, or raise the problem why not."""

    def attempt(transaction: Connection) -> dict[str, Any]:
        return say(raw(transaction), "supervision", officer, decide, office.now()).model_dump(mode="json")

    about = {"officer": officer, "said": said}
    try:
        handled_once(office.engine, (BY_PAGE, act_key(key, about)), about, attempt)
    except Refused as refused:
        raise refused_by(refused) from None
