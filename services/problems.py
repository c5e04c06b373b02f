"""How both web services answer what they cannot do: RFC 9457 problem+json, in the words of those who read it."""

from __future__ import annotations

import errno
from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException

from events.database import is_full, is_outage
from services.form_faults import faults_in_words

log = structlog.get_logger()

MEDIA_TYPE = "application/problem+json"


class Problem(Exception):
    """What went wrong (``title``, ``detail``), a stable ``code`` for programs, and what the reader can do."""

    def __init__(self, status: int, code: str, title: str, detail: str, what_to_do: str, **more: Any) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.title = title
        self.detail = detail
        self.what_to_do = what_to_do
        self.more = more

    def body(self) -> dict[str, Any]:
        return {
            "type": f"urn:linkage:problem:{self.code}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
            "what_to_do": self.what_to_do,
            **self.more,
        }

    def response(self) -> JSONResponse:
        return JSONResponse(self.body(), status_code=self.status, media_type=MEDIA_TYPE, headers=self.headers)

    @property
    def headers(self) -> dict[str, str]:
        """What HTTP says beside the body: how to show who one is (RFC 6750), when to come again (RFC 9110)."""
        if self.status == 401:
            return {"WWW-Authenticate": 'Bearer realm="linkage"'}
        if self.status in (429, 503):
            return {"Retry-After": str(self.more.get("retry_after", 5))}
        return {}


def number_too_large() -> Problem:
    return Problem(
        422, "number_too_large", "数字过大", "请求中有一个数字超出了可以记录的范围。", "请核对编号、版本号后重新提交。"
    )


def invalid(errors: Sequence[Mapping[str, Any]]) -> Problem:
    """Return the problem of a request that does not fit its form."""
    faults = faults_in_words(errors)
    first = "; ".join(f"{fault['field'] or '请求内容'}: {fault['reason']}" for fault in faults[:5])
    return Problem(422, "invalid_request", "填报内容有误", first, "请按提示修改后重新提交。", faults=faults)


def database_away() -> Problem:
    return Problem(503, "database_away", "系统暂时不可用", "数据库暂时无法连接, 本次请求没有被受理。", "请稍后重试。")


def disk_full() -> Problem:
    return Problem(
        507,
        "disk_full",
        "磁盘空间不足, 暂停受理",
        "数据库所在磁盘的空间已低于保留量, 本次请求没有被受理。查询不受影响, 已受理的照常送达。",
        "请通知运维人员清理或扩充磁盘, 恢复后重新提交。",
    )


def no_room_for_files() -> Problem:
    return Problem(
        507,
        "no_room_for_files",
        "临时存放文件的磁盘已满",
        "上传的文件没有地方存放, 本次请求没有被受理。其他办理不受影响。",
        "请通知运维人员清理服务器的临时目录, 恢复后重新上传。",
    )


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
        return error.response()

    @application.exception_handler(RequestValidationError)
    async def validation(request: Request, error: RequestValidationError) -> JSONResponse:
        return invalid(error.errors()).response()

    @application.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> JSONResponse:
        if _no_room(error):  # the form could not even be put aside
            return no_room_for_files().response()
        known = {
            404: ("not_found", "没有这个地址", "请核对地址。"),
            405: ("method_not_allowed", "此地址不支持这种请求", "请查看接口说明 /openapi.json。"),
        }
        code, title, todo = known.get(error.status_code, ("refused", "请求未被接受", "请核对请求后重试。"))
        return Problem(error.status_code, code, title, title, todo).response()

    @application.exception_handler(OSError)
    async def file(request: Request, error: OSError) -> JSONResponse:
        if not _no_room(error):
            raise error
        log.error("no_room_for_files", path=request.url.path)
        return no_room_for_files().response()

    async def database(request: Request, error: Exception) -> JSONResponse:
        if isinstance(getattr(error, "orig", error), psycopg.errors.NumericValueOutOfRange):
            # Larger than anything that was ever numbered: whoever asked is told so, and nobody is woken.
            return number_too_large().response()
        log.error("request_failed", path=request.url.path, error=type(error).__name__, outage=is_outage(error))
        if is_full(error):
            return disk_full().response()
        if is_outage(error):
            return database_away().response()
        return Problem(
            500, "internal_error", "系统内部错误", "请求没有被受理, 错误已记入日志。", "请联系运维人员。"
        ).response()

    application.add_exception_handler(DBAPIError, database)
    application.add_exception_handler(psycopg.Error, database)
