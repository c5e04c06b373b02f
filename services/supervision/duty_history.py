"""Every version of a matter's entries of the duty list: what held, and when it was recorded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg

from events import store
from events.catalogue import decode
from events.supervision import DutyAssigned

SOURCE = "supervision"


@dataclass(frozen=True, slots=True)
class Entry:
    """One version of one entry. ``duty`` is its identity, from matter, region, level and first day."""

    duty: UUID
    version: int
    type: str
    recorded_at: datetime
    said: DutyAssigned

    def as_json(self) -> dict[str, Any]:
        return {
            "duty": str(self.duty), "version": self.version, "type": self.type,
            "recorded_at": self.recorded_at.isoformat(), **self.said.model_dump(mode="json"),
        }  # fmt: skip


def history_of(connection: psycopg.Connection, matter: str) -> list[Entry]:
    """Return the entries of a matter, by region, level and first day, each with its versions in order."""
    rows = connection.execute(
        """SELECT duty FROM duties WHERE content->>'matter_code' = %s
           ORDER BY content->>'region_code', content->>'level', content->>'valid_from'""",
        (matter,),
    )
    found = []
    for records in store.load_streams(connection, SOURCE, [row[0] for row in rows]).values():
        for record in records:
            said = decode(record.type, record.schema, record.data)
            if isinstance(said, DutyAssigned):
                found.append(Entry(record.stream, record.version, record.type, record.recorded_at, said))
    return found
