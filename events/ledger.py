"""The ledger: every event of one source under a dense number, each row chained by hash to the one before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import psycopg

from events.envelope import GENESIS, Record, digest_of, leaf, link
from events.proof.tree import Frontier, leaf_hash
from events.store import COLUMNS, as_record

PAGE = 2000
FAULTS = ("hole", "digest", "chain", "head", "tree")
"""A number without a row; a row that is not what its digest covers; a hash that does not follow from the one before;
an end that is not the last row; rows that are not those of a checkpoint that was signed."""


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


def first_of(connection: psycopg.Connection, source: str, partition: int) -> Record:
    """Return the first record of ``partition``, in which there must be one."""
    row = (
        connection.cursor(binary=True)
        .execute(f"SELECT position, {COLUMNS} FROM ledger WHERE partition = %s ORDER BY position LIMIT 1", (partition,))
        .fetchone()
    )
    assert row is not None
    return as_record(source, row)


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


class Linked(NamedTuple):
    """A row of a chain: ``computed`` is the digest of what stands there now, ``digest`` the one that was linked."""

    position: int
    recorded_at: datetime
    computed: bytes
    digest: bytes
    hash: bytes


@dataclass(slots=True)
class Heads:
    """The roots that were signed, by the number of records; ``frontier`` of the tree up to where a walk begins."""

    frontier: Frontier
    roots: Mapping[int, bytes]

    def passes(self, row: Linked) -> bool:
        """Take the next row, and tell whether what was signed up to it, if anything, is what stands there."""
        self.frontier.append(leaf_hash(leaf(row.position, row.recorded_at, row.digest), self.frontier.of))
        signed = self.roots.get(row.position)
        return signed is None or signed == self.frontier.root


def verify(
    connection: psycopg.Connection,
    source: str,
    since: Place = BEGINNING,
    last: Head | None = None,
    heads: Heads | None = None,
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
    yield from faults(_linked(connection, source, since.position, last.position), since, last, heads)


def _linked(connection: psycopg.Connection, source: str, after: int, last: int) -> Iterator[Linked]:
    while rows := connection.execute(
        f"""SELECT position, {COLUMNS}, digest, hash FROM ledger WHERE position > %s AND position <= %s
            ORDER BY position LIMIT {PAGE}""",
        (after, last),
    ).fetchall():
        for row in rows:
            record = as_record(source, row[:-2])
            yield Linked(record.position, record.recorded_at, digest_of(record, source), row[-2], row[-1])
        after = rows[-1][0]


def faults(rows: Iterable[Linked], since: Place, last: Head, heads: Heads | None = None) -> Iterator[Fault]:
    """Yield every place of a chain's ``rows``, those after ``since`` in order, that does not hold up to ``last``."""
    expected, previous = since.position + 1, since.hash
    for row in rows:
        if row.position != expected:
            yield Fault(expected, "hole")
            heads = None  # no root can be computed beyond it
        if row.computed != row.digest:
            yield Fault(row.position, "digest")
        if link(previous, row.position, row.recorded_at, row.digest) != row.hash:
            yield Fault(row.position, "chain")
        if heads is not None and not heads.passes(row):
            yield Fault(row.position, "tree")
        expected, previous = row.position + 1, row.hash
    if (last.position, last.hash) != (expected - 1, previous):
        yield Fault(last.position, "head")
