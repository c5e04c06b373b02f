"""How the commands' topic stands: what is unread, which replies wait, and what a person must look at."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing

import psycopg

from events.log import LogUnavailable
from events.log.commands import READER, TOPIC, Commands
from projections.lag import Lag, measure_unannounced
from services.approval import unanswered_commands, waiting_replies
from services.counted_facts import kafka_facts
from services.metrics import Fact


class CommandState:
    """Asked at each scrape. ``source`` opens the topic."""

    def __init__(self, source: Callable[[], Commands]) -> None:
        self.source = source

    def lag(self, connection: psycopg.Connection) -> Lag:
        with closing(self.source()) as source:
            return measure_unannounced(connection, source, READER)

    def waiting(self, connection: psycopg.Connection) -> Mapping[str, int]:
        return {
            "linkage_commands_unanswered": unanswered_commands.count(connection),
            "linkage_command_replies_waiting": waiting_replies.count(connection),
        }

    def facts(self, connection: psycopg.Connection) -> Iterator[Fact]:
        """Yield what lies unread in each partition; nothing while Kafka is away."""
        try:
            with closing(self.source()) as source:
                log, head = source.name, source.head()
        except LogUnavailable:
            return
        yield from kafka_facts(connection, READER, log, TOPIC, head)
