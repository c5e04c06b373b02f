"""How many penalties asked the approval side to act, and how many of these tasks were answered by a moment?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, text

from events.tasks import TaskKind


@dataclass(frozen=True, slots=True)
class Handled:
    """Tasks about penalties that were opened on some days; ``answered`` of them by the moment, ``overdue`` not."""

    asked: int
    answered: int
    overdue: int


def penalties_handled(connection: Connection, first: date, last: date, as_of: datetime) -> Handled:
    """Count the tasks opened from ``first`` to ``last`` that were not taken back since. An answer that was asked again
    counts as open."""
    row = connection.execute(
        text(
            """SELECT count(*), count(*) FILTER (WHERE done),
                    count(*) FILTER (WHERE NOT done
                        AND due < (cast(:as_of AS timestamptz) AT TIME ZONE 'Asia/Shanghai')::date)
                FROM (SELECT due, state = 'answered' AND answered_at <= :as_of AS done FROM task_receipts
                      WHERE kind = :kind AND state <> 'withdrawn' AND opened_at <= :as_of
                        AND opened_on BETWEEN :first AND :last) AS tasks"""
        ),
        {"kind": TaskKind.PENALTY.value, "first": first, "last": last, "as_of": as_of},
    ).one()
    return Handled(*row)


def penalty_tasks(connection: Connection, first: date, last: date, skipped: int, limit: int) -> Sequence[Row[Any]]:
    """Return up to ``limit`` of these tasks, what is open and due first before the rest."""
    return connection.execute(
        text(
            """SELECT task, department, body, permit, permit_number, document_number, state, opened_on, due,
                   due_estimated, outcome, answered_on
               FROM task_receipts WHERE kind = :kind AND state <> 'withdrawn' AND opened_on BETWEEN :first AND :last
               ORDER BY state = 'answered', due, task OFFSET :skipped LIMIT :limit"""
        ),
        {"kind": TaskKind.PENALTY.value, "first": first, "last": last, "skipped": skipped, "limit": limit},
    ).all()
