"""A problem as a page, for the reader who followed a link or sent a form; programs get the same problem as JSON."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import orjson
import psycopg
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException

from services.pages.visiting import Visit
from services.problems import Problem

Answer = Callable[[Request, Exception], Awaitable[Response]]


def answer_pages_with_pages(app: FastAPI) -> None:
    """Show what the handlers of ``app`` answer as JSON as a page, where a browser asked for one."""
    for kind in (Problem, RequestValidationError, HTTPException, DBAPIError, psycopg.Error):
        answer: Any = app.exception_handlers[kind]
        app.add_exception_handler(kind, _as_page(answer))


def _as_page(answer: Answer) -> Answer:
    async def shown(request: Request, error: Exception) -> Response:
        response = await answer(request, error)
        accepts = request.headers.get("accept", "")
        if request.url.path.startswith("/api/") or not ("text/html" in accepts or "hx-request" in request.headers):
            return response
        visit = Visit(request)
        said = orjson.loads(response.body)
        if faults := said.get("faults"):
            said["detail"] = faults_in_words_of(visit, faults)
        more = {name: said[name] for name in ("faults",) if name in said}
        problem = Problem(response.status_code, said["code"], said["title"], said["detail"], said["what_to_do"], **more)
        return visit.refuse(problem)

    return shown


def faults_in_words_of(visit: Visit, faults: Sequence[Mapping[str, str]]) -> str:
    """Say each fault of a form in the words of the page."""
    return "；".join(_named(visit, fault["field"], fault["reason"]) for fault in faults)


def _named(visit: Visit, field: str, reason: str) -> str:
    """Say in the words of the page which field is wrong."""
    name = field.split(".")[0]
    words = visit.pages.rendering.environment.globals["words"]
    fields, hints = getattr(words, "FIELDS", {}), getattr(words, "HINTS", {})
    return f"{fields.get(name, name)}：{hints.get(name, reason)}"
