"""Consultations (会商) over HTTP on the approval side: in which a body is asked, and its opinion."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from events.database import raw
from projections.consultations_told import asked_of
from services.approval.giving_opinions import OpinionDesk
from services.approval.http import Here, PermitId
from services.approval.opinion import BODY_NOT_ASKED, CONSULTATION_RULED, NOT_CONSULTED, StatedOpinion
from services.approval.task_rules import NAMES_A_PERSON
from services.handing_in import AskedBy
from services.interface import problems
from services.problems import Problem
from services.public_text import HOLDS_IDENTITY_NUMBER
from services.refusing import SAME_KEY_OTHER_CONTENT, Refused, Rule

opinions = APIRouter(prefix="/api/v1")


def problem_of(refused: Refused) -> Problem:
    """Return the problem of an opinion that was refused."""
    rule = refused.rule
    status = {NOT_CONSULTED: 404, CONSULTATION_RULED: 409}.get(rule, 422)
    more = {"field": refused.field} if refused.field else {}
    return Problem(status, rule.code, "未予受理", refused.text, rule.repair, **more)


def _by(rule: Rule, field: str = "") -> Problem:
    return problem_of(Refused(rule, field=field))


@opinions.get("/consultations", operation_id="listConsultations", summary="征求本机关意见的会商", responses=problems())
def list_consultations(
    office: Here,
    body: Annotated[str, Query(max_length=64, description="许可机关代码。")],
    still_open: Annotated[bool, Query(alias="open", description="true 未裁定；false 已裁定。")] = True,
    limit: Annotated[int, Query(ge=1, le=200, description="件数。")] = 50,
) -> dict[str, Any]:
    """Return the consultations in which a body is asked, longest open first: until when, who has answered, and whether
    its own opinion was given, is on its way, or is wanted."""
    with office.engine.connect() as connection:
        return {"consultations": asked_of(raw(connection), body, still_open=still_open, limit=limit)}


@opinions.post(
    "/permits/{permit}/opinions",
    operation_id="giveOpinion",
    summary="会商意见",
    status_code=201,
    responses=problems(
        _by(NOT_CONSULTED), _by(CONSULTATION_RULED, "number"), _by(BODY_NOT_ASKED, "body"),
        _by(HOLDS_IDENTITY_NUMBER, "text"), _by(NAMES_A_PERSON, "text"), _by(SAME_KEY_OTHER_CONTENT),
    ),
)  # fmt: skip
def give_opinion(office: Here, permit: PermitId, stated: StatedOpinion, by: AskedBy) -> dict[str, Any]:
    """Give a body's opinion in the consultation about a permit. It reaches the supervision side through the log, and
    stands in the minutes; one that comes after the ruling is marked there as such."""
    try:
        return OpinionDesk(office.desk).give(permit, stated, by.caller, by.key)
    except Refused as refused:
        raise problem_of(refused) from None
