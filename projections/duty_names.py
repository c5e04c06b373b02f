"""How are departments and matters called? As the duty list last called them, for a side that has no list of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import orjson
import psycopg

from events import columns
from events.envelope import Record


@dataclass(slots=True)
class NamesUnit:
    """The names that one batch says."""

    names: dict[str, tuple[str, datetime]] = field(default_factory=dict)

    def apply(self, record: Record) -> None:
        said = orjson.loads(record.data)
        for code, name in ((said["lead"], said.get("lead_name")), (said["matter_code"], said.get("matter_name"))):
            known = self.names.get(code)
            if name and (known is None or known[1] <= record.recorded_at):
                self.names[code] = (name, record.recorded_at)

    def write(self, connection: psycopg.Connection) -> None:
        if self.names:
            # Entries are streams of their own, and one may overtake another: the one recorded last gives the name.
            connection.execute(
                """INSERT INTO duty_names (code, name, at)
                   SELECT * FROM unnest(%s::text[], %s::text[], %s::timestamptz[])
                   ON CONFLICT (code) DO UPDATE SET name = excluded.name, at = excluded.at
                   WHERE duty_names.at <= excluded.at""",
                columns.of_rows(
                    ("text", "text", "timestamptz"), [(code, *self.names[code]) for code in sorted(self.names)]
                ),
            )

    def visible(self) -> Iterator[tuple[str, datetime]]:
        return iter(())


class DutyNames:
    """A reaction of the approval side."""

    types = frozenset({"duty_assigned", "duty_changed"})

    def open(self, connection: psycopg.Connection, streams: Sequence[UUID]) -> NamesUnit:
        return NamesUnit()

    def tend(self, connection: psycopg.Connection, partitions: Iterable[int]) -> int:
        return 0


def names_of(connection: psycopg.Connection, codes: Iterable[str]) -> dict[str, str]:
    """Return the names of those ``codes`` that the duty list has named."""
    rows = connection.execute("SELECT code, name FROM duty_names WHERE code = ANY(%s)", (sorted(set(codes)),))
    return dict(rows.fetchall())
