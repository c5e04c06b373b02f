"""The smallest list that shows every fault: for each stream, which events were applied, and a fold that is not
commutative. It is loaded, folded in memory and written back whole, as the product's own lists are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from uuid import UUID

import orjson
import psycopg

from events import columns
from events.envelope import Record


@dataclass(frozen=True, slots=True)
class Row:
    versions: tuple[int, ...] = ()
    marks: tuple[str, ...] = ()
    folded: str = ""

    def then(self, version: int, mark: str) -> Row:
        folded = sha256(f"{self.folded}{version}{mark}".encode()).hexdigest()[:16]
        return Row((*self.versions, version), (*self.marks, mark), folded)


def mark_of(data: bytes) -> str:
    return str(orjson.loads(data)["mark"])


def rows_of(connection: psycopg.Connection, table: str, streams: Iterable[UUID] | None = None) -> dict[UUID, Row]:
    if streams is None:
        rows = connection.execute(f"SELECT stream, versions, marks, folded FROM {table}".encode())
    else:
        rows = connection.execute(
            f"SELECT stream, versions, marks, folded FROM {table} WHERE stream = ANY(%s)".encode(),
            (columns.uuids(streams),),
        )
    return {stream: Row(tuple(versions), tuple(marks), folded) for stream, versions, marks, folded in rows}


@dataclass(slots=True)
class ListUnit:
    rows: dict[UUID, Row]
    changed: set[UUID] = field(default_factory=set)

    def apply(self, record: Record) -> None:
        row = self.rows.get(record.stream, Row())
        self.rows[record.stream] = row.then(record.version, mark_of(record.data))
        self.changed.add(record.stream)

    def write(self, connection: psycopg.Connection) -> None:
        for stream in sorted(self.changed):
            row = self.rows[stream]
            connection.execute(
                """INSERT INTO list VALUES (%s, %s, %s, %s) ON CONFLICT (stream) DO UPDATE SET
                   versions = excluded.versions, marks = excluded.marks, folded = excluded.folded""",
                (stream, list(row.versions), list(row.marks), row.folded),
            )

    def visible(self) -> Iterator[tuple[str, datetime]]:
        return iter(())


class Listing:
    name = "listing"

    def concerns(self, kind: str) -> bool:
        return True

    def open(self, connection: psycopg.Connection, streams: Sequence[UUID]) -> ListUnit:
        return ListUnit(rows_of(connection, "list", streams))

    def tend(self, connection: psycopg.Connection, partitions: Iterable[int]) -> int:
        return 0


def expected(ledger: Iterable[tuple[UUID, int, str]]) -> Mapping[UUID, Row]:
    """Return the list that events (stream, version, mark) must end in: each stream in the order of its versions."""
    rows: dict[UUID, Row] = {}
    for stream, version, mark in sorted(ledger):
        rows[stream] = rows.get(stream, Row()).then(version, mark)
    return rows
