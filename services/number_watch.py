"""The watch over numbers: one leader of a side finds out what did not come, asks for it, and notes that it came.

Beside the scheduler, not in it: a broker that answers late must keep no reminder waiting.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

import psycopg
import structlog

from events.leading import Leader, Wait, every, lead
from events.locks import Lock
from events.log import Log, LogUnavailable, closing_log
from events.numbers import count
from events.store import VersionConflict
from projections.completeness import Missing, kept, look, look_at_others
from projections.received_numbers import compact
from services.asking_again import ask, fetch
from services.scheduler import database_clock

log = structlog.get_logger()

SILENT_SECONDS = 120.0
LOOK_SECONDS = 5.0


class NumberWatch:
    """Watches what ``reader`` of one side gets of the other side's numbers. ``source`` opens the other side's log."""

    def __init__(self, url: str, side: str, reader: str, source: Callable[[], Log]) -> None:
        self.url = url
        self.side = side
        self.reader = reader
        self.source = source

    def run(self, stop: threading.Event) -> None:
        """Watch until ``stop``. A database or log that is away is waited for: nothing is known meanwhile."""
        lead(
            Leader(self.url, f"{self.side}-numbers", Lock.WATCHING_NUMBERS, SILENT_SECONDS, LOOK_SECONDS),
            stop,
            lambda connection: self._watch(connection, stop),
            waits={LogUnavailable: Wait("numbers_not_watched")},
        )

    def _watch(self, connection: psycopg.Connection, stop: threading.Event) -> None:
        with closing_log(self.source()) as source:
            every(LOOK_SECONDS, stop, lambda: self.turn(connection, source))

    def turn(self, connection: psycopg.Connection, source: Log) -> list[Missing]:
        """Look once, and ask for what is missing; return that."""
        between = compact(connection) | {one.series for one in kept(connection)}
        found = look(connection, source, self.reader)
        look_at_others(connection, between - {self.reader}, self.reader)
        try:
            asked = ask(connection, self.side, source.source, [one.run for one in found], database_clock(connection))
        except VersionConflict:
            return found  # an officer asked at the same time
        if asked:
            log.warning("numbers_asked_for", side=self.side, source=source.source, numbers=count(asked))
            fetch(connection, source, self.reader, asked)
        return found
