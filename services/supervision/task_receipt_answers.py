"""What became of what a department told the approval side: receipts of the desk's tasks, as programs read them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Annotated, Any
from uuid import UUID

import psycopg
from fastapi import Query

from events.database import raw
from projections.task_receipts import TaskReceipt, receipts_about, receipts_of
from services.problems import Problem
from services.supervision.office import Here
from services.supervision.permit_answers import after_of
from services.task_words import ASKED_AGAIN_WORDS, KIND_WORDS, OUTCOME_WORDS, STATE_WORDS, WITHDRAWAL_WORDS


def department_or_about() -> Problem:
    return Problem(
        422, "department_or_about", "查询条件有误", "请按部门 (department) 或按所通报的事项 (about) 查询, 二者择一。",
        "请补充或去掉其中一项后重试。",
    )  # fmt: skip


def shown(receipt: TaskReceipt, today: date) -> dict[str, Any]:
    """Return a receipt as it is shown on ``today``."""
    decision = f"{receipt.permit}@{receipt.decision_version}" if receipt.decision_version else None
    days = {name: _day(getattr(receipt, name)) for name in ("opened_on", "due", "answered_on", "withdrawn_on")}
    return {
        "task": str(receipt.task),
        "department": receipt.department,
        "kind": receipt.kind,
        "kind_in_words": KIND_WORDS[receipt.kind],
        "about": str(receipt.about),
        "document_number": receipt.document_number,
        "permit": str(receipt.permit),
        "permit_number": receipt.permit_number,
        "body": receipt.body,
        "state": receipt.state,
        "state_in_words": STATE_WORDS[receipt.state],
        **days,
        "due_estimated": receipt.due_estimated,
        "overdue": receipt.state == "open" and receipt.due < today,
        "opened_at": receipt.opened_at.isoformat(),
        "outcome": receipt.outcome,
        "outcome_in_words": OUTCOME_WORDS[receipt.outcome] if receipt.outcome else None,
        "reason": receipt.reason,
        "decision": decision,
        "answered_at": receipt.answered_at and receipt.answered_at.isoformat(),
        "asked_again": receipt.asked_again,
        "asked_again_in_words": ASKED_AGAIN_WORDS[receipt.asked_again] if receipt.asked_again else None,
        "why_withdrawn": receipt.why_withdrawn,
        "why_withdrawn_in_words": WITHDRAWAL_WORDS[receipt.why_withdrawn] if receipt.why_withdrawn else None,
    }


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def shown_about(
    connection: psycopg.Connection, abouts: Iterable[UUID], today: date
) -> dict[UUID, list[dict[str, Any]]]:
    """Return the receipts of each of ``abouts`` as they are shown, for answers about penalties and checks."""
    found = receipts_about(connection, abouts)
    return {about: [shown(one, today) for one in receipts] for about, receipts in found.items()}


def list_task_receipts(
    office: Here,
    department: Annotated[str | None, Query(max_length=64, description="监管部门的 18 位代码。")] = None,
    about: Annotated[UUID | None, Query(description="所通报的处罚、建议或核查的标识。")] = None,
    cursor: Annotated[str | None, Query(max_length=200, description="上一页答复中的 next_cursor。")] = None,
    limit: Annotated[int, Query(ge=1, le=200, description="每页件数。")] = 50,
) -> dict[str, Any]:
    """Return what the approval side did about what a department told it, or about one penalty, suggestion or check."""
    if (department is None) == (about is None):
        raise department_or_about()
    following = None
    with office.engine.connect() as connection:
        if about is not None:
            found = receipts_about(raw(connection), [about]).get(about, [])
        else:
            assert department is not None
            found = receipts_of(raw(connection), department, after_of(cursor), limit + 1)
            if len(found) > limit:
                found = found[:limit]
                following = f"{found[-1].opened_at.isoformat()}~{found[-1].task}"
    return {
        "receipts": [shown(one, office.today) for one in found],
        "next_cursor": following,
        "as_of": datetime.now(UTC),
    }
