"""Reading one topic from the caller's cursors, without a group: where to resume is the caller's bookmark."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import closing

from kafka import KafkaConsumer, TopicPartition
from kafka.consumer.fetcher import ConsumerRecord
from kafka.errors import LogTruncationError, NoOffsetForPartitionError, OffsetOutOfRangeError

from events.log import CursorsOutOfRange, LogIdentity, LogUnavailable
from events.log.access import Brokers
from events.log.kafka.topics import (
    REQUEST_SECONDS,
    Topic,
    administration,
    connection,
    ensure,
    identity,
    unavailable,
)

VERIFY_SECONDS = 5.0
"""How often a reader asks whether the topic is still the one it began with, and whether the broker answers at all."""


class TopicReader:
    """Reads ``topic``, which is made if need be unless the caller only looks (not ``making``). One connection, opened
    when first used. For one thread at a time."""

    def __init__(self, bootstrap: Brokers, topic: Topic, *, making: bool = True) -> None:
        self.bootstrap = bootstrap
        self.topic = topic
        self.making = making
        self.name = topic.log
        self._consumer: KafkaConsumer | None = None
        self._at: dict[int, int] = {}
        self._began_with: LogIdentity | None = None
        self._verified_at = 0.0

    def identity(self) -> LogIdentity:
        """Return the ids of cluster and topic. Reading is about this topic from now on: another one is refused."""
        ensure(self.bootstrap, self.topic, making=self.making)
        with administration(self.bootstrap) as admin:
            self._began_with = identity(admin, self.topic)
        return self._began_with

    def fetch(
        self, cursors: Mapping[int, int], limit: int, timeout: float = 0.0
    ) -> tuple[list[ConsumerRecord], Mapping[int, int]]:
        """Return up to ``limit`` records and the cursors after them. ``CursorsOutOfRange`` when the topic was made anew
        since, or lost its end."""
        if not cursors:
            return [], {}
        with unavailable(self.bootstrap):
            consumer = self._open()
            if time.monotonic() - self._verified_at > VERIFY_SECONDS:
                # So that silence means silence, and not that nobody is there.
                self.verify(cursors)
                self._verified_at = time.monotonic()
            self._aim(consumer, cursors)
            polled = self._poll(consumer, limit, timeout)
        found: list[ConsumerRecord] = []
        after = dict(cursors)
        for tp, messages in polled.items():
            found.extend(messages)
            after[tp.partition] = self._at[tp.partition] = messages[-1].offset + 1
        return found, after

    def beyond_markers(self, cursors: Mapping[int, int]) -> Mapping[int, int]:
        """Return the cursors after a read that found nothing at ``cursors``: past what is no record there, the markers
        that a producer's transactions leave. Otherwise they would count as unread for ever."""
        with unavailable(self.bootstrap):
            consumer = self._open()
            reached = {p: _position(consumer, TopicPartition(self.topic.name, p)) for p in cursors}
        self._at = {p: max(cursor, reached[p]) for p, cursor in cursors.items()}
        return dict(self._at)

    def head(self) -> Mapping[int, int]:
        with unavailable(self.bootstrap):
            return _by_partition(self._open().end_offsets(self._all()))

    def beginning(self) -> Mapping[int, int]:
        with unavailable(self.bootstrap):
            return _by_partition(self._open().beginning_offsets(self._all()))

    def unread(self, cursors: Mapping[int, int]) -> Mapping[int, int]:
        head = self.head()
        return {p: head[p] - cursor for p, cursor in cursors.items() if head[p] > cursor}

    def first_unread(self, cursors: Mapping[int, int]) -> Sequence[ConsumerRecord]:
        """Return the first record at or after each cursor, for the partitions that have one."""
        waiting = {TopicPartition(self.topic.name, p): cursors[p] for p in self.unread(cursors)}
        first: list[ConsumerRecord] = []
        # A connection of its own: the reader's would lose what it has fetched, and fetches far more than one record.
        with unavailable(self.bootstrap), closing(self._consume(max_partition_fetch_bytes=16 * 1024)) as consumer:
            consumer.assign(waiting)
            for tp, cursor in waiting.items():
                consumer.seek(tp, cursor)
            deadline = time.monotonic() + REQUEST_SECONDS
            while waiting:
                if time.monotonic() > deadline:
                    raise LogUnavailable(f"Kafka at {self.bootstrap}: unread records of {len(waiting)} partitions")
                polled = self._poll(consumer, 10_000, 0.5)
                for tp, messages in polled.items():
                    if waiting.pop(tp, None) is not None:
                        first.append(messages[0])
                        consumer.pause(tp)
                if not polled:
                    # Where all was passed without a record, only the markers of transactions are left.
                    ends = consumer.end_offsets(list(waiting))
                    for tp in [tp for tp in waiting if _position(consumer, tp) >= ends[tp]]:
                        del waiting[tp]
        return first

    def verify(self, cursors: Mapping[int, int]) -> Mapping[int, int]:
        """Return the head, or raise ``CursorsOutOfRange`` when ``cursors`` do not mean what they did."""
        with administration(self.bootstrap) as admin:
            now = identity(admin, self.topic)
        self._began_with = self._began_with or now
        if now != self._began_with:
            raise CursorsOutOfRange(f"{self.topic.name} was made anew")
        head = self.head()
        if any(head[p] < cursor for p, cursor in cursors.items()):
            raise CursorsOutOfRange(f"{self.topic.name} lost its end")
        return head

    def close(self) -> None:
        consumer, self._consumer, self._at = self._consumer, None, {}
        if consumer is not None:
            consumer.close(autocommit=False, timeout_ms=1000)

    def _open(self) -> KafkaConsumer:
        if self._consumer is None:
            ensure(self.bootstrap, self.topic, making=self.making)
            self._consumer = self._consume(max_partition_fetch_bytes=512 * 1024)
        return self._consumer

    def _consume(self, max_partition_fetch_bytes: int) -> KafkaConsumer:
        """Many partitions in large batches, and a worker's memory still flat."""
        return KafkaConsumer(
            **connection(self.bootstrap),
            enable_auto_commit=False,
            auto_offset_reset="none",
            allow_auto_create_topics=False,
            # What a bureau's producer took back was never said.
            isolation_level="read_committed",
            fetch_max_bytes=16 * 1024 * 1024,
            max_partition_fetch_bytes=max_partition_fetch_bytes,
            metrics_enabled=False,
        )

    def _poll(
        self, consumer: KafkaConsumer, limit: int, timeout: float
    ) -> Mapping[TopicPartition, Sequence[ConsumerRecord]]:
        try:
            polled: Mapping[TopicPartition, Sequence[ConsumerRecord]]
            polled = consumer.poll(timeout_ms=int(timeout * 1000), max_records=limit)
        except (OffsetOutOfRangeError, NoOffsetForPartitionError, LogTruncationError) as error:
            self._at = {}
            raise CursorsOutOfRange(f"{self.topic.name}: {type(error).__name__}") from error
        return polled

    def _aim(self, consumer: KafkaConsumer, cursors: Mapping[int, int]) -> None:
        if self._at.keys() != cursors.keys():
            consumer.assign([TopicPartition(self.topic.name, p) for p in sorted(cursors)])
            self._at = {}
        for partition, cursor in cursors.items():
            if self._at.get(partition) != cursor:
                consumer.seek(TopicPartition(self.topic.name, partition), cursor)
                self._at[partition] = cursor

    def _all(self) -> Sequence[TopicPartition]:
        return [TopicPartition(self.topic.name, p) for p in range(self.topic.partitions)]


def _position(consumer: KafkaConsumer, partition: TopicPartition) -> int:
    return consumer.position(partition, timeout_ms=REQUEST_SECONDS * 1000) or 0


def _by_partition(offsets: Mapping[TopicPartition, int]) -> dict[int, int]:
    return {tp.partition: offset for tp, offset in offsets.items()}
