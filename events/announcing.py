"""What a service says of itself through the log, so that the other side tells silence from quiet."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import datetime

import psycopg
import structlog

from events import bookmark, ledger
from events.database import connect, is_outage
from events.log import Announcement, Log, LogUnavailable
from events.log.embedded import EmbeddedLog
from events.pace import BulkPace

log = structlog.get_logger()

EVERY_SECONDS = 0.25
FIRST_ANSWER_SECONDS = 5.0
COUNTED_AT_MOST = 100_000
"""The outbox is counted no further than this: a million waiting rows must not slow the announcement down."""


def survey(connection: psycopg.Connection, source: str, follows: Mapping[str, str]) -> Announcement:
    """Return what ``source`` would announce now. ``follows`` maps each source it reads to the name of that log."""
    row = connection.execute(
        """SELECT (SELECT count(*) FROM (SELECT 1 FROM outbox LIMIT %s) AS waiting),
                  (SELECT min(recorded_at) FROM (
                      (SELECT recorded_at FROM outbox WHERE lane = 0 ORDER BY id LIMIT 1)
                      UNION ALL (SELECT recorded_at FROM outbox WHERE lane = 1 ORDER BY id LIMIT 1)) AS first),
                  clock_timestamp(), (SELECT said FROM spoken_checkpoint)""",
        (COUNTED_AT_MOST,),
    ).fetchone()
    assert row is not None
    head = ledger.head(connection)
    passed = {other: bookmark.passed(connection, name) for other, name in follows.items()}
    return Announcement(
        source=source,
        announced_at=row[2],
        outbox_pending=row[0],
        outbox_oldest_at=row[1],
        ledger_head=head.position,
        ledger_head_at=head.recorded_at,
        applied={other: lowest for other, (lowest, _) in passed.items()},
        reached={other: highest for other, (_, highest) in passed.items()},
        checkpoint=row[3],
    )


def unnumbered_since(connection: psycopg.Connection) -> datetime | None:
    """Return when the oldest event of the live lane was recorded that has no number yet. What a file brought waits on
    purpose, as long as the file is long: of that nobody is to be woken."""
    row = connection.execute("SELECT recorded_at FROM outbox WHERE lane = 0 ORDER BY id LIMIT 1").fetchone()
    return row[0] if row else None


class Announcer:
    """Announces one service four times a second; hears how far the other side's lists are, for the sequencer's gate."""

    def __init__(self, url: str, source: str, own: Callable[[], Log], other: Callable[[], Log]) -> None:
        self.url = url
        self.source = source
        self.own = own
        self.other = other
        self._pace = BulkPace()
        self._announced_head = self._read_by_other = 0
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
        follows = {other.source: other.name}
        with connect(self.url, application=f"{self.source}-announcer") as connection:
            said = own.announcement()
            self._announced_head = said.ledger_head if said else 0
            while not stop.is_set():
                heard = other.announcement()
                if heard is not None:
                    reached = heard.reached.get(self.source, 0)
                    self._pace.hear(heard.announced_at, reached)
                    # From a topic anybody's damaged record may bear any number; the ledger itself is read as it is.
                    self._read_by_other = reached if isinstance(own, EmbeddedLog) else 0
                self._asked.set()
                now = survey(connection, self.source, follows)
                # A ledger that was restored is silent: its earlier word says how far it must come again.
                if now.ledger_head >= self._announced_head:
                    own.announce(now)
                    self._announced_head = now.ledger_head
                stop.wait(EVERY_SECONDS)
