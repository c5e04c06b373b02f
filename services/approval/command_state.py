"""How the commands' topic stands: what is unread, which replies wait, and what a person must look at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing

import psycopg

from events.log.commands import READER, Commands
from projections.lag import Lag, measure_unannounced
from services.approval import unanswered_commands, waiting_replies


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
