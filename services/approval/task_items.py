"""Tasks of the approval desk, as open items: owed by the body that decided on the permit."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from uuid import UUID, uuid5

import psycopg

from events import store
from events.catalogue import encode
from events.envelope import NAMESPACE, NewEvent
from events.tasks import TaskKind, TaskLimit
from services.approval import task_list
from services.approval.outcome import SOURCE
from services.approval.task import TaskState, evolve, limited_by, redate
from services.deadlines import Item
from services.time_rules import TimeRules, read_time_rules
from services.working_days import CHINA, Due, china_day


class Tasks:
    """What supervision found about a permit, from the day on which the desk is asked until it has answered."""

    kinds = frozenset(limited_by(kind) for kind in TaskKind)

    def __init__(self, superior: str) -> None:
        self.superior = superior

    def open_items(self, connection: psycopg.Connection, rules: TimeRules, owner: str | None = None) -> Iterator[Item]:
        which, given = ("body = %s AND state = %s", [owner]) if owner else ("state = %s", [])
        return self._items(connection, rules, which, *given, TaskState.OPEN.value)

    def done_items(self, connection: psycopg.Connection, since: date) -> Iterator[Item]:
        begin = datetime.combine(since, time(), CHINA)
        return self._items(connection, read_time_rules(connection), "answered_at >= %s", begin)

    def redate(self, connection: psycopg.Connection, item: Item, due: Due, calendar_version: str) -> None:
        query = "SELECT task, asked_on FROM tasks WHERE permit = %s AND state = %s"
        for task, asked_on in connection.execute(query, (item.about, TaskState.OPEN.value)).fetchall():
            if task_item(task, asked_on) == item.id:
                _redate(connection, task, TaskLimit(due=due.day, estimated=due.estimated, calendar=calendar_version))

    def _items(
        self, connection: psycopg.Connection, rules: TimeRules, which: str, *given: str | datetime
    ) -> Iterator[Item]:
        rows = connection.execute(
            f"""SELECT task, kind, permit, body, facts->>'matter_code', asked_on, due, due_estimated, answered_at
                FROM tasks WHERE {which}""".encode(),
            given,
        ).fetchall()
        for task, kind, permit, body, matter, asked_on, due, estimated, answered_at in rows:
            limited = limited_by(TaskKind(kind))
            yield Item(
                id=task_item(task, asked_on),
                kind=limited,
                owner=body,
                superior=self.superior,
                opened_on=asked_on,
                limit=rules.limits.of(limited, matter=matter, day=asked_on),
                due=Due(due, estimated),
                # A fact is not counted again; which notices an estimate rested on is not asked: any that came since.
                calendar_version="" if estimated else rules.calendar.version,
                matter=matter,
                about=permit,
                done_on=china_day(answered_at) if answered_at else None,
            )


def _redate(connection: psycopg.Connection, stream: UUID, limit: TaskLimit) -> None:
    """Say the new last day in the task's own stream: its department reads it, and a rebuild finds it."""
    task, now = task_list.load(connection, [stream])[stream], datetime.now(UTC)
    said = redate(task, limit, china_day(now))
    if said is not None:
        name, schema, data = encode(said)
        version = task.version + 1
        at = store.append(connection, SOURCE, [NewEvent(stream, version, name, schema, now, data)])
        task_list.write(connection, {stream: evolve(task, version, said, at)})


def task_item(task: UUID, asked_on: date) -> UUID:
    """Return the id of a task as an open item. One that is asked again begins anew."""
    return uuid5(NAMESPACE, f"asked/{task}/{asked_on}")
