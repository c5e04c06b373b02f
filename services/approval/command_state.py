"""How the commands' topic stands: what is unread, which replies wait, and what a person must look at."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing

import psycopg

from events.log.commands import READER, TOPIC, Commands
from projections.lag import Lag, measure_unannounced
from services.approval import unanswered_commands, waiting_replies
from services.counted_facts import kafka_facts
from services.metrics import Fact
from services.scraping import REMEMBERED_SECONDS, topic_head


class CommandState:
    """Asked at each scrape. ``source`` opens the topic, once for all that a scrape asks of it."""

    def __init__(self, source: Callable[[], Commands]) -> None:
        self.source = source
        self._lock = threading.Lock()
        self._measured: tuple[float, Lag, str, Mapping[int, int] | None] | None = None

    def lag(self, connection: psycopg.Connection) -> Lag:
        return self._measure(connection)[1]

    def waiting(self, connection: psycopg.Connection) -> Mapping[str, int]:
        return {
            "linkage_commands_unanswered": unanswered_commands.count(connection),
            "linkage_command_replies_waiting": waiting_replies.count(connection),
        }

    def facts(self, connection: psycopg.Connection) -> Iterator[Fact]:
        """Yield what lies unread in each partition; nothing while Kafka is away."""
        _, _, log, head = self._measure(connection)
        if head is not None:
            yield from kafka_facts(connection, READER, log, TOPIC, head)

    def _measure(self, connection: psycopg.Connection) -> tuple[float, Lag, str, Mapping[int, int] | None]:
        with self._lock:
            if self._measured is None or time.monotonic() - self._measured[0] > REMEMBERED_SECONDS:
                with closing(self.source()) as source:
                    lag = measure_unannounced(connection, source, READER)
                    self._measured = time.monotonic(), lag, source.name, topic_head(source)
            return self._measured
