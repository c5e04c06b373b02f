"""The ledger: every event of one source under a dense number, each row chained by hash to the one before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import psycopg

from events.envelope import GENESIS, Record, digest_of, link
from events.store import COLUMNS, as_record

PAGE = 2000
FAULTS = ("hole", "digest", "chain", "head")
"""A number without a row; a row that is not what its digest covers; a hash that does not follow from the one before;
an end that is not the last row."""


@dataclass(frozen=True, slots=True)
class Head:
    """The last number of a ledger, the hash of its row and when that event was recorded. 0 when empty."""

    position: int
    hash: bytes
    recorded_at: datetime | None


def head(connection: psycopg.Connection) -> Head:
    row = connection.execute("SELECT position, hash, recorded_at FROM ledger_head").fetchone()
    assert row is not None
    return Head(*row)


def read(connection: psycopg.Connection, source: str, after: int, limit: int) -> list[Record]:
    """Return up to ``limit`` records numbered above ``after``, in order.

    Safe against late commits: only the sequencer writes here, one batch after the other.
    """
    rows = connection.execute(
        f"SELECT position, {COLUMNS} FROM ledger WHERE position > %s ORDER BY position LIMIT %s",
        (after, limit),
        binary=True,
    )
    return [as_record(source, row) for row in rows]


@dataclass(frozen=True, slots=True)
class Fault:
    """A place where the ledger is not what was recorded. ``kind``: one of ``FAULTS``."""

    position: int
    kind: str


@dataclass(frozen=True, slots=True)
class Place:
    """A row up to which a walk found everything as it was recorded."""

    position: int
    hash: bytes


BEGINNING = Place(0, GENESIS)


def verify(
    connection: psycopg.Connection, source: str, since: Place = BEGINNING, last: Head | None = None
) -> Iterator[Fault]:
    """Walk the chain from ``since`` to ``last`` (as it is now) and yield every place that does not hold.

    Page by page, each asked by itself: rows are never changed, so that a walk of hours needs no snapshot of hours.
    """
    # Asked first: what is numbered while we walk lies after it, and is no fault.
    last = last or head(connection)
    if since.position:
        row = connection.execute("SELECT hash FROM ledger WHERE position = %s", (since.position,)).fetchone()
        if row is None or row[0] != since.hash:
            yield Fault(since.position, "chain" if row else "hole")
    expected, previous, walked = since.position + 1, since.hash, since.position
    while rows := connection.execute(
        f"""SELECT position, {COLUMNS}, digest, hash FROM ledger WHERE position > %s AND position <= %s
            ORDER BY position LIMIT {PAGE}""",
        (walked, last.position),
    ).fetchall():
        for row in rows:
            record, digest, recorded_hash = as_record(source, row[:-2]), row[-2], row[-1]
            if record.position != expected:
                yield Fault(expected, "hole")
            if digest_of(record, source) != digest:
                yield Fault(record.position, "digest")
            if link(previous, record.position, record.recorded_at, digest) != recorded_hash:
                yield Fault(record.position, "chain")
            expected, previous = record.position + 1, recorded_hash
        walked = rows[-1][0]
    if (last.position, last.hash) != (expected - 1, previous):
        yield Fault(last.position, "head")
