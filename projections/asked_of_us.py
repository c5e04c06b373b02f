"""What did the other side ask for again? Noted for the relay, which sends those numbers of our ledger once more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import orjson
import psycopg
from psycopg.types.json import Jsonb

from events.envelope import Record


@dataclass(slots=True)
class _Unit:
    source: str
    asked: list[tuple[UUID, int, list[list[int]], datetime]] = field(default_factory=list)

    def apply(self, record: Record) -> None:
        said = orjson.loads(record.data)
        if said["source"] == self.source:
            runs = [[int(run["first"]), int(run["last"])] for run in said["runs"]]
            self.asked.append((record.stream, int(said["asked"]), runs, record.recorded_at))

    def write(self, connection: psycopg.Connection) -> None:
        with connection.cursor() as cursor:
            cursor.executemany(
                """INSERT INTO asked_of_us (request, asked, runs, asked_at) VALUES (%s, %s, %s, %s)
                   ON CONFLICT DO NOTHING""",
                [(request, asked, Jsonb(runs), at) for request, asked, runs, at in self.asked],
            )

    def visible(self) -> Iterator[tuple[str, datetime]]:
        return iter(())


class AskedOfUs:
    """A reaction of both sides. ``source``: whose ledger is ours to send."""

    types = frozenset({"numbers_asked_for"})

    def __init__(self, source: str) -> None:
        self.source = source

    def open(self, connection: psycopg.Connection, streams: Sequence[UUID]) -> _Unit:
        return _Unit(self.source)

    def tend(self, connection: psycopg.Connection, partitions: Iterable[int]) -> int:
        return 0
