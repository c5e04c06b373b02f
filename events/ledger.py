"""The ledger: every event of one source under a dense number, each row chained by hash to the one before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import psycopg

from events.envelope import GENESIS, Record, digest_of, link
from events.store import COLUMNS, as_record


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
    """A place where the ledger is not what was recorded. ``kind``: hole, digest, chain or head."""

    position: int
    kind: str


def verify(connection: psycopg.Connection, source: str) -> Iterator[Fault]:
    """Walk the whole chain and yield every place that does not hold."""
    # Asked first: what is numbered while we walk lies after it, and is no fault.
    last = head(connection)
    expected, previous = 1, GENESIS
    with connection.transaction(), connection.cursor(name="verify") as rows:
        rows.itersize = 5000
        rows.execute(
            f"SELECT position, {COLUMNS}, digest, hash FROM ledger WHERE position <= %s ORDER BY position",
            (last.position,),
        )
        for row in rows:
            record, digest, recorded_hash = as_record(source, row[:-2]), row[-2], row[-1]
            if record.position != expected:
                yield Fault(expected, "hole")
            if digest_of(record, source) != digest:
                yield Fault(record.position, "digest")
            if link(previous, record.position, record.recorded_at, digest) != recorded_hash:
                yield Fault(record.position, "chain")
            expected, previous = record.position + 1, recorded_hash
    if (last.position, last.hash) != (expected - 1, previous):
        yield Fault(last.position, "head")
