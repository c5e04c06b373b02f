"""The follower: kafka-python catches up, Faust follows, and both feed the same reader from the same checkpoints.

At any moment one of the two reads. While the reader is behind, kafka-python does, in large batches and from the
checkpoints; that is also what happens while much comes, and after every failure, so that none needs a way of its own.
Once level and calm, Faust takes over at exactly those positions. Every message that Faust delivers must carry the very
next offset of its partition (``arrivals``); when one does not, kafka-python reads again.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import structlog

from events.bookmark import Fenced
from events.database import is_outage
from events.log import Batch, CursorsOutOfRange, LogUnavailable
from events.log.access import Brokers
from events.log.kafka.arrivals import Arrivals
from events.log.kafka.hand import Hand
from events.log.kafka.log import KafkaLog
from events.log.kafka.membership import Membership
from events.log.kafka.reader import Reader
from events.log.kafka.topics import events_topic
from events.log.kafka.traffic import Traffic
from events.log.kafka.watch import Watch, end_process

log = structlog.get_logger()

LIMIT = 1000
"""Records in a batch."""
BEHIND = 2 * LIMIT
"""So many unread records are kafka-python's work, not Faust's."""
GATHER_SECONDS = 0.004
"""How long a live message waits for others, so that a batch is more than one."""
TEND_SECONDS = 0.5
ASLEEP_SECONDS = 5.0
RETRY_SECONDS = 1.0
LEAVE_SECONDS = 15.0
STOP_SECONDS = 3.0


class KafkaFollower:
    """Follows the events of ``source`` as a member of ``group``, until asked to stop.

    ``stalled`` is called, from another thread, when the log's head moved and the reader's position did not for
    ``progress_seconds``; it ends the process with 70 unless told otherwise.
    """

    lock: asyncio.Lock

    def __init__(
        self,
        bootstrap: Brokers,
        source: str,
        group: str,
        reader: Reader,
        *,
        progress_seconds: float = 30.0,
        stalled: Callable[[], None] = end_process,
    ) -> None:
        self.source = KafkaLog(bootstrap, source)
        self.group = group
        self.reader = reader
        self.live = False
        """Whether Faust reads. Only ever changed with the lock held."""
        self._watch = Watch(lambda: KafkaLog(bootstrap, source), progress_seconds, stalled)
        self._membership: Membership | None = None
        self._must_take = True
        self._held: dict[int, int] = {}
        self._level = False
        self._traffic = Traffic()
        self._tended_at = self._measured_at = 0.0
        self._arrivals = Arrivals(source, BEHIND)
        self._left_behind = False

    def run(self, stop: threading.Event) -> None:
        """Follow until ``stop``, in an event loop of its own. May be called in any thread."""
        watching = self._watch.start(stop)
        runner = asyncio.Runner()
        try:
            runner.run(self._run(stop))
        finally:
            # A Faust that did not end in time still speaks to the loop, from threads of its own.
            if not self._left_behind:
                runner.close()
        watching.join(STOP_SECONDS)

    def checkpoints(self) -> Mapping[int, int]:
        return self._held

    def arrived(self, message: Any) -> None:
        """Take a message of Faust's. Those that come while kafka-python reads are dropped, it reads them too."""
        if self.live:
            self._arrivals.put(message)
            self._arrival.set()

    async def changed(self) -> None:
        self._let_go()
        self._must_take = self._membership is not None and self._membership.partitions is not None
        with suppress(Exception):  # the database is away: the leases lapse by themselves
            await self._hand.do(self.reader.give_back)
        self._arrival.set()

    async def _run(self, stop: threading.Event) -> None:
        self.lock, self._arrival, self._hand = asyncio.Lock(), asyncio.Event(), Hand(f"{self.group}-hand")
        try:
            while not stop.is_set():
                try:
                    await self._step()
                except Exception as error:
                    await self._recover(error)
                    await asyncio.sleep(RETRY_SECONDS)
        finally:
            membership, self._membership = self._membership, None
            with suppress(Exception):
                await asyncio.wait_for(self._hand.do(self.reader.give_back), STOP_SECONDS / 2)
            if membership is not None:
                self._left_behind = not await membership.leave(STOP_SECONDS)
            with suppress(Exception):
                await asyncio.wait_for(self._hand.do(self.source.close), STOP_SECONDS / 2)
            self._hand.end()

    async def _step(self) -> None:
        await self._keep_joined()
        async with self.lock:
            if self._watch.lost:
                self._watch.lost = False
                raise CursorsOutOfRange("the topic is not what it was")
            if self._must_take:
                await self._take()
            if self._held and not self.live:
                await self._catch_up()
            elif self._arrivals:
                await self._apply_waiting()
            elif self._watch.unmoved_for > ASLEEP_SECONDS:
                await self._fall_behind("Faust does not deliver what is there")
            if self._held and time.monotonic() - self._tended_at > TEND_SECONDS:
                await self._hand.do(self.reader.tend)
                self._tended_at = time.monotonic()
            self._watch.position = dict(self._held)
        if not self._arrivals and (self.live or not self._held):
            self._arrival.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._arrival.wait(), TEND_SECONDS / 2)
                await asyncio.sleep(GATHER_SECONDS)

    async def _take(self) -> None:
        """Lease what the group assigned; before it assigned anything, what is free (the rest is somebody's)."""
        assigned = self._membership.partitions if self._membership else None
        partitions = range(self.source.partitions) if assigned is None else assigned
        taken = await self._hand.do(self.reader.take, self.source, partitions, assigned=assigned is not None)
        self._let_go()
        self._held = dict(taken)
        self._must_take = False
        log.info("follower_holds", group=self.group, partitions=len(taken), assigned=assigned is not None)

    async def _catch_up(self) -> None:
        batch = await self._hand.do(self.source.read, self._held, LIMIT, timeout=TEND_SECONDS / 4)
        if batch.records:
            await self._receive(batch)
        self._level = len(batch.records) < LIMIT
        if self._traffic.calm(len(batch.records), level=self._level):
            await self._hand_over()

    async def _receive(self, batch: Batch) -> None:
        await self._hand.do(self.reader.receive, batch)
        self._held |= batch.cursors

    async def _hand_over(self) -> None:
        """Let Faust go on at exactly the checkpoints, when the group gave us exactly those partitions."""
        if self._membership is not None and self._membership.partitions == self._held.keys():
            self._arrivals.begin(self._held)
            self._traffic.begin()
            await self._membership.live.resume(self._arrivals.next)
            self.live = True
            log.info("follower_live", group=self.group, partitions=len(self._arrivals.next))

    async def _apply_waiting(self) -> None:
        batch, why = self._arrivals.take(LIMIT)
        if batch.records:
            await self._receive(batch)
            if self._traffic.busy(len(batch.records)):
                why = why or "much comes"
        if time.monotonic() - self._measured_at > TEND_SECONDS / 2 and self._membership is not None:
            self._measured_at = time.monotonic()
            why = why or ("much is unread" if self._membership.live.unread(self._arrivals.next) > BEHIND else "")
        if why:
            await self._fall_behind(why)

    async def _fall_behind(self, why: str) -> None:
        """Let kafka-python read again from the checkpoints; what Faust holds is dropped."""
        was_live = self.live
        held = self._held
        self._let_go()
        self._held = held
        if was_live:
            log.info("follower_catches_up", group=self.group, why=why)
            if self._membership is not None:
                with suppress(Exception):  # it left the group meanwhile: then nothing comes anyway
                    await asyncio.wait_for(self._membership.live.pause(held), STOP_SECONDS)

    def _let_go(self) -> None:
        self.live = self._level = False
        self._traffic.begin()
        self._held = {}
        self._arrivals.clear()

    async def _recover(self, error: Exception) -> None:
        """Nothing is lost: whatever was in hand is read again from the checkpoints."""
        said = (
            str(error) if isinstance(error, LogUnavailable | CursorsOutOfRange) else ""
        )  # a database's may be personal
        log.warning("follower_tries_again", group=self.group, error=type(error).__name__, detail=said)
        async with self.lock:
            await self._fall_behind(type(error).__name__)
            if isinstance(error, LogUnavailable) or is_outage(error):
                self._watch.excuse()
            if isinstance(error, LogUnavailable | CursorsOutOfRange):
                await self._hand.do(self.source.close)
        if isinstance(error, Fenced | CursorsOutOfRange):
            # Somebody has our partitions: ask the group anew who has which, rather than take them back by force. Or the
            # topic is another one: Faust, which knew the old one, may be told for minutes that it has no partitions.
            await self._leave()

    async def _keep_joined(self) -> None:
        """Join the group once level (or when others hold everything); leave a group that failed us, and join anew."""
        if self._membership is None:
            if not self._must_take and (self._level or not self._held):
                self._membership = Membership(
                    self.source.bootstrap, events_topic(self.source.source).name, self.group, self
                )
        elif failed := self._membership.failed:
            log.warning("follower_joins_anew", group=self.group, why=failed)
            await self._leave()

    async def _leave(self) -> None:
        """Leave the group; what is free may be taken again meanwhile."""
        async with self.lock:
            membership, self._membership = self._membership, None
            await self.changed()
            self._must_take = True
        if membership is not None and not await membership.leave(LEAVE_SECONDS):
            # It would stay in the group beside our next self, and keep partitions that nobody reads.
            log.critical("faust_did_not_stop", group=self.group)
            self._watch.stalled()
