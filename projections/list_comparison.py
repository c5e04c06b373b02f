"""Is every row of a watch list what its recorded pushes make of it, folded anew?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from uuid import UUID

import orjson
import psycopg

from events.database import snapshot
from events.envelope import Record
from events.store import COLUMNS, as_record
from events.supervision import CarriedDecision, Receiver
from projections.listed_decision import read_decision
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
    with connection.cursor(name="pushes") as rows:
        rows.itersize = PAGE
        rows.execute(
            f"""SELECT * FROM (SELECT position, {COLUMNS} FROM ledger
                               UNION ALL SELECT 0, {COLUMNS} FROM outbox) AS said
                WHERE type IN ('push_made', 'push_moved') ORDER BY stream, version"""
        )
        permit, changes = None, Changes()
        for row in rows:
            record = as_record("supervision", row)
            if record.stream != permit:
                yield changes
                permit, changes = record.stream, Changes()
            fold_push(changes, record)
        yield changes


def fold_push(changes: Changes, record: Record) -> None:
    """Fold a recorded push, as a rebuild does."""
    said = orjson.loads(record.data)
    carried = CarriedDecision.model_validate(said["decision"])
    decided = read_decision(carried.type, carried.schema_version, orjson.dumps(carried.payload))
    receivers = [Receiver.model_validate(receiver) for receiver in said["receivers"]]
    changes.push(record.stream, record.version, carried, decided, receivers, said["left"], record.recorded_at)
