"""Sign, return, handle, close, from any page: for one push or for all that are ticked, each with its own outcome.

Of two officers who sign one push, the second reads who was first and when, as the rule says it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form
from fastapi.responses import Response
from pydantic import TypeAdapter, ValidationError

from services.pages.act_keys import act_key
from services.pages.seats import Role
from services.pages.visiting import Visiting, own_address
from services.problems import Problem, invalid
from services.supervision.office import Here
from services.supervision.overseeing import Asked
from services.supervision.oversight_commands import AnyStep

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
    """Take ``step`` for each ``case`` (``permit@push_version``), or the one step that its own button names:
    ``one`` is ``step:permit@push_version``."""
    seat = visit.must_be(Role.OFFICER)
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
    asked = [_asked(each, said, seat.body, key) for each in case]
    return visit.done(own_address(to), outcome_of(step, office.oversight.handle(asked)))


def _asked(case: str, said: dict[str, Any], department: str, key: str) -> Asked:
    permit, _, version = case.partition("@")
    try:
        command = STEP.validate_python(said | {"push_version": int(version)})
        about = UUID(permit)
    except ValidationError as error:
        raise invalid(error.errors(include_input=False, include_url=False)) from None
    except ValueError:
        raise nothing_ticked() from None
    return Asked(about, command, department, "page", act_key(key, [case, command.model_dump(mode="json")]))


def outcome_of(step: str, answers: Sequence[Mapping[str, Any]]) -> str:
    """Return what became of the steps, in words. When none was taken that is a problem."""
    taken = sum(bool(answer["accepted"]) for answer in answers)
    why = Counter((str(answer["text"]), str(answer["repair"])) for answer in answers if not answer["accepted"])
    told = "；".join(text.rstrip("。") for (text, _), _ in why.most_common(MOST_NAMED))
    left = len(answers) - taken
    if not taken:
        repair = next(iter(why))[1]
        raise Problem(409, "not_taken", "未能办理" if left == 1 else f"{left} 件均未能办理", f"{told}。", repair)
    return f"{DONE[step]} {taken} 件" + (f"；另有 {left} 件未能办理：{told}。" if left else "。")
