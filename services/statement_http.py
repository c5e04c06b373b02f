"""Daily statements over HTTP, the same on both sides: listed, read, signed, disputed."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query

from events.database import raw
from projections.statements import Wanted
from services.either_side import At, Here
from services.handing_in import AskedBy, Asker
from services.interface import problems
from services.problems import Problem
from services.refusing import SAME_KEY_OTHER_CONTENT, Refused, Rule
from services.statement import Statement
from services.statement_answers import shown
from services.statement_desk import (
    STATEMENT_RULES,
    UNKNOWN_STATEMENT,
    DisputeStatement,
    SignStatement,
    StatementDesk,
)
from services.statements_read import find_statements, read_statements

Body = Annotated[str, Path(max_length=64, description="许可机关代码。")]
Department = Annotated[str, Path(max_length=64, description="监管部门代码。")]
Day = Annotated[date, Path(description="对账日（中国日期）。")]

ONE = "/{body}/{department}/{day}"
statement_routes = APIRouter(prefix="/api/v1/statements")


def problem_of(refused: Refused) -> Problem:
    """Return the problem of what a rule about statements refused."""
    status = 404 if refused.rule is UNKNOWN_STATEMENT else 422
    return Problem(status, refused.rule.code, "未予受理", refused.text, refused.rule.repair)


def _by(rule: Rule) -> Problem:
    return problem_of(Refused(rule))


_SAID = problems(*map(_by, STATEMENT_RULES), _by(SAME_KEY_OTHER_CONTENT))


@statement_routes.get("", operation_id="listStatements", summary="每日对账单", responses=problems())
def listed(
    here: Here,
    day: Annotated[date | None, Query(description="对账日；省略则由新到旧。")] = None,
    body: Annotated[str, Query(max_length=64, description="许可机关代码。")] = "",
    department: Annotated[str, Query(max_length=64, description="监管部门代码。")] = "",
    limit: Annotated[int, Query(ge=1, le=1000, description="件数。")] = 200,
) -> dict[str, Any]:
    """Return the statements of a day, or the newest, each with both halves and where they differ."""
    with here.engine.connect() as connection:
        found = find_statements(raw(connection), Wanted(day, body, department, limit))
    return {"statements": [shown(one) for one in found]}


@statement_routes.get(
    ONE, operation_id="readStatement", summary="一份对账单", responses=problems(_by(UNKNOWN_STATEMENT))
)
def read(here: Here, body: Body, department: Department, day: Day) -> dict[str, Any]:
    """Return one statement: both halves, every supplement, every verdict."""
    return shown(found_statement(here, body, department, day))


@statement_routes.post(
    f"{ONE}/sign-off", operation_id="signStatement", summary="确认对账单", status_code=201, responses=_SAID
)
def sign(
    here: Here, body: Body, department: Department, day: Day, stated: SignStatement, by: AskedBy
) -> dict[str, Any]:
    """Sign this side's half, as it stands; only when both sides say the same."""
    return _say(here, body, department, day, stated, by)


@statement_routes.post(
    f"{ONE}/dispute", operation_id="disputeStatement", summary="对对账单提出异议", status_code=201, responses=_SAID
)
def dispute(
    here: Here, body: Body, department: Department, day: Day, stated: DisputeStatement, by: AskedBy
) -> dict[str, Any]:
    """Say that this side does not agree, and why."""
    return _say(here, body, department, day, stated, by)


def found_statement(here: At, body: str, department: str, day: date) -> Statement:
    """Return a statement, or raise the problem that there is none."""
    with here.engine.connect() as connection:
        found = read_statements(raw(connection), [(body, department, day)])
    if not found:
        raise _by(UNKNOWN_STATEMENT)
    return found[0]


def _say(
    here: At, body: str, department: str, day: date, stated: SignStatement | DisputeStatement, by: Asker
) -> dict[str, Any]:
    try:
        return StatementDesk(here.engine, here.side).say(body, department, day, stated, by.caller, by.key)
    except Refused as refused:
        raise problem_of(refused) from None
