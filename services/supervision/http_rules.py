"""Rule changes over HTTP on the supervision side: published, corrected, withdrawn, and who has answered."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response
from fastapi.responses import JSONResponse

from events.database import raw
from projections import rule_changes
from projections.rule_marks import Place, marked, marked_by_body
from services.handing_in import AskedBy
from services.interface import problems
from services.public_text import HOLDS_IDENTITY_NUMBER
from services.refusing import SAME_KEY_OTHER_CONTENT, Refused
from services.rule_reading import AskedRules, by, cursor_spoiled, list_of, one_of, problem_of
from services.rule_wording import GROUNDS, RULE_WITHDRAWN, UNKNOWN_RULE
from services.supervision.office import Here
from services.supervision.rule_change import (
    ALREADY_PUBLISHED,
    NO_PLACE,
    NO_TEXT,
    NOTHING_CORRECTED,
    NOTHING_TOUCHED,
    UNKNOWN_PUBLISHER,
)
from services.supervision.rule_desk import Sender
from services.supervision.rule_permits import page_of
from services.supervision.rule_stated import Correction, Publication, Withdrawal
from services.supervision.rule_touches import Scope
from services.wording import DECISIONS

rules = APIRouter(prefix="/api/v1/rule-changes")

RuleId = Annotated[UUID, Path(description="规则变更的标识，发布时返回的 rule_change。")]

_STATED = (
    by(NOTHING_TOUCHED, "matters"),
    by(NO_TEXT, "text"),
    by(NO_PLACE, "readable_at"),
    by(UNKNOWN_PUBLISHER, "department"),
    by(HOLDS_IDENTITY_NUMBER, "text"),
    by(SAME_KEY_OTHER_CONTENT),
)


@rules.post(
    "",
    operation_id="publishRuleChange",
    summary="发布规则变更",
    status_code=201,
    responses=problems(*_STATED, by(ALREADY_PUBLISHED, "document_number")),
)
def publish(
    office: Here,
    stated: Publication,
    by: AskedBy,
    dry_run: Annotated[bool, Query(description="只看影响范围，不发布。")] = False,
) -> Response:
    """Publish a law, policy or standard that was enacted, amended or repealed. Answers at once with what it touches
    and which approval bodies must answer; ``dry_run`` answers the same and publishes nothing."""
    try:
        if dry_run:
            return JSONResponse(office.rules.look(stated))
        return JSONResponse(office.rules.publish(stated, Sender(by.caller, by.key)), 201)
    except Refused as refused:
        raise problem_of(refused) from None


@rules.get("", operation_id="listRuleChanges", summary="规则变更及答复情况", responses=problems(cursor_spoiled()))
def list_rules(office: Here, asked: Annotated[AskedRules, Query()]) -> dict[str, Any]:
    """Return rule changes, newest first, with how many bodies have answered and how many are late."""
    with office.engine.connect() as connection:
        return list_of(raw(connection), asked, office.today)


@rules.get(
    "/{rule}", operation_id="readRuleChange", summary="一项规则变更及各机关的答复", responses=problems(by(UNKNOWN_RULE))
)
def read_rule(office: Here, rule: RuleId) -> dict[str, Any]:
    """Return a rule change with each body that must answer: delivered, answered when and by whom, what was done, late
    by how many working days; and which bodies still decide under what it repealed (``marked``)."""
    with office.engine.connect() as connection:
        try:
            shown = one_of(raw(connection), rule, office.today)
        except Refused as refused:
            raise problem_of(refused) from None
        return shown | {"marked": marked_by_body(raw(connection), rule)}


@rules.get(
    "/{rule}/permits",
    operation_id="listTouchedPermits",
    summary="规则变更涉及的有效许可",
    responses=problems(by(UNKNOWN_RULE), cursor_spoiled()),
)
def list_permits(
    office: Here,
    rule: RuleId,
    cursor: Annotated[str | None, Query(max_length=600, description="上一页答复中的 next_cursor。")] = None,
    limit: Annotated[int, Query(ge=1, le=200, description="每页件数。")] = 50,
) -> dict[str, Any]:
    """Return the valid permits that a rule change touches now, each once, from the list of its lead department."""
    with office.engine.connect() as connection:
        row = rule_changes.read_rule(raw(connection), rule)
        if row is None:
            raise by(UNKNOWN_RULE)
        page = page_of(connection, Scope.of(row.said), cursor, office.today, limit)
    return {"rule_change": str(rule), "permits": page.permits, "next_cursor": page.next_cursor}


@rules.get(
    "/{rule}/decisions",
    operation_id="listMarkedDecisions",
    summary="因该规则变更被标注的决定",
    responses=problems(by(UNKNOWN_RULE), cursor_spoiled()),
)
def list_marked(
    office: Here,
    rule: RuleId,
    cursor: Annotated[str | None, Query(max_length=100, description="上一页答复中的 next_cursor。")] = None,
    limit: Annotated[int, Query(ge=1, le=200, description="每页件数。")] = 50,
) -> dict[str, Any]:
    """Return the decisions that were recorded and marked with a rule change, the newest first."""
    with office.engine.connect() as connection:
        if rule_changes.read_rule(raw(connection), rule) is None:
            raise by(UNKNOWN_RULE)
        found = marked(raw(connection), rule, _place(cursor), limit + 1)
    more, found = len(found) > limit, found[:limit]
    shown = [
        one | {"ground_in_words": GROUNDS[one["ground"]], "decision_in_words": DECISIONS[one["decision"]]}
        for one in found
    ]
    last = found[-1] if more else None
    following = f"{last['recorded_at'].isoformat()}~{last['permit']}~{last['permit_version']}" if last else None
    return {"rule_change": str(rule), "decisions": shown, "next_cursor": following}


def _place(cursor: str | None) -> Place | None:
    if not cursor:
        return None
    try:
        at, permit, version = cursor.replace(" ", "+").split("~")
        return datetime.fromisoformat(at), UUID(permit), int(version)
    except ValueError:
        raise cursor_spoiled() from None


@rules.post(
    "/{rule}/correction",
    operation_id="correctRuleChange",
    summary="更正规则变更",
    responses=problems(*_STATED, by(UNKNOWN_RULE), by(RULE_WITHDRAWN), by(NOTHING_CORRECTED)),
)
def correct(office: Here, rule: RuleId, stated: Correction, by: AskedBy) -> dict[str, Any]:
    """Correct what was published, with its whole content as it is right. Unless only the wording differs, every body
    must answer again."""
    try:
        return office.rules.correct(rule, stated, Sender(by.caller, by.key))
    except Refused as refused:
        raise problem_of(refused) from None


@rules.post(
    "/{rule}/withdrawal",
    operation_id="withdrawRuleChange",
    summary="撤回误发的规则变更",
    responses=problems(by(UNKNOWN_RULE), by(RULE_WITHDRAWN)),
)
def withdraw(office: Here, rule: RuleId, stated: Withdrawal, by: AskedBy) -> dict[str, Any]:
    """Take back what was published by mistake: nobody need answer, and no later decision meets it."""
    try:
        return office.rules.withdraw(rule, stated, Sender(by.caller, by.key))
    except Refused as refused:
        raise problem_of(refused) from None
