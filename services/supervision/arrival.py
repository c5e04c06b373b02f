"""Has a decision reached the lists? Reading one's own write: wait a moment for it, or learn what holds it up."""

from __future__ import annotations

import asyncio
import time
from uuid import UUID

from sqlalchemy import Engine, text
from starlette.concurrency import run_in_threadpool

from services.problems import Problem
from services.supervision.reactions import NAME as INTAKE

WAIT_SECONDS = 5.0
LOOK_SECONDS = 0.02


async def arrived(engine: Engine, stream: UUID, version: int) -> None:
    """Wait until the intake has applied this version of the permit, 5 s at most."""
    deadline = time.monotonic() + WAIT_SECONDS
    while not await run_in_threadpool(_seen, engine, stream, version):
        if time.monotonic() > deadline:
            raise await run_in_threadpool(_not_arrived, engine, stream)
        await asyncio.sleep(LOOK_SECONDS)


def _seen(engine: Engine, stream: UUID, version: int) -> bool:
    with engine.connect() as connection:
        seen = connection.scalar(
            text("SELECT version FROM seen_versions WHERE projection = :name AND stream = :stream"),
            {"name": INTAKE, "stream": stream},
        )
    return seen is not None and seen >= version


def _not_arrived(engine: Engine, stream: UUID) -> Problem:
    with engine.connect() as connection:
        parked = connection.scalar(
            text("SELECT 1 FROM parked_streams WHERE projection = :name AND stream = :stream"),
            {"name": INTAKE, "stream": stream},
        )
    if parked:
        return permit_parked()
    return not_yet_visible()


def permit_parked() -> Problem:
    return Problem(
        504,
        "permit_parked",
        "该许可的决定暂未列入名单",
        "该许可有一件决定无法处理，已停放待修复；修复后将按原顺序列入，不会丢失。",
        "请联系运维人员（linkage parked list）；其他许可不受影响。",
    )


def not_yet_visible() -> Problem:
    return Problem(
        504,
        "not_yet_visible",
        "该决定尚未列入名单",
        f"等待 {WAIT_SECONDS:.0f} 秒后，名单仍未收到该版本。决定不会丢失，只是尚未到达。",
        "请稍后重试；若持续如此，请核对 wait_for，并请运维人员查看延迟（linkage lag）。",
    )
