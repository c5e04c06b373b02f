"""Which tasks wait for which body, and how did the others end? One row a task, folded from its stream alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
from psycopg.rows import class_row

from events import columns, store
from events.catalogue import decode
from events.envelope import Record, canonical
from events.tasks import TaskAnswered, TaskEvent, TaskOpened, TaskRedated, TaskReopened, TaskWithdrawn
from services.approval.outcome import SOURCE
from services.approval.task import Task, TaskState, evolve

TASK_EVENTS = (TaskOpened, TaskAnswered, TaskWithdrawn, TaskReopened, TaskRedated)


class Row(NamedTuple):
    """A row of ``tasks``, in the order of its columns."""

    task: UUID
    version: int
    kind: str
    about: UUID
    permit: UUID
    body: str
    department: str
    state: str
    review: bool
    due: date
    due_estimated: bool
    opened_on: date
    asked_on: date
    facts: dict[str, Any]
    outcome: str | None
    clerk: str | None
    answered_at: datetime | None


_TYPES = (
    "uuid", "integer", "text", "uuid", "uuid", "text", "text", "text", "boolean", "date", "boolean", "date", "date",
    "text", "text", "text", "timestamptz",
)  # fmt: skip
_NAMES = ", ".join(Row._fields)
_ARRAYS = ", ".join(f"%s::{kind}[]" for kind in _TYPES)
_READ = ", ".join("c.facts::jsonb" if name == "facts" else f"c.{name}" for name in Row._fields)
_CHANGED = ", ".join(f"{name} = excluded.{name}" for name in Row._fields if name != "task")
_UPSERT = f"""INSERT INTO tasks ({_NAMES}) SELECT {_READ} FROM unnest({_ARRAYS}) AS c ({_NAMES})
    ON CONFLICT (task) DO UPDATE SET {_CHANGED} WHERE tasks.version < excluded.version"""


def fold(records: Iterable[Record]) -> Task:
    """Fold a task's stream."""
    task = Task()
    for record in records:
        task = evolve(task, record.version, said_in(record), record.recorded_at)
    return task


def said_in(record: Record) -> TaskEvent:
    said = decode(record.type, record.schema, record.data)
    assert isinstance(said, TASK_EVENTS)
    return said


def row_of(stream: UUID, task: Task) -> Row:
    """Return the row of a task that was opened: the same whether it is written with its event or by a rebuild."""
    said, facts, limit, state, asked_on = task.opened, task.facts, task.limit, task.state, task.asked_on
    assert said
    assert asked_on
    assert facts
    assert limit
    assert state
    answered = task.answer if state is TaskState.ANSWERED else None
    return Row(
        stream, task.version, said.kind.value, said.about, said.permit, said.body, said.department, state.value,
        task.review, limit.due, limit.estimated, said.opened_on, asked_on, facts.model_dump(mode="json"),
        answered.outcome.value if answered else None, answered.clerk if answered else None,
        task.answered_at if answered else None,
    )  # fmt: skip


def write(connection: psycopg.Connection, tasks: Mapping[UUID, Task]) -> None:
    """Write the rows of ``tasks``, in the transaction that records their events. A later version is never undone."""
    if not tasks:
        return
    rows = [row_of(stream, tasks[stream]) for stream in sorted(tasks, key=lambda one: one.int)]
    values = [row._replace(facts=canonical(row.facts).decode()) for row in rows]  # type: ignore[arg-type]
    connection.execute(_UPSERT.encode(), columns.of_rows(_TYPES, values))


def load(connection: psycopg.Connection, streams: Iterable[UUID]) -> dict[UUID, Task]:
    """Return each of the tasks ``streams``; one that was never opened is the empty task."""
    found = store.load_streams(connection, SOURCE, streams)
    return {stream: fold(records) for stream, records in found.items()}


def about(connection: psycopg.Connection, abouts: Iterable[UUID]) -> dict[UUID, set[UUID]]:
    """Return the permits of the tasks that there are about each of ``abouts``."""
    rows = connection.execute("SELECT about, permit FROM tasks WHERE about = ANY(%s)", (columns.uuids(abouts),))
    found: dict[UUID, set[UUID]] = {}
    for stream, permit in rows:
        found.setdefault(stream, set()).add(permit)
    return found


@dataclass(frozen=True, slots=True)
class Wanted:
    """Filters of the list; empty ones let everything through. ``spans``: the first and the last days of limits, None
    for any. ``after``: the last row of the page before."""

    body: str | None = None
    state: str | None = None
    kind: str | None = None
    overdue: bool = False
    spans: Sequence[tuple[date, date]] | None = None
    after: tuple[date, UUID] | None = None


def open_spans(connection: psycopg.Connection, body: str) -> dict[tuple[date, date], int]:
    """Return how many tasks of ``body`` are open, by the first and the last day of their limits."""
    rows = connection.execute(
        "SELECT asked_on, due, count(*) FROM tasks WHERE body = %s AND state = 'open' GROUP BY asked_on, due", (body,)
    )
    return {(asked_on, due): number for asked_on, due, number in rows}


def find(connection: psycopg.Connection, wanted: Wanted, today: date, limit: int) -> list[Row]:
    """Return up to ``limit`` tasks, soonest due first. Overdue: open past its last day, on ``today`` in China."""
    conditions = {
        "body = %(body)s": wanted.body,
        "state = %(state)s": wanted.state,
        "kind = %(kind)s": wanted.kind,
        "state = 'open' AND due < %(today)s": wanted.overdue,
        "(asked_on, due) IN (SELECT * FROM unnest(%(from)s::date[], %(to)s::date[]))": wanted.spans is not None,
        "(due, task) > (%(due)s, %(task)s)": wanted.after,
    }
    where = " AND ".join(text for text, asked in conditions.items() if asked) or "true"
    due, task = wanted.after or (None, None)
    given = {
        "body": wanted.body, "state": wanted.state, "kind": wanted.kind, "today": today, "due": due, "task": task,
        "from": [first for first, _ in wanted.spans or ()], "to": [last for _, last in wanted.spans or ()],
        "limit": limit,
    }  # fmt: skip
    with connection.cursor(row_factory=class_row(Row)) as cursor:
        query = f"SELECT {_NAMES} FROM tasks WHERE {where} ORDER BY due, task LIMIT %(limit)s"
        return cursor.execute(query.encode(), given).fetchall()
