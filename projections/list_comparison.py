"""Is every row of a watch list what its recorded pushes make of it, folded anew?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from uuid import UUID

import psycopg

from events.database import snapshot
from projections.erased import erased_parties
from projections.listed_push import read_push
from projections.received_numbers import day_of
from projections.tallies import Compared, Entry, compare
from projections.watch_list_fold import COLUMNS as LIST_COLUMNS
from projections.watch_list_fold import Changes, Row

BETWEEN = "pushes-lists"
PAGE = 2000
_PERMIT, _CHANGED = LIST_COLUMNS.index("permit"), LIST_COLUMNS.index("changed_at")


def compare_lists(connection: psycopg.Connection, source: str, day: date | None = None) -> Compared:
    """Compare the lists with the pushes, by department and by the day on which a row last changed."""

    def recorded() -> Iterator[Entry]:
        for changes in _folded(connection):
            yield from map(_entry, changes.rows.values())

    def received() -> Iterator[Entry]:
        with connection.cursor(name="listed") as rows:
            rows.itersize = PAGE
            rows.execute(f"SELECT {', '.join(LIST_COLUMNS)} FROM watch_list")
            yield from map(_entry, rows)

    with snapshot(connection):  # a push and its rows are written together
        return compare(BETWEEN, source, recorded, received, day=day)


def _entry(row: Row) -> Entry:
    department, permit, changed_at = row[0], row[_PERMIT], row[_CHANGED]
    assert isinstance(department, str)
    assert isinstance(permit, UUID)
    assert isinstance(changed_at, datetime)
    return Entry(department, day_of(changed_at), permit, "\x1f".join(map(str, row)).encode())


def _folded(connection: psycopg.Connection) -> Iterator[Changes]:
    """Yield what each permit's pushes make of it, permit by permit."""
    erased = erased_parties(connection)
    with connection.cursor(name="pushes", binary=True) as rows:
        rows.itersize = PAGE
        rows.execute(
            f"""SELECT * FROM (SELECT {PUSH} FROM ledger WHERE type IN ('push_made', 'push_moved')
                               UNION ALL SELECT {PUSH} FROM outbox WHERE type IN ('push_made', 'push_moved')) AS said
                ORDER BY stream, version"""
        )
        permit, changes = None, Changes(erased)
        for row in rows:
            if row[0] != permit:
                yield changes
                permit, changes = row[0], Changes(erased)
            fold_push(changes, *row)
        yield changes


PUSH = "stream, version, recorded_at, convert_to(data, 'UTF8')"
"""What ``fold_push`` is told of a recorded push, asked for in binary form: a text would be decoded only to be encoded
again."""


def fold_push(changes: Changes, permit: UUID, version: int, recorded_at: datetime, data: bytes) -> None:
    """Fold a recorded push, as a rebuild does."""
    push = read_push(data)
    carried = push.decision
    changes.push(permit, version, carried, carried.read(), push.receivers, push.left, recorded_at)
