"""All pages of the approval side, its menu, and for whom a seat can be taken."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from fastapi import FastAPI, Request
from sqlalchemy import text

from services.approval import wording
from services.approval.http import office_of
from services.approval.pages import (
    consultations,
    desk,
    files,
    front,
    handover,
    help,
    party,
    permit,
    published,
    repairing,
    rules,
    running,
    tasks,
    uploading,
    waiting,
)
from services.approval.sealed_facts import opened
from services.approval.sheets import records_of, sheet_of
from services.pages import alerts, audit, handovers, notices, own_systems, runbook, statements
from services.pages.checking import check_routes
from services.pages.common import add_pages
from services.pages.menus import ADMINISTRATORS_MENU, Entry
from services.pages.rendering import Rendering
from services.pages.sealed_page import personal_routes
from services.pages.seats import Role
from services.pages.visiting import Pages

TEMPLATES = Path(__file__).parents[1] / "templates"
ROLES = (Role.CLERK, Role.OPERATOR, Role.AUDIT)
MENU = (
    Entry("/", "工作台", (Role.CLERK,)),
    Entry("/", "运行状态", (Role.OPERATOR,), also="/running"),
    Entry("/published", "我的发布", (Role.CLERK,)),
    Entry("/files", "文件导入", (Role.CLERK,)),
    Entry("/waiting", "待判定行", (Role.CLERK,)),
    Entry("/tasks", "任务", (Role.CLERK,)),
    Entry("/rules", "规则变更", (Role.CLERK,)),
    Entry("/consultations", "会商", (Role.CLERK,)),
    Entry("/parties", "能否准予", (Role.CLERK,)),
    Entry("/statements", "每日对账", (Role.CLERK, Role.OPERATOR)),
    Entry("/handovers", "移交清单", (Role.CLERK,)),
    Entry("/notices", "通知发送", (Role.OPERATOR,)),
    Entry("/check", "存证核验", (Role.OPERATOR,)),
    Entry("/runbook", "运行手册", (Role.OPERATOR,)),
    *ADMINISTRATORS_MENU,
)
ROUTERS = (
    front.routes, desk.routes, published.routes, files.routes, uploading.routes, repairing.routes,
    waiting.routes, tasks.routes, rules.routes, consultations.routes, party.routes, permit.routes,
    personal_routes(opened), running.routes,
    statements.routes, notices.routes, alerts.routes, audit.routes, handovers.routes, handover.routes,
    own_systems.routes, runbook.routes,
    check_routes(sheet_of, records_of),
    help.routes,
)  # fmt: skip
PARTS = frozenset(
    {
        "desk_rows", "published_rows", "task_rows", "running_rows", "rule_rows", "permit_now", "import_now",
        "notices_rows", "audit_pack",
    }
)  # fmt: skip
"""Answers that are no screen: the moving part of a page, or a file. By the name of the function that gives them."""


def add_approval_pages(app: FastAPI) -> None:
    rendering = Rendering(TEMPLATES, wording)
    pages = Pages("approval", "审批侧", rendering, ROLES, MENU)
    add_pages(app, pages, bodies, ROUTERS, names)


def bodies(request: Request) -> Mapping[str, str]:
    """Return the bodies that the register of places knows, by code."""
    with office_of(request).engine.connect() as connection:
        rows = connection.execute(
            text(
                """SELECT content->>'body' AS body, max(content->>'name') AS name FROM place_entries
                   WHERE kind = 'body_registered' GROUP BY 1 ORDER BY 1"""
            )
        )
        return {row.body: row.name for row in rows}


def names(request: Request) -> Mapping[str, str]:
    """Return the names of the bodies of this side, and of the departments that the duty list has named."""
    with office_of(request).engine.connect() as connection:
        rows = connection.execute(text("SELECT code, name FROM duty_names"))
        return {row.code: row.name for row in rows} | dict(bodies(request))
