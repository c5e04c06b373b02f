"""Tasks over HTTP: what waits for the desk, one task with its history, and its answer."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from events import store
from events.database import raw
from events.tasks import TaskKind
from services.approval import task_list
from services.approval.answering_tasks import AnswerForm, TaskDesk
from services.approval.http import Here
from services.approval.outcome import SOURCE
from services.approval.shown_tasks import listed, whole
from services.approval.task import TaskState
from services.approval.task_items import task_item
from services.approval.task_list import Wanted
from services.approval.task_rules import (
    ANSWER_REASON_NEEDED,
    DECISION_NEEDED,
    TASK_ANSWERED,
    TASK_WITHDRAWN,
    UNKNOWN_TASK,
)
from services.handing_in import AskedBy
from services.holders import held_as_json, read_holders
from services.interface import problems
from services.problems import Problem
from services.refusing import SAME_KEY_OTHER_CONTENT, Refused, Rule
from services.time_rules import read_time_rules

tasks = APIRouter(prefix="/api/v1")

_CONFLICTS = {TASK_ANSWERED.code, TASK_WITHDRAWN.code}


def problem_of(refused: Refused) -> Problem:
    """Return the problem of an answer that was refused: 409 when the task no longer waits for one."""
    code = refused.rule.code
    status = 404 if code == UNKNOWN_TASK.code else 409 if code in _CONFLICTS else 422
    more = {"field": refused.field} if refused.field else {}
    return Problem(status, code, "任务未办结", refused.text, refused.rule.repair, **more)


def _by(rule: Rule, field: str = "") -> Problem:
    return problem_of(Refused(rule, field=field))


def cursor_spoiled() -> Problem:
    return Problem(400, "cursor_spoiled", "页码标记无效", "页码标记不完整。", "请去掉 cursor，从第一页重新查询。")


class AskedTasks(BaseModel):
    """The filters of the list. An unknown one is refused: a misspelt filter must not show everything."""

    model_config = ConfigDict(extra="forbid")

    body: Annotated[str | None, Field(max_length=64, description="许可机关的 18 位代码；省略则为全部机关。")] = None
    state: Annotated[TaskState | None, Field(description="状态；省略则为全部。")] = None
    kind: Annotated[TaskKind | None, Field(description="任务种类；省略则为全部。")] = None
    overdue: Annotated[bool, Field(description="只看已超过期限仍未办结的。")] = False
    cursor: Annotated[str | None, Field(max_length=100, description="上一页答复中的 next_cursor。")] = None
    limit: Annotated[int, Field(ge=1, le=200, description="每页件数。")] = 50

    def wanted(self) -> Wanted:
        state, kind = self.state and self.state.value, self.kind and self.kind.value
        return Wanted(self.body, state, kind, self.overdue, after=_after(self.cursor))


def _after(cursor: str | None) -> tuple[date, UUID] | None:
    if not cursor:
        return None
    try:
        due, task = cursor.split("~")
        return date.fromisoformat(due), UUID(task)
    except ValueError:
        raise cursor_spoiled() from None


@tasks.get("/tasks", operation_id="listTasks", summary="待办与已办的任务", responses=problems(cursor_spoiled()))
def list_tasks(office: Here, asked: Annotated[AskedTasks, Query()]) -> dict[str, Any]:
    """Return the tasks of the approval desk, soonest due first."""
    today = office.desk.today()
    with office.engine.connect() as connection:
        rows = task_list.find(raw(connection), asked.wanted(), today, asked.limit + 1)
        calendar = read_time_rules(raw(connection)).calendar
        held = read_holders(raw(connection), (task_item(row.task, row.asked_on) for row in rows))
    shown, more = rows[: asked.limit], len(rows) > asked.limit
    following = f"{shown[-1].due}~{shown[-1].task}" if more else None
    return {
        "tasks": [
            listed(row, today, calendar) | held_as_json(held.get(task_item(row.task, row.asked_on))) for row in shown
        ],
        "next_cursor": following,
        "as_of": datetime.now(UTC),
    }


TaskId = Annotated[UUID, Path(description="任务标识。")]


@tasks.get("/tasks/{task}", operation_id="readTask", summary="任务及其经过", responses=problems(_by(UNKNOWN_TASK)))
def read_task(office: Here, task: TaskId) -> dict[str, Any]:
    """Return a task as it stands, what it may be answered with, and everything that was said about it, in order."""
    with office.engine.connect() as connection:
        records = store.load_streams(raw(connection), SOURCE, [task])[task]
        calendar = read_time_rules(raw(connection)).calendar
    found = whole(task, records, office.desk.today(), calendar)
    if found is None:
        raise _by(UNKNOWN_TASK)
    return found


@tasks.post(
    "/tasks/{task}/answer",
    operation_id="answerTask",
    summary="办结任务",
    status_code=201,
    responses=problems(
        _by(UNKNOWN_TASK),
        problem_of(Refused(TASK_ANSWERED, "该任务已由 S-0102 于 2026-11-24 10:15:00 办结, 结果为吊销。")),
        _by(TASK_WITHDRAWN),
        _by(ANSWER_REASON_NEEDED, "reason"),
        _by(DECISION_NEEDED, "decision"),
        _by(SAME_KEY_OTHER_CONTENT),
    ),
)
def answer_task(
    office: Here,
    task: TaskId,
    form: AnswerForm,
    by: AskedBy,
) -> dict[str, Any]:
    """Answer a task. The decision that carries it out is named (``decision``) or recorded with it (``recording``); when
    anything is refused, nothing is recorded."""
    try:
        return TaskDesk(office.desk).answer(task, form, by.caller, by.key)
    except Refused as refused:
        raise problem_of(refused) from None
