"""Streams that stay open for hours: whoever reads one is asked again and again who they are."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator

import psycopg
import structlog
from fastapi import Request
from sqlalchemy.exc import DBAPIError
from starlette.concurrency import run_in_threadpool

from services.access.callers import Caller
from services.access.entrance import Entrance, entrance_of
from services.problems import Problem

log = structlog.get_logger()


async def while_let_in(request: Request, stream: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
    """Pass ``stream`` on for as long as its reader is still who they were when it began: whose account was disabled, or
    has another role, whose session ended or key was withdrawn, reads on for ``again_seconds`` and the 15 s between two
    signs of life at most."""
    entrance = entrance_of(request.app)
    began, asked = entrance.caller(request), time.monotonic()
    try:
        async for piece in stream:
            if time.monotonic() - asked >= entrance.again_seconds:
                if not await run_in_threadpool(_is_still, entrance, request, began):
                    return
                asked = time.monotonic()
            yield piece
    finally:
        await stream.aclose()


def _is_still(entrance: Entrance, request: Request, began: Caller) -> bool:
    """What cannot be asked is not believed: a reader comes back by itself when the database does."""
    try:
        return entrance.asked_anew(request) == began
    except (Problem, DBAPIError, psycopg.Error) as error:
        log.info("stream_ended", error=type(error).__name__)
        return False
