"""Ticked pushes are given to an officer by name (指派), from any page: each with its own outcome."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form
from fastapi.responses import Response

from services.assigning import Assignment, assign_items
from services.deadlines import ITEM_UNKNOWN
from services.handing_in import refusal
from services.officer_http import refused_by
from services.pages.act_keys import BY_PAGE, act_key
from services.pages.visiting import Visiting, own_address
from services.problems import Problem
from services.refusing import Refused
from services.stating import stated
from services.supervision.case_questions import push_numbers
from services.supervision.office import Here, Office
from services.supervision.pages.steps import nothing_ticked, outcome_of, pushes_of
from services.supervision.push_items import push_item

NOTHING_OPEN = {
    "text": "该推送已签收，或为不限期的存量移交，没有可指派的待办。",
    "repair": "请刷新名单，勾选有签收期限的推送；存量移交请按移交清单整单签收。",
}
"""What an unknown item means to whoever ticked its push."""
routes = APIRouter()


def nobody_chosen() -> Problem:
    return Problem(
        422, "nobody_chosen", "还没有选经办人", "没有选择要指派给谁，未作指派。", "请在“指派给”中选择经办人，再点按钮。"
    )


def nothing_chosen() -> Problem:
    return Problem(
        422, "nothing_ticked", "还没有勾选", "没有勾选任何一件事项，未作指派。", "请先勾选要指派的事项，再点按钮。"
    )


@routes.post("/receipts/assignments")
def assign_ticked(
    office: Here,
    visit: Visiting,
    to: Annotated[str, Form()],
    key: Annotated[str, Form(max_length=100)],
    case: Annotated[Sequence[str], Form()] = (),
    officer: Annotated[str, Form(max_length=40)] = "",
    why: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    """Give each ``case`` (``permit@push_version``) to ``officer`` of the reader's department."""
    seat = visit.must_be()
    pushes = pushes_of(case)
    if not pushes:
        raise nothing_ticked()
    items = [push_item(permit, version, seat.body) for permit, version in pushes]
    answers = assigned(office, items, {"officer": officer, "by": seat.staff, "reason": why}, key, seat.body)
    answers = [one | NOTHING_OPEN if one.get("rule") == ITEM_UNKNOWN.code else one for one in answers]
    with office.engine.connect() as connection:
        numbers = push_numbers(connection, seat.body, pushes)
    return visit.done(own_address(to), told(officer, answers, [numbers.get(one) for one in pushes]))


def assigned(
    office: Office, items: Sequence[UUID], said: Mapping[str, Any], key: str, department: str | None = None
) -> list[dict[str, Any]]:
    """Give ``items`` (of ``department`` alone, where it is named) to the officer that a form chose, once however often
    it is sent; the answer to each, or the problem why none can be given."""
    if not said["officer"]:
        raise nobody_chosen()
    form = stated(Assignment, said)
    if isinstance(form, dict):
        raise refusal(form)
    once = act_key(key, [[str(item) for item in items], form.model_dump(mode="json")])
    kinds, where = office.open_items, office.whereabouts
    try:
        answers = assign_items(
            office.engine, "supervision", kinds, where, items, form, office.now(), (BY_PAGE, once), department
        )
    except Refused as refused:
        raise refused_by(refused) from None
    office.standings_changed()
    return answers


def told(officer: str, answers: Sequence[Mapping[str, Any]], numbers: Sequence[int | None]) -> str:
    """Return what became of each item, in words; a problem when nothing was done."""
    return outcome_of(f"已指派给工号 {officer}：", answers, numbers)
