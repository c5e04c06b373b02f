"""Publishing to Kafka: the relay's end of a log, with the idempotent producer and without Kafka transactions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import KafkaError

from events.envelope import PARTITIONS, Record
from events.log import LogIdentity, LogUnavailable
from events.log.access import Brokers
from events.log.kafka.record import Headers, headers_of, key_of, value_of
from events.log.kafka.topics import (
    REQUEST_SECONDS,
    administration,
    connection,
    ensure,
    events_topic,
    identity,
    unavailable,
)

DELIVERY_SECONDS = REQUEST_SECONDS + 2
"""After this long without an acknowledgement the broker is away, and the caller decides what to do."""


@dataclass(frozen=True, slots=True)
class Message:
    """One record for a topic. ``partition`` None leaves it to the key; ``timestamp`` is in milliseconds."""

    topic: str
    key: bytes
    value: bytes
    headers: Headers
    partition: int | None = None
    timestamp: int | None = None


class Sender:
    """Sends messages and waits until they are durable. A producer that failed once is given up, and made anew.

    That matters: after a failure Kafka's producer may drop what was in flight and go on with what came after it.
    """

    def __init__(self, bootstrap: Brokers) -> None:
        self.bootstrap = bootstrap
        self._producer: _Producer | None = None

    def send(self, messages: Iterable[Message]) -> list[tuple[int, int]]:
        """Send ``messages`` in order and return (partition, offset) of each once all are on every replica.

        ``LogUnavailable`` after ``DELIVERY_SECONDS``; then some, all or none may have been written.
        """
        try:
            with unavailable(self.bootstrap):
                producer = self._open()
                futures = [producer.put(message) for message in messages]
                producer.flush(DELIVERY_SECONDS + 2)
                written = [future.get(DELIVERY_SECONDS + 2) for future in futures]
        except LogUnavailable:
            self._give_up()
            raise
        return [(one.partition, one.offset) for one in written]

    def close(self) -> None:
        """Close. Whatever was sent is durable already."""
        producer, self._producer = self._producer, None
        if producer is not None:
            with suppress(KafkaError):
                producer.close(timeout=2)

    def _give_up(self) -> None:
        producer = self._producer
        if producer is not None:
            # Without this what is in flight to a frozen broker stays so for ever, and closing waits for it.
            producer._sender.force_close()
        self.close()

    def _open(self) -> _Producer:
        if self._producer is None:
            self._producer = _Producer(
                **connection(self.bootstrap),
                enable_idempotence=True,
                acks="all",
                delivery_timeout_ms=DELIVERY_SECONDS * 1000,
                max_block_ms=REQUEST_SECONDS * 1000,
                allow_auto_create_topics=False,
                batch_size=256 * 1024,
                # Ours are flushed at once: this only keeps the first of many from leaving alone.
                linger_ms=50,
                metrics_enabled=False,
            )
        return self._producer


class _Producer(KafkaProducer):  # type: ignore[misc]
    """Kafka's producer, for many messages at once."""

    def __init__(self, **configuration: Any) -> None:
        super().__init__(**configuration)
        self._known: set[str] = set()

    def put(self, message: Message) -> Any:
        """Do what ``send`` does. Where the partition is known, what it would check of it and of every header is left
        out: that was a third of the work of publishing."""
        if message.partition is None:
            return self.send(
                message.topic,
                key=message.key,
                value=message.value,
                headers=message.headers,
                timestamp_ms=message.timestamp,
            )
        if message.topic not in self._known:
            self.partitions_for(message.topic)
            self._known.add(message.topic)
        place = TopicPartition(message.topic, message.partition)
        future, *_ = self._accumulator.append(place, message.timestamp, message.key, message.value, message.headers)
        return future


class KafkaPublisher:
    """Publishes the ledger of ``source``. The partition is the record's own, never left to Kafka."""

    def __init__(self, bootstrap: Brokers, source: str) -> None:
        self.bootstrap = bootstrap
        self.source = source
        self.topic = events_topic(source)
        self._sender = Sender(bootstrap)
        ensure(bootstrap, self.topic)

    def identity(self) -> LogIdentity:
        with administration(self.bootstrap) as admin:
            return identity(admin, self.topic)

    def head(self) -> Mapping[int, int]:
        with unavailable(self.bootstrap):
            consumer = KafkaConsumer(**connection(self.bootstrap), metrics_enabled=False)
            try:
                ends = consumer.end_offsets([TopicPartition(self.topic.name, p) for p in range(PARTITIONS)])
            finally:
                consumer.close()
        return {tp.partition: offset for tp, offset in ends.items()}

    def publish(self, records: Sequence[Record]) -> Mapping[int, int]:
        """Write ``records`` in order. After ``LogUnavailable`` the same batch may be published again: readers skip."""
        written = self._sender.send(
            Message(
                self.topic.name,
                key_of(record),
                value_of(record),
                headers_of(record),
                record.partition,
                int(record.recorded_at.timestamp() * 1000),
            )
            for record in records
        )
        return {partition: offset + 1 for partition, offset in written}

    def close(self) -> None:
        self._sender.close()

    def __enter__(self) -> KafkaPublisher:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()
