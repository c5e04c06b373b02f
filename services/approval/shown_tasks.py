"""Tasks as they are shown, over HTTP and on the command line: one in a list, and one with its whole history."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from events.envelope import Record
from services.approval.task import TaskState
from services.approval.task_list import Row, fold, row_of, said_in
from services.task_words import ASKED_AGAIN_WORDS, KIND_WORDS, OUTCOME_WORDS, STATE_WORDS
from services.working_days import Calendar, light


def listed(row: Row, today: date, calendar: Calendar) -> dict[str, Any]:
    """Return a row of the list as it is shown on ``today``: light and lateness are told when it is read."""
    open_ = row.state == TaskState.OPEN
    shows = light(row.asked_on, row.due, today, calendar) if open_ else None
    return {
        "task": str(row.task),
        "kind": row.kind,
        "kind_in_words": KIND_WORDS[row.kind],
        "state": row.state,
        "state_in_words": STATE_WORDS[row.state],
        "review": row.review,
        "about": str(row.about),
        "permit": str(row.permit),
        "body": row.body,
        "department": row.department,
        "opened_on": row.opened_on.isoformat(),
        "due": row.due.isoformat(),
        "due_estimated": row.due_estimated,
        "overdue": open_ and row.due < today,
        "light": shows and shows.value,
        "light_in_words": shows and shows.words,
        "facts": row.facts,
        "outcome": row.outcome,
        "outcome_in_words": OUTCOME_WORDS[row.outcome] if row.outcome else None,
        "clerk": row.clerk,
        "answered_at": row.answered_at and row.answered_at.isoformat(),
    }


def whole(stream: UUID, records: Sequence[Record], today: date, calendar: Calendar) -> dict[str, Any] | None:
    """Return a task with what it may be answered with and everything that was said about it; None if it is no task."""
    if not records or not records[0].type.startswith("task_"):
        return None
    task = fold(records)
    return listed(row_of(stream, task), today, calendar) | {
        "allowed": [{"outcome": one.value, "in_words": OUTCOME_WORDS[one]} for one in task.allowed],
        "asked_again": task.again and task.again.value,
        "asked_again_in_words": ASKED_AGAIN_WORDS[task.again] if task.again else None,
        "history": [
            {
                "version": record.version,
                "event": str(record.id),
                "type": record.type,
                "recorded_at": record.recorded_at.isoformat(),
                "said": said_in(record).model_dump(mode="json"),
            }
            for record in records
        ],
    }
