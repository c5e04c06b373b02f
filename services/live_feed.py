"""What happens, as it happens: one look at the ledger for everybody who watches, and a stream for each of them.

The ledger's dense number is the event's id. A reader that comes back with the last id it saw misses nothing, because
what is no longer at hand is read from the ledger. One that is too far behind, or too slow to take what comes, is told
to begin anew (``reset``).
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
import structlog
from sqlalchemy import Engine, text
from starlette.concurrency import run_in_threadpool

from events import ledger
from events.database import raw
from events.envelope import Record
from services.access.callers import Scope, scope_now
from services.access.rows import seeing_everybodys
from services.live_checkpoint import LiveCheckpoint
from services.migrating import Side

log = structlog.get_logger()

LOOK_SECONDS = 0.1
HEARTBEAT_SECONDS = 15.0
PAGE = 500
KEPT = 5_000
"""How many of the newest ledger numbers are kept at hand."""
TOLD = 200
"""How many streams one piece of news names; more of them only mark fewer rows as new."""
FARTHEST = 10_000
"""A reader more ledger numbers behind than this loads its list anew, which is cheaper than the way there."""


@dataclass(frozen=True, slots=True)
class Noted:
    """One ledger number, what kind of event about which stream it is, and what it says to which department (mostly one
    or two of them)."""

    position: int
    kind: str = ""
    about: str = ""
    news: Mapping[str, bytes] = field(default_factory=dict)


class LiveFeed:
    """The newest events of one ledger. It looks only while somebody watches. ``note`` reads what a record says."""

    def __init__(
        self, engine: Engine, stopping: threading.Event, source: Side, note: Callable[[Record], Noted]
    ) -> None:
        self.engine = engine
        self.stopping = stopping
        self.source = source
        self.note = note
        self._kept: deque[Noted] = deque(maxlen=KEPT)
        self._head = 0
        self._applied = 0
        self.checkpoint = LiveCheckpoint(engine, source)
        self.readers = 0
        self._looking: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()
        self._beginning = asyncio.Lock()

    async def follow(self, department: str, after: int | None) -> AsyncGenerator[bytes]:
        """Yield server-sent events: what came after ledger number ``after``, or from now on, then what comes; and each
        new signed checkpoint, the newest after what was missed. It has no id: a line that comes back gets it again.

        Between two events at most 15 s pass: a comment tells that the line still holds.
        """
        self.readers += 1
        try:
            head = await self._begin()
            here = head if after is None else after
            yield b"retry: 1000\n: %d\n\n" % here
            if here > head or head - here > FARTHEST:
                yield _reset(head)
                here = head
            told, missed = 0, head
            while not self.stopping.is_set():
                changed = self._changed
                if self._head - here > FARTHEST:
                    yield _reset(self._head)
                    return
                for noted in await self._after(here):
                    here = noted.position
                    if news := noted.news.get(department):
                        yield b"id: %d\nevent: push\ndata: %b\n\n" % (here, news)
                # After all of what was missed, however many pages it is: whoever comes back wants that first.
                if here >= missed and (newest := self.checkpoint.newest) is not None and newest.size > told:
                    told = newest.size
                    yield b"event: checkpoint\ndata: %b\n\n" % orjson.dumps(newest.said)
                    await run_in_threadpool(self.checkpoint.note_sent, department, told)
                if here >= self._head and not await _within(changed, HEARTBEAT_SECONDS):
                    yield b": %d\n\n" % here
        finally:
            self.readers -= 1

    async def pages(self) -> AsyncGenerator[bytes]:
        """Yield ``news`` for everything on a page that may have changed: which kinds of events, of which departments,
        about which streams. Many of one look are told as one.

        The first event, after each connecting, says the mark of now: a page that was made at an earlier one, or whose
        line was cut, reads anew what it shows and has missed nothing.
        """
        self.readers += 1
        try:
            here, applied = await self._begin(), self._applied
            yield b"retry: 1000\n%b" % _page_reset(here + applied)
            while not self.stopping.is_set():
                changed = self._changed
                if self._head - here > FARTHEST:
                    here = self._head
                    yield _page_reset(here + self._applied)
                read = await self._after(here)
                if read:
                    here = read[-1].position
                heard = [told for one in read if (told := _told(one, scope_now.get()))]
                if heard or applied != self._applied:
                    applied = self._applied
                    yield _news(heard, here + applied)
                elif here >= self._head and not await _within(changed, HEARTBEAT_SECONDS):
                    yield b": %d\n\n" % here
        finally:
            self.readers -= 1

    def mark(self) -> int:
        """Return a number that grows whenever something changes that a page may show."""
        return sum(self._marks()[:2])

    async def _begin(self) -> int:
        # One at a time: a second one that set the head back would put rows twice among those kept.
        async with self._beginning:
            if self._looking is None or self._looking.done():
                self._kept.clear()
                self._head, self._applied, signed = await run_in_threadpool(self._marks)
                await run_in_threadpool(self.checkpoint.take, signed)
                self._looking = asyncio.create_task(self._look())
        return self._head

    async def _look(self) -> None:
        try:
            while self.readers and not self.stopping.is_set():
                try:
                    records, applied, fresh = await run_in_threadpool(self._look_once)
                except Exception as error:  # whatever becomes of one look, those who watch wait for the next
                    log.warning("live_feed_waits", error=type(error).__name__)
                    await asyncio.sleep(1.0)
                    continue
                if records:
                    self._kept.extend(records)
                    self._head = records[-1].position
                if records or fresh or applied != self._applied:
                    self._applied = applied
                    self._wake()
                if len(records) < PAGE:
                    await asyncio.sleep(LOOK_SECONDS)
        finally:
            # Also when it is cut short, with its event loop: an event that was waited for there is of no use elsewhere.
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
        # One look for everybody who watches: what each is told of it is theirs.
        with seeing_everybodys("live feed"), self.engine.connect() as connection:
            return [self.note(record) for record in ledger.read(raw(connection), self.source, after, PAGE)]

    def _look_once(self) -> tuple[list[Noted], int, bool]:
        records = self._read(self._head)
        _, applied, signed = self._marks()
        return records, applied, self.checkpoint.take(signed)

    def _marks(self) -> tuple[int, int, int]:
        """Return the head of this ledger; how much of the other side's events is applied here, since what is heard may
        change a list and leave no event of ours; and how many records are signed."""
        with seeing_everybodys("live feed"), self.engine.connect() as connection:
            applied, signed = connection.execute(
                text(
                    """SELECT (SELECT coalesce(sum(ledger_position), 0)::bigint FROM checkpoints),
                              (SELECT coalesce(max(size), 0) FROM signed_checkpoints)"""
                )
            ).one()
            return ledger.head(raw(connection)).position, int(applied), int(signed)


def _news(heard: Sequence[dict[str, Any]], mark: int) -> bytes:
    """``{"mark": …, "events": [{"kind", "about", "departments"}], "more": …}``: kind ``arrived`` when only something of
    the other side arrived, ``more`` when not all are named."""
    nothing_of_ours: list[dict[str, Any]] = [{"kind": "arrived", "about": "", "departments": []}]
    said = {"mark": mark, "events": list(heard[-TOLD:]) or nothing_of_ours, "more": len(heard) > TOLD}
    return b"event: news\ndata: %b\n\n" % orjson.dumps(said)


def _told(one: Noted, scope: Scope) -> dict[str, Any] | None:
    """Return what is told of it to whoever sees these rows: nothing of what went to other bodies alone."""
    if scope.everybody:
        return {"kind": one.kind, "about": one.about, "departments": sorted(one.news)}
    own = sorted(department for department in one.news if scope.covers(department))
    if one.news and not own:
        return None
    return {"kind": one.kind, "about": one.about if own else "", "departments": own}


def _page_reset(mark: int) -> bytes:
    return b'event: reset\ndata: {"mark": %d}\n\n' % mark


def _reset(head: int) -> bytes:
    return b'id: %d\nevent: reset\ndata: {"position": %d}\n\n' % (head, head)


async def _within(changed: asyncio.Event, seconds: float) -> bool:
    try:
        await asyncio.wait_for(changed.wait(), seconds)
    except TimeoutError:
        return False
    return True
