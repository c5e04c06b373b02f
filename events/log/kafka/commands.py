"""The bureaus' commands on Kafka."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from kafka.consumer.fetcher import ConsumerRecord

from events.log.access import Brokers
from events.log.commands import Command
from events.log.kafka.topic_reader import TopicReader
from events.log.kafka.topics import COMMANDS, Topic


class KafkaCommands(TopicReader):
    """Reads the commands' topic. One connection, opened when first used. Not for several threads at once."""

    source = "bureaus"

    def __init__(self, bootstrap: Brokers, topic: Topic = COMMANDS, *, making: bool = True) -> None:
        super().__init__(bootstrap, topic, making=making)

    def read(
        self, cursors: Mapping[int, int], limit: int, timeout: float = 0.0
    ) -> tuple[Sequence[Command], Mapping[int, int]]:
        messages, after = self.fetch(cursors, limit, timeout)
        if not messages and cursors:
            after = self.beyond_markers(after)
        return [_command(message) for message in messages], after

    def oldest_unread_at(self, cursors: Mapping[int, int]) -> datetime | None:
        """Return when the first unread command was sent, by the clock of its bureau."""
        return min((_sent_at(message) for message in self.first_unread(cursors)), default=None)


def _command(message: ConsumerRecord) -> Command:
    headers = {name: value or b"" for name, value in message.headers or ()}
    return Command(message.partition, message.offset, _sent_at(message), headers, message.value or b"")


def _sent_at(message: ConsumerRecord) -> datetime:
    return datetime.fromtimestamp(max(message.timestamp, 0) / 1000, UTC)
