"""The desk of a clerk (工作台): what waits for the body, how long still, and where each thing is done."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import psycopg
from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from events.database import raw
from events.limits import LimitKind
from projections.bounced import bounced_counts, oldest_bounced
from projections.consultations_told import asked_of
from services.approval import file_imports, task_list, waiting_rows
from services.approval.file_imports import FileImport
from services.approval.http import Here, Office
from services.approval.pages.task_figures import task_figures
from services.approval.published import last_said
from services.approval.shown_tasks import listed
from services.approval.task import TaskState
from services.approval.task_list import Wanted
from services.approval.wording import BOUNCED
from services.pages.visiting import Visit, Visiting
from services.rule_reading import AskedRules, RuleState, list_of
from services.task_words import KIND_WORDS
from services.time_rules import TimeRules, read_time_rules
from services.working_days import Light, china_day, light

SHOWN = 30
CAP = 200
routes = APIRouter()


@dataclass(frozen=True, slots=True)
class ToDo:
    """A line of the to-do list: what, about whom, when it is due, and where it is done. ``due`` None: no day was set,
    and ``instead`` says what holds."""

    what: str
    about: str
    since: date
    due: date | None
    estimated: bool
    light: Light | None
    address: str
    act: str
    instead: str = ""


@routes.get("/desk")
def desk_rows(office: Here, visit: Visiting) -> HTMLResponse:
    """Answer only what moves: the script puts it in the place of what stands there."""
    return visit.show("desk_rows.html", **_facts(office, visit))


def clerks_desk(office: Office, visit: Visit) -> HTMLResponse:
    return visit.show("desk.html", **_facts(office, visit))


def _facts(office: Office, visit: Visit) -> dict[str, Any]:
    body = visit.must_be().body
    today = office.today
    with office.engine.connect() as reading:
        connection = raw(reading)
        rules = read_time_rules(connection)
        figures = task_figures(connection, body, today, rules.calendar)
        answers = list_of(connection, AskedRules(state=RuleState.OPEN, body=body, limit=CAP), today)
        waiting = waiting_rows.shown(connection)
        asked = [one for one in asked_of(connection, body, still_open=True, limit=CAP) if one["own"] == "wanted"]
        files = file_imports.of_batches(connection, office.desk.master, body, [row.batch for row in waiting])
        todo = [
            *_tasks(connection, body, today, rules),
            *_rules(answers["rule_changes"]),
            *_waiting(waiting, files, today, rules),
            *_consultations(asked),
            *_refused(file_imports.of_body(connection, office.desk.master, body, SHOWN, left=True)),
            *_bounced(connection, body),
        ]
        bounced = bounced_counts(connection, body)
        refused = file_imports.rows_left(connection, body)
    todo.sort(key=lambda one: (one.due or date.max, one.since))
    return {
        "tasks": figures,
        "rules": len(answers["rule_changes"]),
        "waiting": len(waiting),
        "refused": refused,
        "asked": len(asked),
        "bounced": bounced,
        "todo": todo[:SHOWN],
        "more": max(0, len(todo) - SHOWN),
    }


def _tasks(connection: psycopg.Connection, body: str, today: date, rules: TimeRules) -> Iterable[ToDo]:
    found = task_list.find(connection, Wanted(body, TaskState.OPEN.value), today, SHOWN)
    for row in found:
        one = listed(row, today, rules.calendar)
        facts = row.facts
        yield ToDo(
            f"{KIND_WORDS[row.kind]}{'（复核）' if row.review else ''}",
            f"{facts['party']['label']} · {facts['permit_number']} · {facts['department_name'] or row.department}",
            row.asked_on, row.due, row.due_estimated, Light(one["light"]), f"/tasks/{row.task}", "办理",
        )  # fmt: skip


def _rules(found: Iterable[dict[str, Any]]) -> Iterable[ToDo]:
    for one in found:
        own = one["own"]
        due = own["due"] and date.fromisoformat(own["due"])
        yield ToDo(
            f"规则{one['kind_in_words']}",
            f"《{one['title']}》（{one['document_number']}）· {one['issuing_body']}",
            date.fromisoformat(one["published_at"][:10]), due, bool(own["due_is_estimate"]),
            Light(own["light"]) if own.get("light") else None, f"/rules/{one['rule_change']}", "答复",
        )  # fmt: skip


def _consultations(asked: Iterable[dict[str, Any]]) -> Iterable[ToDo]:
    for one in asked:
        yield ToDo(
            "会商待提意见", one["text"] or "监管职责争议", date.fromisoformat(one["opened_at"][:10]),
            date.fromisoformat(one["opinions_due"]), one["due_estimated"], None,
            f"/consultations/{one['permit']}/{one['number']}", "提意见",
        )  # fmt: skip


def _waiting(
    rows: Iterable[waiting_rows.ShownRow], files: Mapping[UUID, FileImport], today: date, rules: TimeRules
) -> Iterable[ToDo]:
    for row in rows:
        opened = china_day(row.since)
        due = rules.due(LimitKind.EXCEPTION, opened)
        about = f"{_named(files.get(row.batch))}第 {row.row_number} 行：{row.reason}"
        yield ToDo(
            "文件中待人工判定的行", about, opened, due.day, due.estimated,
            light(opened, due.day, today, rules.calendar), f"/waiting#row-{row.id}", "判定",
        )  # fmt: skip


def _named(one: FileImport | None) -> str:
    return f"{one.name} " if one else ""


def _refused(imports: Iterable[FileImport]) -> Iterable[ToDo]:
    for one in imports:
        yield ToDo(
            "文件中未通过的行", f"{one.name} · {one.left} 行待修改", china_day(one.began), None, False, None,
            f"/files/{one.id}#rows", "修改", "改好后才登记",
        )  # fmt: skip


def _bounced(connection: psycopg.Connection, body: str) -> Iterable[ToDo]:
    found = oldest_bounced(connection, body, SHOWN)
    said = last_said(connection, [one.permit for one in found])
    for one in found:
        facts = said[one.permit].facts
        yield ToDo(
            BOUNCED[one.why], f"{facts.party.label} · {facts.permit_number}", china_day(one.since), None, False, None,
            f"/permits/{one.permit}", "查看", "由监管侧办理",
        )  # fmt: skip
