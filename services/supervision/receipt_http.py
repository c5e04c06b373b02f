"""Receipts over HTTP: what waits for a department, what its officers do about it, and who is responsible on a day."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

import psycopg
from fastapi import APIRouter, Path, Query
from fastapi.responses import Response
from pydantic import BaseModel

from events.database import raw
from services.checkpoints.ledger_tree import TreeBroken
from services.checkpoints_http import not_signed_yet, tree_broken
from services.handing_in import (
    AskedBy,
    Body,
    answered,
    items_of,
    not_accepted,
    one_or_many,
    outcomes_too,
    read_each,
    too_many,
)
from services.interface import problems
from services.problems import Problem
from services.refusing import SAME_KEY_OTHER_CONTENT, Rule
from services.supervision import oversight_rules as rules
from services.supervision.case_questions import After, Which, case_as_json, cases_of, cases_of_permit
from services.supervision.office import Here, name_of, unknown_department
from services.supervision.overseeing import Asked
from services.supervision.oversight_commands import AnyStep
from services.supervision.permit_answers import cursor_spoiled, department_names, unknown_permit
from services.supervision.receipt_proofs import ReceiptProof, receipt_proofs
from services.time_rules import read_time_rules

Department = Annotated[str, Path(description="监管部门的 18 位代码。")]
Permit = Annotated[UUID, Path(description="许可标识，与审批侧相同。")]
Cursor = Annotated[str | None, Query(max_length=120, description="上一页答复中的 next_cursor；省略则为第一页。")]
Limit = Annotated[int, Query(ge=1, le=200, description="每页件数。")]

receipt_routes = APIRouter(prefix="/api/v1")


class StatedStep(BaseModel):
    """一件许可上的一步：许可标识 ``permit``，办理 ``do``（签收、退回等）。"""

    permit: UUID
    do: AnyStep


def by(rule: Rule, status: int = 422) -> Problem:
    return not_accepted(status, rule.code, rule.text, rule.repair)


@receipt_routes.post(
    "/departments/{department}/receipts",
    operation_id="giveReceipts",
    summary="签收、退回、办理、办结",
    status_code=201,
    responses=outcomes_too(problems(
        too_many(), by(rules.ALREADY_SIGNED), by(rules.STEP_NOT_ALLOWED), by(rules.NOT_YOURS),
        by(rules.IN_CONSULTATION), by(rules.RULED), by(rules.TEXT_NEEDED), by(SAME_KEY_OTHER_CONTENT),
    )),
    openapi_extra=one_or_many(StatedStep, "receipts"),
)  # fmt: skip
def give_receipts(
    office: Here,
    department: Department,
    body: Body,
    by: AskedBy,
) -> Response:
    """Record one step, or up to 1,000 as ``{"receipts": [...]}``; each has its own outcome.

    Of two officers who sign one push, one wins; the other is told by whom and when. With an ``Idempotency-Key`` a
    repeat gets the first answer.
    """
    items, several = items_of(body, "receipts")
    read, answers = read_each(items, StatedStep)
    asked = {
        index: Asked(said.permit, said.do, department, by.caller, by.answer_key(index)) for index, said in read.items()
    }
    for index, answer in zip(asked, office.oversight.handle(list(asked.values())) if asked else (), strict=True):
        answers[index] = answer
    return answered(answers, several)


@receipt_routes.get(
    "/departments/{department}/cases",
    operation_id="listCases",
    summary="部门的推送：待签收、超期、已签收、已退回等",
    responses=problems(unknown_department(), cursor_spoiled()),
)
def list_cases(
    office: Here,
    department: Department,
    state: Annotated[
        Which, Query(description="unsigned 待签收；其中 due_soon 临期的，overdue 超期的。")
    ] = Which.UNSIGNED,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> dict[str, Any]:
    """Return a department's pushes. What waits comes by its last day, with its light; what is done, newest first."""
    try:
        after = After.of(cursor) if cursor else None
    except ValueError:
        raise cursor_spoiled() from None
    with office.engine.connect() as connection:
        name = name_of(connection, department)
        calendar, names = read_time_rules(raw(connection)).calendar, department_names(connection)
        rows, following = cases_of(connection, department, state, office.today, calendar, after, limit)
    cases = [case_as_json(row, calendar, office.today, names) for row in rows]
    return {"department": department, "name": name, "cases": cases, "next_cursor": following}


@receipt_routes.get(
    "/permits/{permit}/cases",
    operation_id="readPermitCases",
    summary="一件许可的全部推送与回执",
    responses=problems(unknown_permit(), tree_broken()),
)
def read_permit_cases(office: Here, permit: Permit) -> dict[str, Any]:
    """Return every push of a permit in every department, with each step's time. ``proof``: of push and steps, as far as
    a checkpoint covers them; null for the first minute."""
    with office.engine.connect() as connection:
        rows = cases_of_permit(connection, permit)
        if not rows:
            raise unknown_permit()
        calendar, names = read_time_rules(raw(connection)).calendar, department_names(connection)
        proofs = _proofs(raw(connection), permit, [(row.push_version, row.department) for row in rows])
    cases = [
        case_as_json(row, calendar, office.today, names) | {"proof": proof.as_shown() if proof else None}
        for row, proof in zip(rows, proofs, strict=True)
    ]
    return {"permit": str(permit), "cases": cases}


@receipt_routes.get(
    "/permits/{permit}/pushes/{push}/{department}/proof",
    operation_id="proveReceipt",
    summary="推送和回执在检查点之下的证明（一个文件，可离线核验）",
    responses=problems(unknown_permit(), not_signed_yet(), tree_broken()),
)
def prove_receipt(
    office: Here,
    permit: Permit,
    push: Annotated[int, Path(ge=1, le=1_000_000, description="推送的版本，即 push_version。")],
    department: Department,
) -> dict[str, Any]:
    """The push and each step of the department about it, with their content, places in the tree and checkpoint.
    ``deploy/verify_linkage.py`` checks the answer as it is, alone. Steps of the last minute come later."""
    with office.engine.connect() as connection:
        rows = cases_of_permit(connection, permit)
        if not any((row.push_version, row.department) == (push, department) for row in rows):
            raise unknown_permit()
        (proof,) = _proofs(raw(connection), permit, [(push, department)])
    if proof is None:
        raise not_signed_yet()
    return proof.as_file()


def _proofs(
    connection: psycopg.Connection, permit: UUID, pushes: Sequence[tuple[int, str]]
) -> Sequence[ReceiptProof | None]:
    try:
        return receipt_proofs(connection, permit, pushes)
    except TreeBroken:
        raise tree_broken() from None
