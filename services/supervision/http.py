"""The supervision side over HTTP: lists, live pushes, permits, exceptions, penalties. Pages beside /api/v1."""

from __future__ import annotations

from functools import cache
from typing import Any

from fastapi import FastAPI
from fastapi.responses import JSONResponse, StreamingResponse
from sqlalchemy import text

from events import ledger
from events.database import raw
from services.access.entrance import OPEN, Entrance
from services.checking_http import record_routes
from services.checkpoints_http import proof_routes
from services.completeness_http import completeness_routes
from services.guarded_service import guarded_service
from services.interface import carrying, described, problems
from services.officer_http import officer_routes
from services.own_systems_http import own_system_routes
from services.parked_http import parked_routes
from services.revealing_http import reveal_routes
from services.same_routes import with_routes_of
from services.statement_http import statement_routes
from services.supervision.arrival import not_yet_visible, permit_parked
from services.supervision.consultation_http import consultation_routes
from services.supervision.deadline_answers import NOT_URGED, list_deadlines, urge
from services.supervision.finding_http import finding_routes
from services.supervision.handover_http import handover_routes
from services.supervision.http_rules import rules
from services.supervision.office import Here, Office, unknown_department
from services.supervision.penalty_http import penalty_routes
from services.supervision.penalty_stated import StatedPenalty
from services.supervision.permit_answers import cursor_spoiled, list_exceptions, read_permit, unknown_permit
from services.supervision.receipt_http import StatedStep, receipt_routes
from services.supervision.responsibility_answers import responsibility_routes
from services.supervision.sealed_push import keys_away, not_watched, opened
from services.supervision.statistics import statistics_routes
from services.supervision.task_receipt_answers import department_or_about, list_task_receipts
from services.supervision.watch_list_answers import list_cursor_spoiled, list_departments, read_watch_list, watch_events

PUSHES = carrying("text/event-stream", "推送流：push 为一件推送，reset 表示须重新读取名单。")


def application(office: Office, entrance: Entrance = OPEN) -> FastAPI:
    """Make the web service of one supervision side, behind its door."""
    return with_routes_of(_routes(), office=office, side="supervision", entrance=entrance)


@cache
def _routes() -> FastAPI:
    from services.supervision.pages.site import add_supervision_pages

    app = guarded_service("审管联动 · 监管侧")
    lists = "/api/v1/departments/{department}"
    for path, answer, operation, summary, said in (
        ("/api/v1/departments", list_departments, "listDepartments", "全部监管部门", problems(asked=False)),
        (
            f"{lists}/watch-list", read_watch_list, "readWatchList", "部门的监管名单",
            problems(unknown_department(), list_cursor_spoiled(), permit_parked(), not_yet_visible()),
        ),
        (f"{lists}/events", watch_events, "watchEvents", "部门的实时推送", problems(unknown_department()) | PUSHES),
        ("/api/v1/permits/{permit}", read_permit, "readPermit", "许可现状与历次决定", problems(unknown_permit())),
        ("/api/v1/deadlines", list_deadlines, "listDeadlines", "期限：未办结与已办结的事项", problems()),
        (
            "/api/v1/task-receipts", list_task_receipts, "listTaskReceipts", "审批侧办理结果的回执",
            problems(department_or_about(), cursor_spoiled()),
        ),
        ("/api/v1/exceptions", list_exceptions, "listExceptions", "待定职责的决定", problems(cursor_spoiled())),
    ):  # fmt: skip
        kind = StreamingResponse if answer is watch_events else JSONResponse
        app.add_api_route(
            path, answer, methods=["GET"], operation_id=operation, summary=summary, responses=said, response_class=kind
        )
    app.add_api_route(
        "/api/v1/deadlines/{item}/urging", urge, methods=["POST"], operation_id="urgeItem", summary="督办",
        status_code=201, responses=problems(*NOT_URGED), response_class=JSONResponse,
    )  # fmt: skip
    app.include_router(penalty_routes)
    app.include_router(finding_routes)
    app.include_router(rules)
    app.include_router(receipt_routes)
    app.include_router(reveal_routes(opened, not_watched(), keys_away()))
    app.include_router(consultation_routes)
    app.include_router(handover_routes)
    app.include_router(responsibility_routes)
    app.include_router(statistics_routes)
    app.include_router(officer_routes("supervision"))
    app.include_router(completeness_routes)
    app.include_router(parked_routes)
    app.include_router(statement_routes)
    app.include_router(record_routes)
    app.include_router(proof_routes)
    app.include_router(own_system_routes("supervision"))
    described(app, StatedPenalty, StatedStep)
    app.add_api_route("/healthz", alive, methods=["GET"], include_in_schema=False)
    app.add_api_route("/readyz", ready, methods=["GET"], include_in_schema=False)
    add_supervision_pages(app)
    return app


def alive() -> dict[str, str]:
    return {"status": "alive"}


def ready(office: Here) -> dict[str, Any]:
    """Answer whether lists can be read now: the database answers and its ledger has a head."""
    with office.engine.connect() as connection:
        connection.execute(text("SELECT 1"))
        return {"status": "ready", "source": "supervision", "ledger_head": ledger.head(raw(connection)).position}
