"""The log on Kafka: one topic of 64 partitions for each source, read from the caller's cursors, without a group.

kafka-python reads, in large batches. Following live, partitions shared among workers by a consumer group, is in
``following``. A cursor is the offset of the next record.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from kafka.consumer.fetcher import ConsumerRecord

from events.envelope import PARTITIONS, Record
from events.log import Announcement, Batch
from events.log.access import Brokers
from events.log.kafka.announcements import Announcements
from events.log.kafka.record import decode
from events.log.kafka.topic_reader import TopicReader
from events.log.kafka.topics import events_topic
from events.numbers import Run


class KafkaLog(TopicReader):
    """Reads the events of ``source``. One connection, opened when first used. Not for several threads at once."""

    partitions = PARTITIONS

    def __init__(self, bootstrap: Brokers, source: str, *, making: bool = True) -> None:
        super().__init__(bootstrap, events_topic(source), making=making)
        self.source = source
        self._announcements = Announcements(bootstrap, source, making=making)

    def read(self, cursors: Mapping[int, int], limit: int, timeout: float = 0.0) -> Batch:
        """Return up to ``limit`` records. ``CursorsOutOfRange`` when the topic was made anew since, or lost its end."""
        messages, after = self.fetch(cursors, limit, timeout)
        return Batch([self._record(message) for message in messages], after)

    def oldest_unread_at(self, cursors: Mapping[int, int]) -> datetime | None:
        """Return when the first unread record was recorded. One record of each partition is looked at."""
        return min((self._record(message).recorded_at for message in self.first_unread(cursors)), default=None)

    def numbered(self, runs: Sequence[Run]) -> None:
        """Nothing: a topic is read by offset, and what it never held, or holds unread, only the relay can send anew."""

    def announce(self, announcement: Announcement) -> None:
        self._announcements.announce(announcement)

    def announcement(self) -> Announcement | None:
        return self._announcements.newest()

    def close(self) -> None:
        self._announcements.close()
        super().close()

    def _record(self, message: ConsumerRecord) -> Record:
        return decode(
            self.source,
            message.topic,
            message.partition,
            message.offset,
            message.timestamp,
            message.key,
            message.value,
            message.headers,
        )
