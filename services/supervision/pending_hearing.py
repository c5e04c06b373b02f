"""How many applications approval bodies have pending is heard, for the answer to a rule change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import psycopg

from events.catalogue import decode
from events.envelope import Record
from events.pending_applications import PendingApplicationsCounted
from projections import pending_applications


@dataclass(slots=True)
class PendingUnit:
    """The last report of each body in one batch."""

    last: dict[UUID, tuple[PendingApplicationsCounted, datetime]] = field(default_factory=dict)

    def apply(self, record: Record) -> None:
        said = decode(record.type, record.schema, record.data)
        assert isinstance(said, PendingApplicationsCounted)
        self.last[record.stream] = said, record.recorded_at

    def write(self, connection: psycopg.Connection) -> None:
        for _, (said, recorded_at) in sorted(self.last.items()):
            pending_applications.write(connection, said, recorded_at)

    def visible(self) -> Iterator[tuple[str, datetime]]:
        return iter(())


class PendingHearing:
    """A reaction of the supervision side."""

    types = frozenset({"pending_applications_counted"})

    def open(self, connection: psycopg.Connection, streams: Sequence[UUID]) -> PendingUnit:
        return PendingUnit()

    def tend(self, connection: psycopg.Connection, partitions: Iterable[int]) -> int:
        return 0
