"""Every file and every sheet that leaves a web service, and every request it turns away, is in the audit trail before
the answer is.

At the one place that all answers pass: a handler that is written next year and hands out a file is written down too.
"""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.access.audit import Act, Result, note
from services.problem_answers import answer as problem_answer
from services.problems import Problem

TURNED_AWAY = frozenset({401, 403})
FILES = ("application/vnd.openxmlformats", "application/pdf", "application/zip", "text/csv")


class AuditedAnswers:
    """ASGI: holds an answer back until what it is has been written down; one that cannot be is not given (503)."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        withheld: Problem | None = None

        async def answer(message: Message) -> None:
            nonlocal withheld
            if withheld:
                return
            if message["type"] == "http.response.start" and (act := _to_write_down(message, scope)):
                result = Result.REFUSED if act is Act.REFUSED else Result.DONE
                try:
                    await run_in_threadpool(note, Request(scope), act, result=result)
                except Problem as problem:
                    withheld = problem
                    return
            await send(message)

        # To its end, also when nothing of it is sent: a workbook on its way closes its file then.
        await self.app(scope, receive, answer)
        if withheld:
            await problem_answer(withheld)(scope, receive, send)


def _to_write_down(message: Message, scope: Scope) -> Act | None:
    """Return as what an answer is written down; nothing when its handler has done so, or there is nothing to write."""
    state = scope.get("state", {})
    if state.get("audited"):
        return None
    if message["status"] in TURNED_AWAY:
        return Act.REFUSED
    headers = Headers(raw=message["headers"])
    leaves = "attachment" in headers.get("content-disposition", "") or headers.get("content-type", "").startswith(FILES)
    if message["status"] >= 300:
        return None
    return Act.EXPORTED if leaves else Act.PRINTED if state.get("is_sheet") else None
