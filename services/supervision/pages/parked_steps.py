"""What two people decide about a parked permit, what its bureau is asked to correct, and a look at the contents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, TypeVar
from uuid import UUID

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel

from services.access.rights import right_of
from services.handing_in import refusal
from services.pages.act_keys import BY_PAGE, act_key
from services.pages.seats import no_right
from services.pages.visiting import Visiting
from services.parked_desk import ParkedDesk, Step
from services.parked_http import problem_of
from services.parked_stated import AskRepair, AskSkip, ConsentToSkip, LookInto, RefuseSkip
from services.refusing import Refused
from services.stating import stated
from services.supervision.office import Here, Office

STEPS: Mapping[str, tuple[type[Step], str, str]] = {
    "skip": (AskSkip, "skip", "已请求跳过第 {} 版，待另一人同意"),
    "consent": (ConsentToSkip, "consent", "已同意，第 {} 版随即跳过，其后的按顺序办理"),
    "refuse": (RefuseSkip, "refusal", "第 {} 版不跳过，继续停放"),
    "repair": (AskRepair, "repair", "已请许可机关更正第 {} 版，更正到达后自动恢复"),
}
"""Of each: what is asked, the route of the API whose row says who may, and what is said when it is done."""
Text = Annotated[str, Form(max_length=2000)]
Model = TypeVar("Model", bound=BaseModel)
routes = APIRouter()


@routes.post("/parked/{stream}/steps")
def take_step(
    office: Here,
    visit: Visiting,
    stream: UUID,
    step: Annotated[str, Form(pattern=f"^({'|'.join(STEPS)})$")],
    key: Annotated[str, Form(max_length=100)],
    reason: Text = "",
) -> Response:
    """Take one step about the first record that waits, or tell why it cannot be taken now."""
    model, route, said = STEPS[step]
    seat, right = visit.must_be(), right_of("supervision", "POST", f"/api/v1/parked/{{stream}}/{route}")
    assert right is not None
    if seat.role not in right.roles:
        raise no_right(sorted(right.roles))
    form = _filled(model, {"officer": seat.staff} | ({} if step == "consent" else {"reason": reason}))
    once = act_key(key, [str(stream), step, form.model_dump(mode="json")])
    try:
        answer = _desk(office).step(stream, form, BY_PAGE, once)
    except Refused as refused:
        raise problem_of(refused) from None
    return visit.done("/parked", said.format(answer["version"]))


@routes.post("/parked/{stream}/looks")
def look(
    office: Here,
    visit: Visiting,
    stream: UUID,
    version: Annotated[int, Form(ge=1, le=2**31 - 1)],
    reason: Text = "",
) -> HTMLResponse:
    """Show what one record says; who looked and why is kept."""
    seat = visit.must_be()
    form = _filled(LookInto, {"officer": seat.staff, "reason": reason, "version": version})
    try:
        seen = _desk(office).look(stream, form)
    except Refused as refused:
        raise problem_of(refused) from None
    return visit.show("parked_contents.html", stream=stream, seen=seen, why=form.reason)


def _desk(office: Office) -> ParkedDesk:
    return ParkedDesk(office.engine, office.lag().projection, office.now)


def _filled(model: type[Model], given: Mapping[str, Any]) -> Model:
    form = stated(model, dict(given))
    if isinstance(form, dict):
        raise refusal(form)
    return form
