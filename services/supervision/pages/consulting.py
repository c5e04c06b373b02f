"""What is done about who supervises a permit: handed on, consulted about, an opinion given, ruled."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form
from fastapi.responses import Response
from pydantic import BaseModel

from services.handing_in import refusal
from services.pages.act_keys import BY_PAGE, act_key
from services.pages.seats import Role, no_right
from services.pages.visiting import Visiting
from services.stating import stated
from services.supervision.consultation_http import oversight_here
from services.supervision.office import Here, Office
from services.supervision.overseeing import Asked
from services.supervision.oversight_commands import GiveOpinion, OpenConsultation, Reassign, RuleOn

routes = APIRouter()

Key = Annotated[str, Form(max_length=100)]
Text = Annotated[str, Form()]
Codes = Annotated[list[str], Form(default_factory=list)]


def carry_out(office: Office, permit: UUID, form: type[BaseModel], key: str, said: dict[str, Any]) -> None:
    """Let the desk do what the form says, or raise the problem that tells why not."""
    command: Any = stated(form, said)
    if isinstance(command, dict):
        raise refusal(command)
    once = act_key(key, [form.__name__, command.model_dump(mode="json")])
    (answer,) = office.oversight.handle([Asked(permit, command, "", BY_PAGE, once)])
    if not answer["accepted"]:
        raise refusal(answer)
    office.standings_changed()


@routes.post("/permits/{permit}/reassignment")
def reassign(
    office: Here, visit: Visiting, permit: UUID, key: Key, lead: Text, text: Text, co_departments: Codes
) -> Response:
    seat = visit.must_be()
    said = {"lead": lead, "co_departments": _others(co_departments, lead), "by": seat.staff, "text": text.strip()}
    carry_out(office, permit, Reassign, key, said)
    return visit.done(f"/permits/{permit}/responsibility", "已转办，新的部门已收到推送")


@routes.post("/permits/{permit}/consultations")
def open_by_hand(
    office: Here, visit: Visiting, permit: UUID, key: Key, text: Text, invited: Codes, opened_by: Text = "by_hand"
) -> Response:
    seat = visit.must_be()
    said = {"opened_by": opened_by, "by": seat.staff, "text": text.strip(), "invited": invited}
    carry_out(office, permit, OpenConsultation, key, said)
    state, _ = oversight_here(office, permit)
    return visit.done(f"/consultations/{permit}/{len(state.consultations)}", "已发起会商，各参加单位须在期限内提出意见")


@routes.post("/consultations/{permit}/{number}/opinions")
def give_opinion(
    office: Here, visit: Visiting, permit: UUID, number: int, key: Key, body: Text, text: Text, legal_basis: Text = ""
) -> Response:
    """An officer speaks for their own body; the coordinator writes down what any body has said in writing."""
    seat = visit.must_be()
    if seat.role is Role.OFFICER and body != seat.body:
        raise no_right((Role.COORDINATOR,))
    said = {"body": body, "officer": seat.staff, "text": text.strip(), "legal_basis": legal_basis.strip()}
    carry_out(office, permit, GiveOpinion, key, said)
    return visit.done(f"/consultations/{permit}/{number}", "意见已记录")


@routes.post("/consultations/{permit}/{number}/ruling")
def rule(
    office: Here,
    visit: Visiting,
    permit: UUID,
    number: int,
    key: Key,
    lead: Text,
    reason: Text,
    co_departments: Codes,
    legal_basis: Text = "",
    effective: Text = "",
    changes_duty_list: Annotated[bool, Form()] = False,
    like_cases: Annotated[bool, Form()] = False,
) -> Response:
    seat = visit.must_be()
    said = {
        "lead": lead,
        "co_departments": _others(co_departments, lead),
        "reason": reason.strip(),
        "legal_basis": legal_basis.strip(),
        "by": seat.staff,
        "effective": effective or None,
        "changes_duty_list": changes_duty_list,
        "like_cases": like_cases,
    }
    carry_out(office, permit, RuleOn, key, said)
    return visit.done(f"/consultations/{permit}/{number}", "已裁定，许可已归入裁定的部门")


def _others(codes: list[str], lead: str) -> list[str]:
    """Return the co-departments; the lead, if ticked too, is not one of them."""
    return [code for code in codes if code != lead]
