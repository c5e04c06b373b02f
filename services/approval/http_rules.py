"""Rule changes over HTTP on the approval side: what must be answered, and the answer."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query

from events.database import raw
from services.approval.http import Here
from services.approval.rule_answer import (
    ALREADY_ANSWERED,
    FUTURE_ACT,
    NOT_ANSWERED_YET,
    NOT_ASKED,
    NOTHING_ALONE,
    REASON_MISSING,
    StatedAnswer,
)
from services.approval.rule_answering import AnswerDesk
from services.handing_in import AskedBy
from services.interface import problems
from services.public_text import HOLDS_IDENTITY_NUMBER
from services.refusing import SAME_KEY_OTHER_CONTENT, Refused
from services.rule_reading import AskedRules, by, cursor_spoiled, list_of, one_of, problem_of
from services.rule_wording import RULE_WITHDRAWN, UNKNOWN_RULE

rules = APIRouter(prefix="/api/v1/rule-changes")

RuleId = Annotated[UUID, Path(description="规则变更的标识。")]


@rules.get("", operation_id="listRuleChanges", summary="须答复的规则变更", responses=problems(cursor_spoiled()))
def list_rules(office: Here, asked: Annotated[AskedRules, Query()]) -> dict[str, Any]:
    """Return rule changes, newest first; with ``body`` those that it must answer, and where it stands with each."""
    with office.engine.connect() as connection:
        return list_of(raw(connection), asked, office.desk.today())


@rules.get("/{rule}", operation_id="readRuleChange", summary="一项规则变更及答复", responses=problems(by(UNKNOWN_RULE)))
def read_rule(office: Here, rule: RuleId) -> dict[str, Any]:
    """Return a rule change with its text, what it touches, and each body that must answer."""
    with office.engine.connect() as connection:
        try:
            return one_of(raw(connection), rule, office.desk.today())
        except Refused as refused:
            raise problem_of(refused) from None


@rules.post(
    "/{rule}/answers",
    operation_id="answerRuleChange",
    summary="答复规则变更",
    status_code=201,
    responses=problems(
        by(UNKNOWN_RULE), by(NOT_ASKED, "body"), by(ALREADY_ANSWERED), by(NOT_ANSWERED_YET, "addition"),
        by(RULE_WITHDRAWN), by(NOTHING_ALONE, "acts"), by(REASON_MISSING, "acts"), by(FUTURE_ACT, "acts"),
        by(HOLDS_IDENTITY_NUMBER, "acts"), by(SAME_KEY_OTHER_CONTENT),
    ),
)  # fmt: skip
def answer(
    office: Here,
    rule: RuleId,
    stated: StatedAnswer,
    by: AskedBy,
) -> dict[str, Any]:
    """Answer for a body: what was done about the rule change, on which day. Of two clerks at once one wins; the other
    is told who was first, and when."""
    try:
        return AnswerDesk(office.engine).answer(rule, stated, by.caller, by.key)
    except Refused as refused:
        raise problem_of(refused) from None
