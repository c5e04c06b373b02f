"""Tasks (任务): what supervision found about the body's permits, until when an answer is due, and the answer."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Form, Query
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from events import store
from events.database import raw
from events.tasks import TaskKind, TaskOutcome
from projections.duty_names import names_of
from services.approval import task_list
from services.approval.answering_tasks import AnswerForm, TaskDesk, decided
from services.approval.http import Here, Office
from services.approval.http_tasks import AskedTasks, problem_of
from services.approval.outcome import SOURCE
from services.approval.pages.task_decision import OFFERED, RecordingForm, recording
from services.approval.pages.task_figures import task_figures
from services.approval.shown_tasks import listed, whole
from services.approval.task import TaskState
from services.approval.task_rules import UNKNOWN_TASK
from services.pages.act_keys import BY_PAGE
from services.pages.visiting import Visit, Visiting
from services.problems import Problem, invalid
from services.refusing import Refused
from services.time_rules import read_time_rules
from services.working_days import Light

PAGE = 50
WORDS_ONLY = (TaskOutcome.NOTE, TaskOutcome.NO_ACTION)
routes = APIRouter()


class AskedPage(BaseModel):
    """The filters of the page. ``light``: only open ones that show it today."""

    model_config = ConfigDict(extra="forbid")

    state: TaskState | None = None
    kind: TaskKind | None = None
    light: Light | None = None
    cursor: Annotated[str | None, Field(max_length=100)] = None


Asked = Annotated[AskedPage, Query()]


@routes.get("/tasks")
def tasks(office: Here, visit: Visiting, asked: Asked) -> HTMLResponse:
    return visit.show("tasks.html", **_facts(office, visit, asked))


@routes.get("/tasks/rows")
def task_rows(office: Here, visit: Visiting, asked: Asked) -> HTMLResponse:
    """Answer only what moves: the script puts it in the place of what stands there."""
    return visit.show("tasks_rows.html", **_facts(office, visit, asked))


def _facts(office: Office, visit: Visit, asked: AskedPage) -> dict[str, Any]:
    body, today = visit.must_be().body, office.today
    state = TaskState.OPEN if asked.light else asked.state
    wanted = AskedTasks(body=body, state=state, kind=asked.kind, cursor=asked.cursor).wanted()
    with office.engine.connect() as reading:
        connection = raw(reading)
        calendar = read_time_rules(connection).calendar
        figures = task_figures(connection, body, today, calendar)
        if asked.light:
            wanted = replace(wanted, spans=figures.spans[asked.light])
        rows = task_list.find(connection, wanted, today, PAGE + 1)
        names = names_of(connection, [row.facts["matter_code"] for row in rows])
    chosen = asked.model_dump(mode="json", exclude={"cursor"}, exclude_none=True)
    following = f"{rows[PAGE - 1].due}~{rows[PAGE - 1].task}" if len(rows) > PAGE else None
    return {
        "tasks": [listed(row, today, calendar) for row in rows[:PAGE]],
        "figures": figures,
        "names": names,
        "asked": asked,
        "query": urlencode(chosen),
        "filtered": bool(chosen),
        "following": following and urlencode({**chosen, "cursor": following}),
        "lights": list(Light),
    }


@routes.get("/tasks/{task}")
def one_task(office: Here, visit: Visiting, task: UUID) -> HTMLResponse:
    seat = visit.must_be()
    with office.engine.connect() as reading:
        connection = raw(reading)
        records = store.load_streams(connection, SOURCE, [task])[task]
        calendar = read_time_rules(connection).calendar
        found = whole(task, records, office.today, calendar)
        if found is None:
            raise problem_of(Refused(UNKNOWN_TASK))
        permit = UUID(found["permit"])
        versions = decided(store.load_streams(connection, SOURCE, [permit])[permit])
        matter = found["facts"]["matter_code"]
        names = names_of(connection, [matter, found["department"]])
    since = date.fromisoformat(found["facts"]["happened_on"])
    return visit.show(
        "task.html",
        task=found,
        own=found["body"] == seat.body,
        matter=names.get(matter, ""),
        named=[
            (number, one) for number, one in versions.items() if one.stands and (one.on >= since or found["review"])
        ],
        offered=[one for one in found["allowed"] if one["outcome"] in OFFERED],
    )


@routes.post("/tasks/{task}/answer")
def answer(
    office: Here,
    visit: Visiting,
    task: UUID,
    stated: Annotated[RecordingForm, Form()],
) -> Response:
    """Answer the task. A decision is named by its version, or recorded with the answer; either both or nothing."""
    seat, outcome = visit.must_be(), stated.outcome
    try:
        with office.engine.connect() as reading:
            found = task_list.load(raw(reading), [task])[task]
            if found.opened is not None and found.opened.body != seat.body:
                raise others_task()
            said: dict[str, Any] = {"outcome": outcome, "clerk": seat.staff, "reason": stated.reason}
            if found.opened is not None and outcome not in WORDS_ONLY:
                if stated.decision:
                    said["decision"] = f"{found.opened.permit}@{stated.decision}"
                elif stated.decision_date:
                    said["recording"] = recording(raw(reading), office.desk.master, found.opened.permit, stated)
        TaskDesk(office.desk, office.now).answer(task, AnswerForm.model_validate(said), BY_PAGE, stated.key)
    except Refused as refused:
        raise problem_of(refused) from None
    except ValidationError as error:
        raise invalid(error.errors(include_input=False, include_url=False)) from None
    return visit.done(f"/tasks/{task}", "任务已办结，结果将反馈给监管部门")


def others_task() -> Problem:
    return Problem(
        403,
        "others_task",
        "这件任务属于其他许可机关",
        "您当前岗位的机关不是本任务所涉许可的机关。",
        "请转告该机关办理。",
    )
