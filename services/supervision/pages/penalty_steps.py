"""What the department does about its penalty: says which permits it touches, annuls it, records a repaired credit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form
from fastapi.responses import Response
from pydantic import BaseModel

from services.handing_in import refusal
from services.pages.visiting import Visiting
from services.problems import Problem
from services.refusing import Refused
from services.stating import stated
from services.supervision.office import Here, Office
from services.supervision.pages.penalty_asking import ask, own_penalty, problem_of
from services.supervision.penalty_stated import Annul, Confirm, Repair

Key = Annotated[str, Form(max_length=100)]
Reason = Annotated[str, Form()]
routes = APIRouter()


def nothing_confirmed() -> Problem:
    return Problem(
        422, "nothing_confirmed", "还没有选择", "没有勾选任何候选许可，也没有确认“都不是”，未作确认。",
        "请勾选所涉的许可；都不是的，点“都不是”。",
    )  # fmt: skip


@routes.post("/penalties/{penalty}/permits")
def confirm(
    office: Here,
    visit: Visiting,
    penalty: UUID,
    key: Key,
    permit: Annotated[Sequence[str], Form()] = (),
    none: Annotated[str, Form()] = "",
) -> Response:
    """``none``: by the button which says that it touches none of the candidates."""
    seat = visit.must_be()
    own_penalty(office, seat, penalty)
    if not permit and not none:
        raise nothing_confirmed()
    _do(office, Confirm, penalty, key, {"permits": [] if none else list(permit), "officer": seat.staff})
    said = "已确认：不涉及所列候选许可。" if none else f"已确认涉及 {len(permit)} 件许可；审批侧随即收到任务。"
    return visit.done(f"/penalties/{penalty}", said)


@routes.post("/penalties/{penalty}/annulment")
def annul(
    office: Here, visit: Visiting, penalty: UUID, key: Key, reason: Reason, annulled_on: Annotated[str, Form()]
) -> Response:
    seat = visit.must_be()
    own_penalty(office, seat, penalty)
    said = {"reason": reason, "annulled_on": annulled_on, "officer": seat.staff}
    _do(office, Annul, penalty, key, said)
    return visit.done(f"/penalties/{penalty}", "处罚已撤销，它在许可上留下的标记随即去除，审批侧未办的任务随即撤回。")


@routes.post("/penalties/{penalty}/repair")
def repair(
    office: Here,
    visit: Visiting,
    penalty: UUID,
    key: Key,
    reason: Reason,
    repaired_on: Annotated[str, Form()],
    repair_document: Annotated[str, Form()] = "",
) -> Response:
    seat = visit.must_be()
    own_penalty(office, seat, penalty)
    said = {"reason": reason, "repaired_on": repaired_on, "repair_document": repair_document, "officer": seat.staff}
    _do(office, Repair, penalty, key, said)
    return visit.done(f"/penalties/{penalty}", "信用修复已登记：处罚仍在案，不再影响许可。")


def _do(office: Office, model: type[BaseModel], penalty: UUID, key: str, said: dict[str, Any]) -> None:
    command: Any = stated(model, said)
    if isinstance(command, dict):
        raise refusal(command)
    try:
        ask(office, command, penalty, key, said)
    except Refused as refused:
        raise problem_of(refused) from None
