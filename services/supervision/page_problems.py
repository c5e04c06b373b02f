"""A problem as a page, for the officer who followed a link; programs get the same problem as JSON."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import orjson
import psycopg
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException

from services.problems import Problem
from services.supervision.rendering import Rendering
from services.supervision.wording import FIELDS, HINTS

Answer = Callable[[Request, Exception], Awaitable[Response]]


def answer_pages_with_pages(app: FastAPI, rendering: Rendering) -> None:
    """Show what the handlers of ``app`` answer as JSON as a page, where a browser asked for one."""
    for kind in (Problem, RequestValidationError, HTTPException, DBAPIError, psycopg.Error):
        answer: Any = app.exception_handlers[kind]
        app.add_exception_handler(kind, _as_page(answer, rendering))


def _as_page(answer: Answer, rendering: Rendering) -> Answer:
    async def shown(request: Request, error: Exception) -> Response:
        response = await answer(request, error)
        if request.url.path.startswith("/api/") or "text/html" not in request.headers.get("accept", ""):
            return response
        problem = orjson.loads(response.body)
        if faults := problem.get("faults"):
            problem["detail"] = "；".join(_named(fault["field"].split(".")[0], fault["reason"]) for fault in faults)
        return rendering.show("problem.html", response.status_code, problem=problem)

    return shown


def _named(field: str, reason: str) -> str:
    return f"{FIELDS.get(field, field)}：{HINTS.get(field, reason)}"
