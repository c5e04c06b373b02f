"""Sign, return, handle, close, from any page: for one push or for all that are ticked, each with its own outcome.

Of two officers who sign one push, the second reads who was first and when, as the rule says it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form
from fastapi.responses import Response
from pydantic import TypeAdapter, ValidationError

from services.pages.act_keys import BY_PAGE, act_key
from services.pages.visiting import Visiting, own_address
from services.problems import Problem, invalid
from services.supervision.case_questions import push_numbers
from services.supervision.office import Here
from services.supervision.overseeing import Asked
from services.supervision.oversight_commands import AnyStep

Pushed = tuple[UUID, int]
"""A push: the permit, and the version of the push."""
MOST_NAMED = 3
DONE = {"read": "已标为已阅", "sign": "已签收", "return": "已退回", "handle": "已登记办理", "close": "已办结"}
STEP: TypeAdapter[AnyStep] = TypeAdapter(AnyStep)
routes = APIRouter()


def nothing_ticked() -> Problem:
    return Problem(
        422, "nothing_ticked", "还没有勾选", "没有勾选任何一件推送，未作办理。", "请先勾选要办理的推送，再点按钮。"
    )


@routes.post("/receipts/steps")
def take_steps(
    office: Here,
    visit: Visiting,
    to: Annotated[str, Form()],
    key: Annotated[str, Form(max_length=100)],
    step: Annotated[str, Form()] = "",
    case: Annotated[Sequence[str], Form()] = (),
    one: Annotated[str, Form()] = "",
    reason: Annotated[str, Form()] = "",
    candidate: Annotated[str, Form()] = "",
    text: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    """Take ``step`` for each ``case`` (``permit@push_version``, or several versions of one permit with commas), or the
    one step that its own button names: ``one`` is ``step:permit@push_version``."""
    seat = visit.must_be()
    if one:
        step, _, only = one.partition(":")
        case = [only]
    if not case:
        raise nothing_ticked()
    said: dict[str, Any] = {"step": step, "officer": seat.staff}
    if step == "return":
        said |= {"reason": reason, "text": text, "candidate": candidate or None}
    elif step in ("handle", "close"):
        said |= {"text": text}
    pushes = pushes_of(case)
    asked = [_asked(each, said, seat.body, key) for each in pushes]
    answers = office.oversight.handle(asked)
    office.standings_changed()
    with office.engine.connect() as connection:
        numbers = push_numbers(connection, seat.body, pushes)
    return visit.done(own_address(to), outcome_of(DONE[step], answers, [numbers.get(one) for one in pushes]))


def pushes_of(ticked: Sequence[str]) -> list[Pushed]:
    """Return the pushes that ticked boxes name: permit and push version."""
    try:
        return [
            (UUID(permit), int(version))
            for permit, _, versions in (one.partition("@") for one in ticked)
            for version in versions.split(",")
        ]
    except ValueError:
        raise nothing_ticked() from None


def _asked(push: Pushed, said: dict[str, Any], department: str, key: str) -> Asked:
    permit, version = push
    try:
        command = STEP.validate_python(said | {"push_version": version})
    except ValidationError as error:
        raise invalid(error.errors(include_input=False, include_url=False)) from None
    return Asked(permit, command, department, BY_PAGE, act_key(key, [str(permit), command.model_dump(mode="json")]))


def outcome_of(done: str, answers: Sequence[Mapping[str, Any]], numbers: Sequence[int | None]) -> str:
    """Return what became of each push of many, in words; one of several that was refused is called by its number. When
    nothing was done that is a problem."""
    refused = [(answer, number) for answer, number in zip(answers, numbers, strict=True) if not answer["accepted"]]
    if not refused:
        return f"{done} {len(answers)} 件。"
    alone = len(answers) == 1
    told = "；".join(_told(answer, None if alone else number) for answer, number in refused[:MOST_NAMED])
    if len(refused) > MOST_NAMED:
        told += "；其余见名单"
    if len(refused) == len(answers):
        title = "未能办理" if alone else f"{len(refused)} 件均未能办理"
        raise Problem(409, "not_taken", title, f"{told}。", str(refused[0][0]["repair"]))
    return f"{done} {len(answers) - len(refused)} 件；另有 {len(refused)} 件未能办理：{told}。"


def _told(answer: Mapping[str, Any], number: int | None) -> str:
    text = str(answer["text"]).rstrip("。")
    return text if number is None else f"{number} 号推送{text.removeprefix('该推送')}"
