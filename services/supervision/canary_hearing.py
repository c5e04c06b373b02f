"""A canary is applied as a decision is, and returned in the same transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import psycopg

from events import store
from events.canary import MISSED_AFTER, CanarySent, canary_stream
from events.canary_return import CanaryReturned
from events.catalogue import decode, encode
from events.envelope import NewEvent, Record

SOURCE = "supervision"
DEPARTMENT = "canary"
"""As whose canaries their visibility is measured: a quiet county still has a denominator."""


class Heard(NamedTuple):
    """The newest canary of approval. ``heard_at`` and ``ago``, in seconds, by this database's clock."""

    canary: int
    heard_at: datetime
    ago: float

    @property
    def missed(self) -> bool:
        return self.ago > MISSED_AFTER.total_seconds()


def newest(connection: psycopg.Connection) -> Heard | None:
    query = "SELECT canary, heard_at, extract(epoch FROM clock_timestamp() - heard_at)::float8 FROM canaries_heard"
    row = connection.execute(query).fetchone()
    return Heard(*row) if row else None


@dataclass(slots=True)
class CanaryUnit:
    """The canaries of one batch. Only the newest is returned: those before it came by the same way."""

    clock: Callable[[], datetime]
    heard: dict[int, datetime] = field(default_factory=dict)
    """When each canary of the batch was recorded, by its number; what an earlier batch applied goes out in write."""

    def apply(self, record: Record) -> None:
        said = decode(record.type, record.schema, record.data)
        assert isinstance(said, CanarySent)
        self.heard[said.canary] = record.recorded_at

    def write(self, connection: psycopg.Connection) -> None:
        row = connection.execute("SELECT canary, returned FROM canaries_heard FOR UPDATE").fetchone()
        before, returned = row or (0, 0)
        self.heard = {canary: at for canary, at in self.heard.items() if canary > before}
        if not self.heard:  # a reader that begins anew returns nothing twice
            return
        canary = max(self.heard)
        kind, schema, data = encode(CanaryReturned(canary=canary))
        event = NewEvent(canary_stream(SOURCE), returned + 1, kind, schema, self.clock(), data)
        heard_at = store.append(connection, SOURCE, [event])
        connection.execute(
            """INSERT INTO canaries_heard (canary, heard_at, returned) VALUES (%s, %s, %s)
               ON CONFLICT (only_row) DO UPDATE SET canary = excluded.canary, heard_at = excluded.heard_at,
                   returned = excluded.returned""",
            (canary, heard_at, returned + 1),
        )

    def visible(self) -> Iterator[tuple[str, datetime]]:
        """Yield each canary that was not here before, as if of a department of its own."""
        for at in self.heard.values():
            yield DEPARTMENT, at


class CanaryHearing:
    """A reaction of the supervision side."""

    types = frozenset({"canary_sent"})

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.clock = clock

    def open(self, connection: psycopg.Connection, streams: Sequence[UUID]) -> CanaryUnit:
        return CanaryUnit(self.clock)

    def tend(self, connection: psycopg.Connection, partitions: Iterable[int]) -> int:
        return 0
