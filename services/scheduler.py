"""The scheduler: one leader of a side that looks at the clock and makes a round when there may be something owed.

Reminders are facts, recorded once, so nothing that reads the log ever reminds anybody. What a standstill missed is said
when it is over: once for each item, however many days it was.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import psycopg
import structlog

from events.leading import Leader, lead
from events.locks import Lock
from events.store import VersionConflict
from services.scheduling import Ending, OpenItems, round_once, scheduled_until
from services.time_rules import rules_version
from services.working_days import china_day

log = structlog.get_logger()

SILENT_SECONDS = 120.0
"""A leader that says nothing for this long is frozen: the server ends its session, and with it the lock. Longer than it
counts days for all that is open in a province."""

LOOK_SECONDS = 5.0
EVERY_SECONDS = 600.0
"""How long what comes late, with a day of its own that is over, may wait. All else is owed from a new day on, or by a
new limit or notice, and those are noticed when the clock is looked at."""
DOUBT_SECONDS = 600.0
"""A clock that says neither the day of the last round nor the next one has leapt, or everything stood still. It is
believed when it has said so for this long: who sets it right within ten minutes reminds nobody by mistake."""


def database_clock(connection: psycopg.Connection) -> datetime:
    """Return the time of the database: the same one that says when an event was recorded."""
    row = connection.execute("SELECT clock_timestamp()").fetchone()
    assert row is not None
    now: datetime = row[0]
    return now


@dataclass(slots=True)
class Doubt:
    """Whether a day that a clock says is believed, by another clock that only ever runs forward."""

    seconds: float = DOUBT_SECONDS
    running: Callable[[], float] = time.monotonic
    _day: date | None = None
    _since: float = 0.0

    def believes(self, day: date, last: date | None) -> bool:
        if last is None or day in (last, last + timedelta(days=1)):
            self._day = None
            return True
        if day != self._day:
            self._day, self._since = day, self.running()
            log.warning("scheduler_doubts_the_clock", says=day.isoformat(), last_round=last.isoformat())
        return self.running() - self._since >= self.seconds


class Scheduler:
    """Leads the reminding of one side, or waits until it may."""

    def __init__(
        self,
        url: str,
        side: str,
        kinds: Sequence[OpenItems],
        endings: Sequence[Ending] = (),
        clock: Callable[[psycopg.Connection], datetime] = database_clock,
        doubt: Doubt | None = None,
    ) -> None:
        self.url = url
        self.side = side
        self.kinds = kinds
        self.endings = endings
        self.clock = clock
        self.doubt = doubt or Doubt()

    def run(self, stop: threading.Event) -> None:
        """Make rounds until ``stop``. An outage of the database is waited out."""
        lead(
            Leader(self.url, f"{self.side}-scheduler", Lock.SCHEDULING, SILENT_SECONDS),
            stop,
            lambda connection: self._lead(connection, stop),
        )

    def _lead(self, connection: psycopg.Connection, stop: threading.Event) -> None:
        log.info("scheduler_leads", side=self.side)
        made, made_by = 0.0, None
        while not stop.is_set():
            now = self.clock(connection)
            by = china_day(now), rules_version(connection)
            if (by != made_by or time.monotonic() - made >= EVERY_SECONDS) and self.turn(connection, now):
                made, made_by = time.monotonic(), by
            self.end_what_is_over(connection, now, stop)
            stop.wait(LOOK_SECONDS)

    def end_what_is_over(self, connection: psycopg.Connection, now: datetime, stop: threading.Event) -> None:
        """Between two rounds: what ends by itself, and what a changed duty list moves, waits for no new day."""
        if self.doubt.believes(china_day(now), scheduled_until(connection)):
            with suppress(VersionConflict):
                for ending in self.endings:
                    while not stop.is_set() and ending.end(connection, now):
                        pass

    def turn(self, connection: psycopg.Connection, now: datetime) -> bool:
        """Make a round if the day is believed; return whether one was made to its end."""
        today, last = china_day(now), scheduled_until(connection)
        if not self.doubt.believes(today, last):
            return False
        try:
            said = round_once(connection, self.side, self.kinds, now)
        except VersionConflict:
            log.info("scheduler_begins_its_round_again", side=self.side)
            return False
        if said:
            log.info("scheduler_said", side=self.side, events=said)
        if today != last:
            connection.execute(
                """INSERT INTO scheduled_until (day) VALUES (%s)
                   ON CONFLICT (only_row) DO UPDATE SET day = excluded.day""",
                (today,),
            )
        return True
