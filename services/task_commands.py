"""``linkage tasks list`` and ``tasks answer``: what supervision found, and what the desk does about it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from rich.table import Table

from events.tasks import TaskKind, TaskOutcome
from services.approval import task_list
from services.approval.answering_tasks import AnswerForm, TaskDesk
from services.approval.handling import legal_today
from services.approval.shown_tasks import listed
from services.approval.task import TaskState
from services.approval.task_list import Wanted
from services.command_options import AsJson, refusals_said, well_stated
from services.file_commands import opened_desk
from services.looking import approval_as_it_stands
from services.terminal import terminal
from services.time_rules import read_time_rules
from services.trouble import WronglyAsked


def list_tasks(
    body: Annotated[str | None, typer.Option(help="Only those of this deciding body.")] = None,
    state: Annotated[TaskState | None, typer.Option(help="Only those in this state.")] = TaskState.OPEN,
    every: Annotated[bool, typer.Option("--all", help="Those in every state.")] = False,
    kind: Annotated[TaskKind | None, typer.Option(help="Only those of this kind.")] = None,
    overdue: Annotated[bool, typer.Option("--overdue", help="Only open ones past their last day.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 100,
    as_json: AsJson = False,
) -> None:
    """Soonest due first; open ones unless asked otherwise. 预估: the calendar of that year is not known yet."""
    wanted = Wanted(body, None if every or state is None else state.value, kind and kind.value, overdue)
    today = legal_today()
    with approval_as_it_stands("tasks") as connection:
        calendar = read_time_rules(connection).calendar
        found = [listed(row, today, calendar) for row in task_list.find(connection, wanted, today, limit)]
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
        return
    table = Table(title="审批侧任务")
    table.add_column("任务", no_wrap=True)
    for heading in ("种类", "许可编号", "部门", "文书号", "期限", "状态"):
        table.add_column(heading, overflow="fold")
    for one in found:
        facts = one["facts"]
        due = " ".join(filter(None, (one["due"], "预估" if one["due_estimated"] else "", one["light_in_words"])))
        state_words = one["outcome_in_words"] or one["state_in_words"] + (" (复核)" if one["review"] else "")
        table.add_row(
            one["task"], one["kind_in_words"], facts["permit_number"], facts["department_name"],
            facts["document_number"], due, state_words,
        )  # fmt: skip
    terminal().print(table)


def answer_task(
    task: Annotated[UUID, typer.Argument(help="The task.")],
    outcome: Annotated[TaskOutcome, typer.Option(help="What was done.")],
    clerk: Annotated[str, typer.Option(help="Staff number or short name of who answers.")],
    reason: Annotated[str, typer.Option(help="Needed for note and no_action; goes to the department.")] = "",
    decision: Annotated[str | None, typer.Option(help="The decision that carries it out: permit@version.")] = None,
    recording: Annotated[
        Path | None,
        typer.Option(help="A decision (JSON, as for POST /api/v1/decisions) to record with it.", exists=True),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Answers a task and records its decision with it, or nothing at all. Leaves with 1 when it is refused."""
    stated = {"outcome": outcome, "clerk": clerk, "reason": reason, "decision": decision}
    try:
        content = json.loads(recording.read_text()) if recording else None
    except ValueError:
        raise WronglyAsked(f"{recording} holds no JSON") from None
    with well_stated():
        form = AnswerForm.model_validate(stated | {"recording": content})
    with opened_desk() as desk, refusals_said(as_json):
        answered = TaskDesk(desk).answer(task, form)
    typer.echo(json.dumps(answered, ensure_ascii=False) if as_json else "已办结, 结果将反馈给监管部门")
