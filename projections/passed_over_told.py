"""Which decisions did supervision pass over for good? The sender's side of a skip: such a decision is in no list."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg

from events import columns
from events.catalogue import decode, type_name
from events.envelope import Record
from events.parked import PassedOver, RecordReplaced, RecordSkipped

INTAKE = "intake"
"""Whose skips these are: what approval itself passes over is said under another name."""


@dataclass(frozen=True, slots=True)
class PassedOverTold:
    """``replaced_by``: the version whose correction stands in its place; none when it was skipped."""

    reason: str
    replaced_by: int | None
    at: datetime

    def as_json(self) -> dict[str, Any]:
        return {"reason": self.reason, "replaced_by": self.replaced_by, "at": self.at.isoformat()}


@dataclass(slots=True)
class PassedOverUnit:
    """The skips of one batch."""

    rows: list[tuple[UUID, int, str, int | None, datetime]] = field(default_factory=list)

    def apply(self, record: Record) -> None:
        said = decode(record.type, record.schema, record.data)
        assert isinstance(said, PassedOver)
        if said.reader == INTAKE:
            by = said.replaced_by if isinstance(said, RecordReplaced) else None
            self.rows.append((said.stream, said.version, said.reason, by, record.recorded_at))

    def write(self, connection: psycopg.Connection) -> None:
        if self.rows:
            connection.execute(
                """INSERT INTO passed_over_told (permit, version, reason, replaced_by, at)
                   SELECT * FROM unnest(%s::uuid[], %s::integer[], %s::text[], %s::integer[], %s::timestamptz[])
                   ON CONFLICT DO NOTHING""",
                columns.of_rows(("uuid", "integer", "text", "integer", "timestamptz"), self.rows),
            )

    def visible(self) -> Iterator[tuple[str, datetime]]:
        return iter(())


class PassedOverHeard:
    """A reaction of the approval side: the bureau learns that a decision of its own is in no list, and why."""

    types = frozenset(map(type_name, (RecordSkipped, RecordReplaced)))

    def open(self, connection: psycopg.Connection, streams: Sequence[UUID]) -> PassedOverUnit:
        return PassedOverUnit()

    def tend(self, connection: psycopg.Connection, partitions: Iterable[int]) -> int:
        return 0


def passed_over_of_each(
    connection: psycopg.Connection, permits: Sequence[UUID]
) -> dict[UUID, dict[int, PassedOverTold]]:
    """Return, for each of ``permits``, its versions that supervision passed over."""
    rows = connection.execute(
        "SELECT permit, version, reason, replaced_by, at FROM passed_over_told WHERE permit = ANY(%s)",
        (columns.uuids(permits),),
    )
    found: dict[UUID, dict[int, PassedOverTold]] = {permit: {} for permit in permits}
    for permit, version, *said in rows:
        found[permit][version] = PassedOverTold(*said)
    return found
