"""How both web services answer what they cannot do: as problem+json."""

from __future__ import annotations

import errno

import psycopg
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException

from events.database import is_full, is_outage
from services.problems import (
    MEDIA_TYPE,
    Problem,
    database_away,
    disk_full,
    form_unreadable,
    invalid,
    no_room_for_files,
    not_json,
    number_too_large,
)

log = structlog.get_logger()


def answer(problem: Problem) -> JSONResponse:
    return JSONResponse(problem.body(), problem.status, problem.headers, MEDIA_TYPE)


def _no_room(error: BaseException | None) -> bool:
    """Tell that a file could not be written for want of room: ``error``, or what it came of."""
    while error is not None and not isinstance(error, OSError):
        error = error.__cause__ or error.__context__
    return error is not None and error.errno in (errno.ENOSPC, errno.EDQUOT)


def answer_problems(application: FastAPI) -> None:
    """Make ``application`` answer every failure as a problem; an outage of the database is 503, never 200, and a disk
    that is full or nearly so 507."""

    @application.exception_handler(Problem)
    async def problem(request: Request, error: Problem) -> JSONResponse:
        return answer(error)

    @application.exception_handler(RequestValidationError)
    async def validation(request: Request, error: RequestValidationError) -> JSONResponse:
        errors = error.errors()
        if any(one["type"] == "json_invalid" for one in errors):
            return answer(not_json())
        return answer(invalid(errors))

    @application.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> JSONResponse:
        if _no_room(error):  # the form could not even be put aside
            return answer(no_room_for_files())
        if error.status_code == 400:  # of which FastAPI says only that there was an error
            is_form = "form" in request.headers.get("content-type", "")
            return answer(form_unreadable() if is_form else not_json())
        known = {
            404: ("not_found", "没有这个地址", "请核对地址。"),
            405: ("method_not_allowed", "此地址不支持这种请求", "请查看接口说明 /openapi.json。"),
        }
        code, title, todo = known.get(error.status_code, ("refused", "请求未被接受", "请核对请求后重试。"))
        return answer(Problem(error.status_code, code, title, title, todo))

    @application.exception_handler(OSError)
    async def file(request: Request, error: OSError) -> JSONResponse:
        if not _no_room(error):
            raise error
        log.error("no_room_for_files", path=request.url.path)
        return answer(no_room_for_files())

    async def database(request: Request, error: Exception) -> JSONResponse:
        if isinstance(getattr(error, "orig", error), psycopg.errors.NumericValueOutOfRange):
            # Larger than anything that was ever numbered: whoever asked is told so, and nobody is woken.
            return answer(number_too_large())
        log.error("request_failed", path=request.url.path, error=type(error).__name__, outage=is_outage(error))
        if is_full(error):
            return answer(disk_full())
        if is_outage(error):
            return answer(database_away())
        return answer(
            Problem(500, "internal_error", "系统内部错误", "请求没有被受理, 错误已记入日志。", "请联系运维人员。")
        )

    application.add_exception_handler(DBAPIError, database)
    application.add_exception_handler(psycopg.Error, database)
