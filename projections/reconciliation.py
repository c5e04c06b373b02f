"""Is everything that was recorded on one side in the lists of the other, and nothing else?

Ledger against log, log against what was received, and that against the lists: each side compares what it can see of
both from its own database and the log, so that a side that cannot reach the other's database is compared as well.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

import orjson
import psycopg

from events.catalogue import DECISIONS
from events.database import snapshot
from events.envelope import Record, event_id
from events.log import Log
from projections import skipping
from projections.list_comparison import compare_lists
from projections.log_comparison import compare_with_log
from projections.reading_through import read_through
from projections.received_numbers import day_of
from projections.skipping import all_passed_over
from projections.tallies import Compared, Entry, compare

PUSHED, TOLD = "log-pushes", "log-told"
PAGE = 2000


def reconcile_supervision(
    connection: psycopg.Connection, own: Log, heard: Log, day: date | None = None
) -> Sequence[Compared]:
    """Compare supervision's ledger with its log, the decisions of ``heard`` with the pushes, and those with the lists.

    Reads only; memory flat but for tallies. Each comparison reads in a snapshot of its own, what was received first:
    what is decided meanwhile, or is still on its way, is no difference.
    """
    return (
        compare_with_log(connection, own, day),
        compare_pushes(connection, heard, day),
        compare_lists(connection, own.source, day),
    )


def reconcile_approval(
    connection: psycopg.Connection, own: Log, heard: Log, day: date | None = None
) -> Sequence[Compared]:
    """Compare approval's ledger with its log, and the pushes of ``heard`` with what bureaus are shown as told."""
    return compare_with_log(connection, own, day), compare_told(connection, heard, day)


def compare_pushes(
    connection: psycopg.Connection, heard: Log, day: date | None = None, reader: str = "intake"
) -> Compared:
    """Compare the decisions of ``heard`` with those that were pushed or wait as exceptions, by deciding body and day.

    A decision is due when ``reader`` has passed it in its partition: below that nothing is on its way.
    """
    bookmark = _Bookmark(connection, reader, heard)

    def recorded() -> Iterator[Entry]:
        for record in read_through(heard):
            if record.type in DECISIONS:
                body = orjson.loads(record.data)["facts"]["deciding_body"]
                yield Entry(body, day_of(record.recorded_at), record.id, due=bookmark.passed(record))

    def received() -> Iterator[Entry]:
        with snapshot(connection):
            bookmark.look()
            yield from _pushed(connection)

    return compare(PUSHED, heard.source, recorded, received, day=day, waiting=bookmark.settled)


def compare_told(connection: psycopg.Connection, heard: Log, day: date | None = None, reader: str = "told") -> Compared:
    """Compare the pushes of ``heard`` with what approval shows to its bureaus, by receiving department and day."""
    bookmark = _Bookmark(connection, reader, heard)

    def recorded() -> Iterator[Entry]:
        for record in read_through(heard):
            if record.type in ("push_made", "push_moved"):
                when, due = day_of(record.recorded_at), bookmark.passed(record)
                for one in orjson.loads(record.data)["receivers"]:
                    yield Entry(one["department"], when, record.id, str(one["push_number"]).encode(), due)

    def received() -> Iterator[Entry]:
        with snapshot(connection), connection.cursor(name="told") as rows:
            bookmark.look()
            rows.itersize = PAGE
            rows.execute("SELECT permit, push_version, department, push_number, told_at FROM told")
            for permit, version, department, number, at in rows:
                yield Entry(department, day_of(at), event_id(heard.source, permit, version), str(number).encode())

    return compare(TOLD, heard.source, recorded, received, day=day, waiting=bookmark.settled)


class _Bookmark:
    """How far a reader has come in a log, as of the snapshot in which ``look`` was called."""

    def __init__(self, connection: psycopg.Connection, reader: str, log: Log) -> None:
        self.connection, self.reader, self.log = connection, reader, log
        self.cursors: Mapping[int, int] = {}
        self.skipped: Mapping[UUID, Collection[int]] = {}

    def look(self) -> None:
        rows = self.connection.execute(
            "SELECT partition, cursor FROM checkpoints WHERE reader = %s AND log = %s", (self.reader, self.log.name)
        )
        self.cursors = dict(rows.fetchall())
        self.skipped = skipping.all_passed_over(self.connection, self.reader)

    def passed(self, record: Record) -> bool:
        """Tell whether what ``record`` says must be received by now: it was read, and not passed over for good."""
        read = record.cursor <= self.cursors.get(record.partition, 0)
        return read and record.version not in self.skipped.get(record.stream, ())

    def settled(self) -> Sequence[UUID]:
        """Return the ids of what came and waits, or was decided to be passed over."""
        passed = [(s, v) for s, versions in all_passed_over(self.connection, self.reader).items() for v in versions]
        rows = self.connection.execute(
            "SELECT stream, version FROM parked_records WHERE projection = %s", (self.reader,)
        )
        return [event_id(self.log.source, stream, version) for stream, version in (*rows, *passed)]


def _pushed(connection: psycopg.Connection) -> Iterator[Entry]:
    """Yield each decision that was pushed or waits, once, however often it was pushed."""
    with connection.cursor(name="received") as rows:
        rows.itersize = PAGE
        rows.execute(
            """SELECT DISTINCT ON (causation) causation, data::jsonb #>> '{decision,recorded_at}',
                      data::jsonb #>> '{decision,payload,facts,deciding_body}'
               FROM (SELECT causation, type, data FROM ledger
                     UNION ALL SELECT causation, type, data FROM outbox) AS said
               WHERE type IN ('push_made', 'exception_raised') ORDER BY causation"""
        )
        for causation, recorded_at, body in rows:
            yield Entry(body, day_of(datetime.fromisoformat(recorded_at)), causation)
