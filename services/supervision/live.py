"""Pushes as they happen: one look at the ledger for everybody who watches, and a stream for each department.

The ledger's dense number is the event's id. A reader that comes back with the last id it saw misses nothing, because
what is no longer at hand is read from the ledger. One that is too far behind, or too slow to take what comes, is told
to begin anew (``reset``).
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

import orjson
import structlog
from sqlalchemy import Engine
from starlette.concurrency import run_in_threadpool

from events import ledger
from events.database import raw
from events.envelope import Record
from services.supervision.wording import DECISIONS, STATUSES

log = structlog.get_logger()

SOURCE = "supervision"
LOOK_SECONDS = 0.1
HEARTBEAT_SECONDS = 15.0
PAGE = 500
KEPT = 5_000
"""How many of the newest ledger numbers are kept at hand."""
FARTHEST = 10_000
"""A reader more ledger numbers behind than this loads its list anew, which is cheaper than the way there."""


@dataclass(frozen=True, slots=True)
class Noted:
    """One ledger number, and what it says to which department (mostly one or two of them)."""

    position: int
    news: Mapping[str, bytes]


class LiveFeed:
    """The newest pushes. It looks at the ledger only while somebody watches."""

    def __init__(self, engine: Engine, stopping: threading.Event) -> None:
        self.engine = engine
        self.stopping = stopping
        self._kept: deque[Noted] = deque(maxlen=KEPT)
        self._head = 0
        self._readers = 0
        self._looking: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()
        self._beginning = asyncio.Lock()

    async def follow(self, department: str, after: int | None) -> AsyncIterator[bytes]:
        """Yield server-sent events: what came after ledger number ``after``, or from now on, then what comes.

        Between two events at most 15 s pass: a comment tells that the line still holds.
        """
        self._readers += 1
        try:
            head = await self._begin()
            here = head if after is None else after
            yield b"retry: 1000\n: %d\n\n" % here
            if here > head or head - here > FARTHEST:
                yield _reset(head)
                here = head
            while not self.stopping.is_set():
                changed = self._changed
                if self._head - here > FARTHEST:
                    yield _reset(self._head)
                    return
                for noted in await self._after(here):
                    here = noted.position
                    if news := noted.news.get(department):
                        yield b"id: %d\nevent: push\ndata: %b\n\n" % (here, news)
                if here >= self._head and not await _within(changed, HEARTBEAT_SECONDS):
                    yield b": %d\n\n" % here
        finally:
            self._readers -= 1

    async def _begin(self) -> int:
        # One at a time: a second one that set the head back would put rows twice among those kept.
        async with self._beginning:
            if self._looking is None or self._looking.done():
                self._kept.clear()
                self._head = await run_in_threadpool(self._ledger_head)
                self._looking = asyncio.create_task(self._look())
        return self._head

    async def _look(self) -> None:
        while self._readers and not self.stopping.is_set():
            try:
                records = await run_in_threadpool(self._read, self._head)
            except Exception as error:  # whatever becomes of one look, those who watch wait for the next
                log.warning("live_feed_waits", error=type(error).__name__)
                await asyncio.sleep(1.0)
                continue
            if records:
                self._kept.extend(records)
                self._head = records[-1].position
                self._wake()
            if len(records) < PAGE:
                await asyncio.sleep(LOOK_SECONDS)
        self._wake()

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    async def _after(self, position: int) -> list[Noted]:
        """Return what is known after ``position``, at most a page, from memory when it is still there."""
        if self._kept and self._kept[0].position <= position + 1:
            first = position + 1 - self._kept[0].position
            return [self._kept[at] for at in range(first, min(first + PAGE, len(self._kept)))]
        if position >= self._head:
            return []
        return await run_in_threadpool(self._read, position)

    def _read(self, after: int) -> list[Noted]:
        with self.engine.connect() as connection:
            return [noted(record) for record in ledger.read(raw(connection), SOURCE, after, PAGE)]

    def _ledger_head(self) -> int:
        with self.engine.connect() as connection:
            return ledger.head(raw(connection)).position


def noted(record: Record) -> Noted:
    """Return what a ledger row says to each department. Public facts only; the personal part is not looked at."""
    if record.type not in ("push_made", "push_moved"):
        return Noted(record.position, {})
    said = orjson.loads(record.data)
    decision = said["decision"]
    payload, facts = decision["payload"], decision["payload"]["facts"]
    common = {
        "permit": str(record.stream),
        "version": f"{record.stream}@{decision['version']}",
        "decision": decision["type"],
        "decision_in_words": DECISIONS.get(decision["type"], decision["type"]),
        "status": payload["status"],
        "status_in_words": STATUSES.get(payload["status"], payload["status"]),
        "party_label": facts["party"]["label"],
        "matter_code": facts["matter_code"],
        "region_code": facts["region_code"],
        "permit_number": facts["permit_number"],
        "decision_date": payload["decision_date"],
        "pushed_at": record.recorded_at.isoformat(),
    }
    news = {
        receiver["department"]: common
        | {"change": "listed", "role": receiver["role"], "push_number": receiver["push_number"]}
        for receiver in said["receivers"]
    }
    news |= {department: common | {"change": "left"} for department in said.get("left", ())}
    return Noted(record.position, {department: orjson.dumps(each) for department, each in news.items()})


def _reset(head: int) -> bytes:
    return b'id: %d\nevent: reset\ndata: {"position": %d}\n\n' % (head, head)


async def _within(changed: asyncio.Event, seconds: float) -> bool:
    try:
        await asyncio.wait_for(changed.wait(), seconds)
    except TimeoutError:
        return False
    return True
