"""A decision by which a task was answered is taken back: the task is put before the clerk again, in the same moment."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import psycopg

from events import columns, store
from events.approval import DecisionRetracted
from events.catalogue import encode
from events.envelope import NewEvent
from events.tasks import TaskKind, TaskLimit
from services.approval import task_list
from services.approval.outcome import SOURCE
from services.approval.task import TaskState, evolve, limited_by, taken_back
from services.time_rules import read_time_rules


def ask_again(
    connection: psycopg.Connection, retracted: Sequence[tuple[UUID, DecisionRetracted]], recorded_at: datetime
) -> None:
    """Reopen the tasks that were answered by what was ``retracted`` of each permit, in the caller's transaction."""
    rows = connection.execute(
        "SELECT task, permit, kind FROM tasks WHERE permit = ANY(%s) AND state = %s",
        (columns.uuids(permit for permit, _ in retracted), TaskState.ANSWERED.value),
    ).fetchall()
    if not rows:
        return
    rules, tasks = read_time_rules(connection), task_list.load(connection, (row[0] for row in rows))
    by_permit = {permit: [said for one, said in retracted if one == permit] for permit, _ in retracted}
    events, changed = [], {}
    for stream, permit, kind in rows:
        task = tasks[stream]
        for said in by_permit[permit]:
            due = rules.due(limited_by(TaskKind(kind)), said.decision_date, matter=said.facts.matter_code)
            limit = TaskLimit(due=due.day, estimated=due.estimated, calendar=rules.calendar.version)
            asked = taken_back(task, said.retracted_version, limit, said.decision_date)
            if asked is not None:
                name, schema, data = encode(asked)
                events.append(NewEvent(stream, task.version + 1, name, schema, recorded_at, data))
                changed[stream] = task = evolve(task, task.version + 1, asked, recorded_at)
    if events:
        store.append(connection, SOURCE, events, recorded_at=recorded_at)
        task_list.write(connection, changed)
