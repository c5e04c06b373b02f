"""What each side says of itself, on one compacted topic, keyed by the side: only the newest of each is kept."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson
from kafka import KafkaConsumer, TopicPartition

from events.envelope import canonical
from events.log import Announcement, LogUnavailable
from events.log.access import Brokers
from events.log.kafka.publisher import Message, Sender
from events.log.kafka.topics import ANNOUNCEMENTS, REQUEST_SECONDS, connection, ensure, unavailable


class Announcements:
    """Announces for ``source``, and hears what ``source`` announced. Opened when first used.

    The topic is made if need be, unless the caller only looks (not ``making``).
    """

    def __init__(self, bootstrap: Brokers, source: str, *, making: bool = True) -> None:
        self.bootstrap = bootstrap
        self.source = source
        self.making = making
        self._sender: Sender | None = None
        self._consumer: KafkaConsumer | None = None
        self._heard: Announcement | None = None

    def announce(self, said: Announcement) -> None:
        if self._sender is None:
            ensure(self.bootstrap, ANNOUNCEMENTS)
            self._sender = Sender(self.bootstrap)
        self._sender.send([Message(ANNOUNCEMENTS.name, said.source.encode(), value_of(said), [], 0)])

    def newest(self) -> Announcement | None:
        """Read on to the end of the topic as it is now, and return the newest announcement of the source."""
        topic = TopicPartition(ANNOUNCEMENTS.name, 0)
        with unavailable(self.bootstrap):
            consumer = self._open(topic)
            end = consumer.end_offsets([topic])[topic]
            if (consumer.position(topic, timeout_ms=REQUEST_SECONDS * 1000) or 0) > end:
                self._heard = None
                consumer.seek_to_beginning(topic)  # the topic was made anew
            deadline = time.monotonic() + REQUEST_SECONDS
            while (consumer.position(topic, timeout_ms=REQUEST_SECONDS * 1000) or 0) < end:
                if time.monotonic() > deadline:
                    raise LogUnavailable(f"Kafka at {self.bootstrap}: announcements end before {end}")
                for messages in consumer.poll(timeout_ms=500, max_records=10_000).values():
                    for message in messages:
                        if message.key == self.source.encode():
                            self._heard = _read(self.source, message.value) or self._heard
        return self._heard

    def close(self) -> None:
        if self._sender is not None:
            self._sender.close()
            self._sender = None
        consumer, self._consumer, self._heard = self._consumer, None, None
        if consumer is not None:
            consumer.close(autocommit=False, timeout_ms=1000)

    def _open(self, topic: TopicPartition) -> KafkaConsumer:
        if self._consumer is None:
            ensure(self.bootstrap, ANNOUNCEMENTS, making=self.making)
            self._consumer = KafkaConsumer(
                **connection(self.bootstrap),
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                allow_auto_create_topics=False,
                metrics_enabled=False,
            )
            self._consumer.assign([topic])
            self._consumer.seek_to_beginning(topic)
        return self._consumer


def value_of(said: Announcement) -> bytes:
    return canonical({"announced_at": said.announced_at.isoformat(), **said.as_said()})


def _read(source: str, value: bytes | None) -> Announcement | None:
    """Return the announcement, or None for what another program wrote: it must not silence the side for good."""
    try:
        said: Mapping[str, Any] = orjson.loads(value or b"")
        return Announcement.read(source, datetime.fromisoformat(said["announced_at"]), said)
    except (ValueError, KeyError, TypeError):
        return None
