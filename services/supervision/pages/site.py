"""All pages of the supervision side, its menu, and for whom a seat can be taken."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from fastapi import FastAPI, Request
from sqlalchemy import text

from services.pages import alerts, audit, handovers, notices, own_systems, runbook, statements
from services.pages.checking import check_routes
from services.pages.common import add_pages
from services.pages.menus import ADMINISTRATORS_MENU, Entry
from services.pages.rendering import Rendering
from services.pages.sealed_page import personal_routes
from services.pages.seats import Role
from services.pages.visiting import Pages
from services.supervision import wording
from services.supervision.office import office_of
from services.supervision.pages import (
    assignments,
    consultations,
    consulting,
    coordinator_desk,
    departments,
    desk,
    duties,
    duty_importing,
    exceptions,
    figures,
    findings,
    front,
    handover,
    help,
    lag,
    minutes,
    overview,
    parked,
    parked_steps,
    party,
    penalties,
    penalty_files,
    penalty_queue,
    penalty_recording,
    penalty_steps,
    people,
    people_acts,
    permit,
    policy_desk,
    push_sheets,
    rebuild,
    receipts,
    rule_publishing,
    rules,
    steps,
    urging,
    watch_list,
    working_calendar,
)
from services.supervision.permit_answers import department_names
from services.supervision.permit_questions import body_names
from services.supervision.sealed_push import opened
from services.supervision.sheets import records_of, sheet_of

TEMPLATES = Path(__file__).parents[1] / "templates"
ROLES = (Role.OFFICER, Role.POLICY, Role.COORDINATOR, Role.LEADER, Role.OPERATOR, Role.AUDIT)
MENU = (
    Entry("/", "工作台", (Role.OFFICER, Role.POLICY, Role.COORDINATOR)),
    Entry("/", "领导总览", (Role.LEADER,), also="/overview"),
    Entry("/", "延迟", (Role.OPERATOR,), also="/lag"),
    Entry("/receipts", "通知与回执", (Role.OFFICER,)),
    Entry("/departments", "监管台账", (Role.OFFICER, Role.POLICY), own=True),
    Entry("/departments", "监管部门", (Role.COORDINATOR, Role.LEADER, Role.OPERATOR)),
    Entry("/findings", "检查与建议", (Role.OFFICER,)),
    Entry("/penalties", "行政处罚", (Role.OFFICER,)),
    Entry("/exceptions", "待定职责"),
    Entry("/consultations", "会商", (Role.COORDINATOR, Role.OFFICER)),
    Entry("/duties", "责任清单", (Role.COORDINATOR, Role.POLICY, Role.LEADER)),
    Entry("/rules", "规则变更", (Role.POLICY, Role.OFFICER, Role.COORDINATOR, Role.LEADER)),
    Entry("/urging", "督办", (Role.COORDINATOR, Role.LEADER)),
    Entry("/statements", "每日对账", (Role.OFFICER, Role.COORDINATOR, Role.LEADER, Role.OPERATOR)),
    Entry("/figures", "统计报表", (Role.LEADER, Role.COORDINATOR)),
    Entry("/parked", "停放事件", (Role.OPERATOR,)),
    Entry("/rebuild", "重建", (Role.OPERATOR,)),
    Entry("/notices", "通知发送", (Role.OPERATOR,)),
    Entry("/check", "存证核验", (Role.OPERATOR,)),
    Entry("/runbook", "运行手册", (Role.OPERATOR,)),
    Entry("/calendar", "工作日历", (Role.POLICY,)),
    *ADMINISTRATORS_MENU,
)
ROUTERS = (
    front.routes,
    desk.routes,
    coordinator_desk.routes,
    policy_desk.routes,
    receipts.routes,
    steps.routes,
    assignments.routes,
    departments.routes,
    watch_list.routes,
    permit.routes,
    personal_routes(opened),
    push_sheets.routes,
    findings.routes,
    party.routes,
    penalty_recording.routes,
    penalty_files.routes,
    penalty_queue.routes,
    penalties.routes,
    penalty_steps.routes,
    exceptions.routes,
    minutes.routes,
    handovers.routes,
    handover.routes,
    consultations.routes,
    consulting.routes,
    urging.routes,
    rule_publishing.routes,
    rules.routes,
    duty_importing.routes,
    duties.routes,
    working_calendar.routes,
    people.routes,
    people_acts.routes,
    statements.routes,
    notices.routes,
    alerts.routes,
    audit.routes,
    lag.routes,
    overview.routes,
    figures.routes,
    parked.routes,
    parked_steps.routes,
    rebuild.routes,
    own_systems.routes,
    runbook.routes,
    check_routes(sheet_of, records_of),
    help.routes,
)
PARTS = frozenset({"rows", "work", "results_rows", "lag_now", "penalty_now", "notices_rows", "book", "audit_pack"})
"""Answers that are no screen: the moving part of a page, or a file. By the name of the function that gives them."""


def add_supervision_pages(app: FastAPI) -> None:
    rendering = Rendering(TEMPLATES, wording)
    pages = Pages("supervision", "监管侧", rendering, ROLES, MENU, lag_page="/lag")
    add_pages(app, pages, bodies, ROUTERS, names)


def bodies(request: Request) -> Mapping[str, str]:
    """Return the departments of the duty list."""
    with office_of(request).engine.connect() as connection:
        return department_names(connection)


def names(request: Request) -> Mapping[str, str]:
    """Return the names of the departments, and of the approval bodies that have decided or were asked something."""
    with office_of(request).engine.connect() as connection:
        decided = connection.execute(text("SELECT DISTINCT body, name FROM deciders WHERE name <> ''"))
        return {row.body: row.name for row in decided} | body_names(connection)
