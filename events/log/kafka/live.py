"""Faust, tamed: it delivers raw messages of one topic to a callback, from our checkpoints, and decides nothing.

Its offsets are a hint that operators' tools show. Where reading starts is ours: the transport's consumer seeks to our
checkpoints wherever Faust would seek to its committed offsets.
"""

from __future__ import annotations

import asyncio
import logging
import shutil
import tempfile
from collections.abc import Collection, Mapping
from contextlib import suppress
from typing import Any, Protocol

import faust
from aiokafka import TopicPartition
from aiokafka.structs import OffsetAndMetadata
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from events.envelope import Record
from events.log.access import Brokers, Secured, addresses
from events.log.kafka.record import decode

SESSION_SECONDS = 10
"""With 60 s it took a minute until a worker went on after its broker had been frozen; with 10 s one second."""
COMMIT_SECONDS = 5


class Hooks(Protocol):
    """What the follower is told, in the event loop."""

    async def revoked(self, partitions: Collection[int]) -> None:
        """The group takes partitions away. It waits until this returns; nothing of theirs may be applied after."""
        ...

    async def assigned(self, partitions: Collection[int]) -> None: ...

    def checkpoints(self) -> Mapping[int, int]:
        """Return where each partition resumes, as far as it is known."""
        ...

    def arrived(self, message: Any) -> None:
        """Take one message. Must not raise."""
        ...


class Live:
    """One Faust app in one consumer group. Partitions are delivered only between ``resume`` and ``pause``."""

    def __init__(self, bootstrap: Brokers, topic: str, group: str, hooks: Hooks) -> None:
        self.topic = topic
        self.hooks = hooks
        self._folder = tempfile.mkdtemp(prefix="linkage-follow-")
        self.app = _app(bootstrap, topic, group, hooks, self._folder)

    @property
    def ended(self) -> bool:
        """Whether Faust gave up, for whatever reason. It is not repaired, it is replaced."""
        return bool(self.app.crashed or self.app.should_stop)

    async def start(self) -> None:
        """Join the group. Returns when partitions were assigned, which may take as long as others take to leave."""
        await self.app.start()

    async def stop(self, seconds: float) -> bool:
        """Leave the group, and return whether Faust ended within ``seconds``."""
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds) as limit:
                    await self.app.stop()
        finally:
            shutil.rmtree(self._folder, ignore_errors=True)
        return not limit.expired()  # not by the exception: Faust swallows being cancelled

    async def resume(self, cursors: Mapping[int, int]) -> None:
        """Deliver from exactly ``cursors`` on. Raises when a partition is not ours (any more)."""
        await self.app.consumer.aim({TP(self.topic, p): c for p, c in cursors.items()}, paused=False)

    async def pause(self, cursors: Mapping[int, int]) -> None:
        """Deliver nothing, fetch nothing, and drop what was fetched."""
        await self.app.consumer.aim({TP(self.topic, p): c for p, c in cursors.items()}, paused=True)

    def unread(self, cursors: Mapping[int, int]) -> int:
        """Return how far the topic's end, as last heard of, is ahead of ``cursors``."""
        consumer = self.app.consumer
        assigned = consumer.assignment()
        total = 0
        for partition, cursor in cursors.items():
            tp = TP(self.topic, partition)
            if tp in assigned:
                total += max(0, (consumer.highwater(tp) or 0) - cursor)
        return total


class _Consumer(driver.Consumer):  # type: ignore[misc]
    """Faust's consumer, with our checkpoints in place of its offsets."""

    hooks: Hooks
    paused = True

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        await self.hooks.revoked({tp.partition for tp in revoked})
        await super().on_partitions_revoked(revoked)

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        # Paused until the follower, which knows how far the checkpoints are, says from where.
        self.paused = True
        await self.hooks.assigned({tp.partition for tp in assigned})
        await super().on_partitions_assigned(assigned, generation_id)

    async def seek_to_committed(self) -> Mapping[TP, int]:
        known = self.hooks.checkpoints()
        cursors = {tp: known[tp.partition] for tp in self.assignment() if tp.partition in known}
        await self.aim(cursors, paused=self.paused)
        return cursors

    async def aim(self, cursors: Mapping[TP, int], paused: bool) -> None:
        """Seek to ``cursors``, and fetch from there or not. Partitions without a cursor are paused."""
        self.paused = paused
        await self._thread.call_thread(self._aim_in_thread, cursors, paused)
        for tp, cursor in cursors.items():
            # Faust keeps every acknowledged offset until those before it are acknowledged too. After a jump they never
            # are: without this the lists grow for ever.
            self._acked.pop(tp, None)
            self._acked_index.pop(tp, None)
            self._gap.pop(tp, None)
            self._read_offset[tp] = cursor or None
            self._committed_offset[tp] = cursor or None

    async def _aim_in_thread(self, cursors: Mapping[TP, int], paused: bool) -> None:
        consumer = self._thread._ensure_consumer()
        held = consumer.assignment()
        consumer.pause(*(tp for tp in held if paused or tp not in cursors))
        for tp, cursor in cursors.items():
            consumer.seek(TopicPartition(tp.topic, tp.partition), cursor)
        if not paused:
            consumer.resume(*(TopicPartition(tp.topic, tp.partition) for tp in cursors))

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:
        """Commit our checkpoints as a hint. That it fails is of no consequence, so it must not end the app."""
        known = self.hooks.checkpoints()
        hint = {
            TopicPartition(tp.topic, tp.partition): OffsetAndMetadata(known[tp.partition], "")
            for tp in offsets
            if tp.partition in known
        }
        try:
            consumer = self._thread._ensure_consumer()
            await asyncio.wait_for(self._thread.call_thread(consumer.commit, hint), COMMIT_SECONDS)
        except Exception:  # whatever Kafka's client raises: the next commit says more than this one
            return False
        return True

    def verify_event_path(self, now: float, tp: TP) -> None:
        """Say nothing: Faust takes a paused partition for a hanging one. The follower watches progress itself."""


def record_of(source: str, message: Any) -> Record:
    """Return the record in a message that arrived."""
    at = int(message.timestamp * 1000)
    return decode(
        source, message.topic, message.partition, message.offset, at, message.key, message.value, message.headers
    )


def _credentials(brokers: Brokers) -> faust.Credentials | None:
    if not isinstance(brokers, Secured):
        return None
    tls = brokers.tls()
    if not brokers.asks_for_a_name:
        return faust.SSLCredentials(tls)
    return faust.SASLCredentials(
        username=brokers.user, password=brokers.password, ssl_context=tls, mechanism=brokers.mechanism
    )


def _app(bootstrap: Brokers, topic: str, group: str, hooks: Hooks, folder: str) -> faust.App:
    # aiokafka would report each attempt at a broker that is away; the follower says what comes of it.
    for name, level in {"faust": logging.ERROR, "mode": logging.ERROR, "aiokafka": logging.CRITICAL}.items():
        logging.getLogger(name).setLevel(level)
    app = faust.App(
        group,
        broker=";".join(f"kafka://{address}" for address in addresses(bootstrap)),
        broker_credentials=_credentials(bootstrap),
        processing_guarantee="at_least_once",
        key_serializer="raw",
        value_serializer="raw",
        store="memory://",
        datadir=folder,
        web_enabled=False,
        # kafka-python makes the topics, and there is no leader to elect.
        topic_allow_declare=False,
        topic_disable_leader=True,
        # What is in flight at a rebalance comes again: waiting for it would hold up the whole group.
        stream_wait_empty=False,
        broker_session_timeout=SESSION_SECONDS,
        broker_heartbeat_interval=2,
        broker_rebalance_timeout=30,
        broker_request_timeout=40,
        # While kafka-python catches up nothing is polled, however long that takes; progress is watched elsewhere.
        broker_max_poll_interval=86_400,
        consumer_auto_offset_reset="earliest",
        consumer_max_fetch_size=256 * 1024,
    )
    app.finalize()
    transport = type("Transport", (driver.Transport,), {"Consumer": type("Consumer", (_Consumer,), {"hooks": hooks})})
    app.transport = transport(app.conf.broker_consumer, app)

    async def deliver(stream: Any) -> None:
        async for event in stream.events():
            hooks.arrived(event.message)

    app.agent(app.topic(topic, key_type=bytes, value_type=bytes), name="deliver", concurrency=1)(deliver)
    return app
