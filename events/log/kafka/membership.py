"""One stay in a consumer group, from joining until leaving. One that failed is left and replaced, never repaired."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Mapping
from typing import Any, Protocol

from events.log.access import Brokers
from events.log.kafka.live import Live

ASSIGNED_WITHIN_SECONDS = 45.0
EMPTY_HANDED_SECONDS = 3.0
"""There are fewer workers than partitions: one that gets none joined while the topic was being made anew, and would
wait for a share until somebody else joins or leaves."""


class Member(Protocol):
    """Who stays in the group."""

    lock: asyncio.Lock
    """Held while a batch is applied: partitions change hands between two batches, never within one."""

    async def changed(self) -> None:
        """The assignment changed: let go of every partition. Called with the lock held."""
        ...

    def checkpoints(self) -> Mapping[int, int]: ...

    def arrived(self, message: Any) -> None: ...


class Membership:
    """Joins as soon as it is made."""

    def __init__(self, bootstrap: Brokers, topic: str, group: str, member: Member) -> None:
        self.member = member
        self.partitions: frozenset[int] | None = None
        """What the group assigned. None while it has not said, or is about to say something else."""
        self.checkpoints: Callable[[], Mapping[int, int]] = member.checkpoints
        self.arrived: Callable[[Any], None] = member.arrived
        self.live = Live(bootstrap, topic, group, self)
        self._left = False
        self._since = time.monotonic()
        self._joining = asyncio.create_task(self.live.start())

    @property
    def failed(self) -> str:
        """Why this stay is over, or nothing."""
        if self.live.ended:
            return "Faust ended"
        if self._joining.done() and not self._joining.cancelled() and self._joining.exception():
            return f"joining failed: {type(self._joining.exception()).__name__}"
        patience = ASSIGNED_WITHIN_SECONDS if self.partitions is None else EMPTY_HANDED_SECONDS
        if not self.partitions and time.monotonic() - self._since > patience:
            return "the group assigns nothing"
        return ""

    async def leave(self, seconds: float) -> bool:
        """Leave, and return whether that was possible. Never called with the lock held: a rebalance may wait for it."""
        self._left = True
        left = await self.live.stop(seconds)
        self._joining.cancel()
        await asyncio.gather(self._joining, return_exceptions=True)
        return left

    async def revoked(self, partitions: Collection[int]) -> None:
        await self._change(None)

    async def assigned(self, partitions: Collection[int]) -> None:
        await self._change(frozenset(partitions))

    async def _change(self, partitions: frozenset[int] | None) -> None:
        async with self.member.lock:
            if self._left or (partitions is None and self.partitions is None):
                return
            self.partitions = partitions
            self._since = time.monotonic()
            await self.member.changed()
