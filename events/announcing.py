"""What a service says of itself through the log, so that the other side tells silence from quiet."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

import psycopg
import structlog

from events import bookmark, ledger
from events.database import connect, is_outage
from events.log import Announcement, Log, LogUnavailable
from events.log.embedded import EmbeddedLog
from events.pace import BulkPace
from events.uncarried import UNCARRIED

log = structlog.get_logger()

EVERY_SECONDS = 0.25
MOVING_SECONDS = 0.05
"""How often it is asked how far lists are while they move. What is on its way must last them until the next answer is
heard, and who comes after it waits for it: four answers a second cost each of both half a second."""
LOOKS = round(EVERY_SECONDS / MOVING_SECONDS)
QUIET_SECONDS = 2.0
"""Lists that have not moved for so long are not moving: they are asked for all night. Slow ones take a second for a
batch."""
FIRST_ANSWER_SECONDS = 5.0
COUNTED_AT_MOST = 100_000
"""The outbox is counted no further than this: a million waiting rows must not slow the announcement down."""
MANY = 10_000
COUNTED_EVERY = 4
"""So many waiting rows are counted in every fourth announcement only: in each, it took an eighth of a core."""


def survey(
    connection: psycopg.Connection,
    source: str,
    follows: Mapping[str, str],
    pending: int | None = None,
    *,
    carried_into: str = "",
    passed: int = 0,
) -> Announcement:
    """Return what ``source`` would announce now. ``follows`` maps each source it reads to the name of that log.
    ``pending``: how many wait in the outbox, where that is not to be counted. ``carried_into``: the log that a relay
    fills, and ``passed`` how far the other side's lists are known to be; no relay is needed without."""
    query = f"""SELECT coalesce(%(pending)s, (SELECT count(*) FROM (SELECT 1 FROM outbox LIMIT %(most)s) AS waiting)),
                  (SELECT min(recorded_at) FROM (
                      (SELECT recorded_at FROM outbox WHERE lane = 0 ORDER BY id LIMIT 1)
                      UNION ALL (SELECT recorded_at FROM outbox WHERE lane = 1 ORDER BY id LIMIT 1)) AS first),
                  clock_timestamp(), (SELECT said FROM spoken_checkpoint), uncarried.events, uncarried.since
           FROM {UNCARRIED}"""
    asked = {"pending": pending, "most": COUNTED_AT_MOST, "log": carried_into, "passed": passed}
    row = connection.execute(query.encode(), asked).fetchone()
    assert row is not None
    waits = bool(carried_into) and row[5] is not None
    head = ledger.head(connection)
    applied, reached = _passed(connection, follows)
    return Announcement(
        source=source,
        announced_at=row[2],
        outbox_pending=row[0] if row[1] else 0,  # a count of before must not outlive what it counted
        outbox_oldest_at=row[1],
        ledger_head=head.position,
        ledger_head_at=head.recorded_at,
        applied=applied,
        reached=reached,
        checkpoint=row[3],
        uncarried=row[4] if waits else 0,
        uncarried_oldest_at=row[5] if waits else None,
    )


def moved_on(connection: psycopg.Connection, said: Announcement, follows: Mapping[str, str]) -> Announcement:
    """Return ``said``, or what to say now when lists have moved since. What waits in the outbox is not counted anew."""
    applied, reached = _passed(connection, follows)
    if reached == said.reached:
        return said
    row = connection.execute("SELECT clock_timestamp()").fetchone()
    assert row is not None
    return replace(said, announced_at=row[0], applied=applied, reached=reached)


def _passed(connection: psycopg.Connection, follows: Mapping[str, str]) -> tuple[dict[str, int], dict[str, int]]:
    passed = {other: bookmark.passed(connection, name) for other, name in follows.items()}
    return {other: low for other, (low, _) in passed.items()}, {other: high for other, (_, high) in passed.items()}


def unnumbered_since(connection: psycopg.Connection) -> datetime | None:
    """Return when the oldest event of the live lane was recorded that has no number yet. What a file brought waits on
    purpose, as long as the file is long: of that nobody is to be woken."""
    row = connection.execute("SELECT recorded_at FROM outbox WHERE lane = 0 ORDER BY id LIMIT 1").fetchone()
    return row[0] if row else None


class Announcer:
    """Announces one service four times a second, and while its lists move how far they are as they come; hears as much
    of the other side's, for the sequencer's gate."""

    def __init__(self, url: str, source: str, own: Callable[[], Log], other: Callable[[], Log]) -> None:
        self.url = url
        self.source = source
        self.own = own
        self.other = other
        self._pace = BulkPace()
        self._announced_head = self._read_by_other = self._passed_by_other = 0
        self._asked = threading.Event()

    def known_head(self) -> int:
        """Return the highest number of the own ledger that it ever announced, or, where the ledger itself is the log,
        that the other side has read; 0 while the log is away. Waits for the first answer, a few seconds at most."""
        self._asked.wait(FIRST_ANSWER_SECONDS)
        return max(self._announced_head, self._read_by_other)

    def bulk_room(self, head: int) -> int:
        """Return how many bulk events may follow the ledger's ``head``."""
        return self._pace.room(head)

    def run(self, stop: threading.Event) -> None:
        own, other = self.own(), self.other()
        try:
            while not stop.is_set():
                try:
                    self._round(own, other, stop)
                except (LogUnavailable, psycopg.Error) as error:
                    if isinstance(error, psycopg.Error) and not is_outage(error):
                        raise
                    log.warning("announcer_waits", source=self.source, error=type(error).__name__)
                    self._asked.set()
                    stop.wait(2.0)
        finally:
            self._asked.set()
            own.close()
            other.close()

    def _round(self, own: Log, other: Log, stop: threading.Event) -> None:
        follows, carried_into = {other.source: other.name}, "" if isinstance(own, EmbeddedLog) else own.name
        with connect(self.url, application=f"{self.source}-announcer") as connection:
            said = own.announcement()
            self._announced_head = said.ledger_head if said else 0
            before: object = None
            quiet, many, turn = QUIET_SECONDS, 0, 0
            while not stop.is_set():
                heard = self._hear(own, other)
                turn += 1
                now = survey(
                    connection,
                    self.source,
                    follows,
                    many if many > MANY and turn % COUNTED_EVERY else None,
                    carried_into=carried_into,
                    passed=self._passed_by_other,
                )
                many = now.outbox_pending
                self._say(own, now)
                quiet = 0.0 if (heard, now.reached) != before else quiet + EVERY_SECONDS
                before = heard, now.reached
                if quiet >= QUIET_SECONDS:
                    stop.wait(EVERY_SECONDS)
                    continue
                for _ in range(LOOKS):
                    if stop.wait(MOVING_SECONDS):
                        return
                    self._hear(own, other)
                    later = moved_on(connection, now, follows)
                    if later is not now:
                        self._say(own, later)
                        now = later

    def _hear(self, own: Log, other: Log) -> int:
        """Take in what the other side says, and return how far its lists are."""
        heard = other.announcement()
        reached = heard.reached.get(self.source, 0) if heard else 0
        if heard is not None:
            self._pace.hear(heard.announced_at, reached)
            self._passed_by_other = heard.applied.get(self.source, 0)
            # From a topic anybody's damaged record may bear any number; the ledger itself is read as it is.
            self._read_by_other = reached if isinstance(own, EmbeddedLog) else 0
        self._asked.set()
        return reached

    def _say(self, own: Log, now: Announcement) -> None:
        # A ledger that was restored is silent: its earlier word says how far it must come again.
        if now.ledger_head >= self._announced_head:
            own.announce(now)
            self._announced_head = now.ledger_head
