"""What became of my penalty, suggestion or failed check? The desk's tasks as the department that waits sees them.

One row a task, folded from the task's own stream on the approval side.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
from psycopg.rows import class_row

from events import columns
from events.catalogue import decode, type_name
from events.envelope import Record
from events.tasks import TaskAnswered, TaskOpened, TaskRedated, TaskReopened, TaskSaid, TaskWithdrawn


class TaskReceipt(NamedTuple):
    """A row of ``task_receipts``, in the order of its columns.

    Times are when approval recorded it, days are legal days. An answer stays readable when the task is open again.
    """

    task: UUID
    version: int
    department: str
    kind: str
    about: UUID
    permit: UUID
    body: str
    permit_number: str
    document_number: str
    state: str
    opened_on: date
    opened_at: datetime
    due: date
    due_estimated: bool
    outcome: str | None = None
    reason: str | None = None
    decision_version: int | None = None
    answered_on: date | None = None
    answered_at: datetime | None = None
    asked_again: str | None = None
    withdrawn_on: date | None = None
    why_withdrawn: str | None = None


def follow(receipt: TaskReceipt | None, record: Record, said: TaskSaid) -> TaskReceipt:
    """Fold one event of a task. The first one opens it."""
    match said:
        case TaskOpened():
            return TaskReceipt(
                record.stream, record.version, said.department, said.kind.value, said.about, said.permit, said.body,
                said.facts.permit_number, said.facts.document_number, "open", said.opened_on, record.recorded_at,
                said.limit.due, said.limit.estimated,
            )  # fmt: skip
        case TaskAnswered():
            changed: Mapping[str, Any] = {
                "state": "answered", "outcome": said.outcome.value, "reason": said.reason,
                "decision_version": said.decision_version, "answered_on": said.answered_on,
                "answered_at": record.recorded_at,
            }  # fmt: skip
        case TaskWithdrawn():
            changed = {
                "state": "withdrawn", "withdrawn_on": said.withdrawn_on, "why_withdrawn": said.why.value,
                "asked_again": None,
            }  # fmt: skip
        case TaskReopened():
            changed = {
                "state": "open", "asked_again": said.why.value, "due": said.limit.due,
                "due_estimated": said.limit.estimated, "document_number": said.facts.document_number,
            }  # fmt: skip
        case TaskRedated():
            changed = {"due": said.limit.due, "due_estimated": said.limit.estimated}
        case _:
            changed = {}
    if receipt is None:
        raise LookupError("a task is opened first")
    return receipt._replace(version=record.version, **changed)


@dataclass(slots=True)
class TaskReceiptsUnit:
    """The tasks of one batch."""

    receipts: dict[UUID, TaskReceipt]
    changed: set[UUID] = field(default_factory=set)

    def apply(self, record: Record) -> None:
        said = decode(record.type, record.schema, record.data)
        assert isinstance(said, TaskSaid)
        self.receipts[record.stream] = follow(self.receipts.get(record.stream), record, said)
        self.changed.add(record.stream)

    def write(self, connection: psycopg.Connection) -> None:
        if self.changed:
            rows = [self.receipts[task] for task in sorted(self.changed, key=lambda one: one.int)]
            connection.execute(_UPSERT.encode(), columns.of_rows(_TYPES, rows))

    def visible(self) -> Iterator[tuple[str, datetime]]:
        return iter(())


class TaskReceipts:
    """A reaction of the supervision side: what the approval desk does about what was said to it."""

    types = frozenset(map(type_name, (TaskOpened, TaskAnswered, TaskWithdrawn, TaskReopened, TaskRedated)))

    def open(self, connection: psycopg.Connection, streams: Sequence[UUID]) -> TaskReceiptsUnit:
        rows = _select(connection, "task = ANY(%(tasks)s)", tasks=columns.uuids(streams))
        return TaskReceiptsUnit({row.task: row for row in rows})

    def tend(self, connection: psycopg.Connection, partitions: Iterable[int]) -> int:
        return 0


_NAMES = ", ".join(TaskReceipt._fields)
_TYPES = (
    "uuid", "integer", "text", "text", "uuid", "uuid", "text", "text", "text", "text", "date", "timestamptz", "date",
    "boolean", "text", "text", "integer", "date", "timestamptz", "text", "date", "text",
)  # fmt: skip
_UPSERT = f"""INSERT INTO task_receipts ({_NAMES}) SELECT * FROM unnest({", ".join(f"%s::{kind}[]" for kind in _TYPES)})
    ON CONFLICT (task) DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in TaskReceipt._fields[1:])}
    WHERE task_receipts.version < excluded.version"""


def receipts_about(connection: psycopg.Connection, abouts: Iterable[UUID]) -> dict[UUID, list[TaskReceipt]]:
    """Return, for each penalty, suggestion or check, its receipts: one for each permit that it touches or touched."""
    found: dict[UUID, list[TaskReceipt]] = {}
    for row in _select(connection, "about = ANY(%(abouts)s)", abouts=columns.uuids(abouts)):
        found.setdefault(row.about, []).append(row)
    return found


def receipts_of(
    connection: psycopg.Connection, department: str, after: tuple[datetime, UUID] | None, limit: int
) -> list[TaskReceipt]:
    """Return up to ``limit`` receipts of a department, the newest task first, those after ``after`` in that order."""
    at, task = after or (None, None)
    where = "department = %(department)s" + (" AND (opened_at, task) < (%(at)s, %(task)s)" if after else "")
    return _select(connection, where, limit, department=department, at=at, task=task)


def answered_since(connection: psycopg.Connection, department: str, since: datetime) -> int:
    """Return how many tasks that a department waits for were answered after ``since``."""
    row = connection.execute(
        "SELECT count(*) FROM task_receipts WHERE department = %s AND answered_at > %s", (department, since)
    ).fetchone()
    assert row is not None
    return int(row[0])


def _select(connection: psycopg.Connection, where: str, limit: int | None = None, **given: Any) -> list[TaskReceipt]:
    query = f"SELECT {_NAMES} FROM task_receipts WHERE {where} ORDER BY opened_at DESC, task DESC LIMIT %(limit)s"
    with connection.cursor(row_factory=class_row(TaskReceipt)) as cursor:
        return cursor.execute(query.encode(), given | {"limit": limit}).fetchall()
