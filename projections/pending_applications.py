"""How many applications are pending, by body, as each reported last? The same fold on both sides."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from events.pending_applications import PendingApplicationsCounted

PENDING_APPLICATIONS_1 = """
CREATE TABLE pending_applications (
    body text PRIMARY KEY,
    counted_at timestamptz NOT NULL,
    counts jsonb NOT NULL,
    recorded_at timestamptz NOT NULL
);
"""


@dataclass(frozen=True, slots=True)
class Counted:
    """A body's last report. A matter without an entry had no pending application."""

    body: str
    counted_at: datetime
    counts: Mapping[str, int]
    recorded_at: datetime

    def of(self, matters: Collection[str]) -> int:
        """Return how many were pending of ``matters``; with none named, of all."""
        return sum(count for matter, count in self.counts.items() if not matters or matter in matters)

    def as_json(self) -> dict[str, Any]:
        return {
            "body": self.body,
            "counted_at": self.counted_at.isoformat(),
            "recorded_at": self.recorded_at.isoformat(),
            "counts": [{"matter_code": matter, "count": count} for matter, count in sorted(self.counts.items())],
        }


def write(connection: psycopg.Connection, said: PendingApplicationsCounted, recorded_at: datetime) -> None:
    """Let a body's report take the place of its last one. They come in the order of its stream."""
    connection.execute(
        """INSERT INTO pending_applications (body, counted_at, counts, recorded_at) VALUES (%s, %s, %s, %s)
           ON CONFLICT (body) DO UPDATE SET
               counted_at = excluded.counted_at, counts = excluded.counts, recorded_at = excluded.recorded_at""",
        (said.body, said.counted_at, Jsonb({one.matter_code: one.count for one in said.counts}), recorded_at),
    )


def read(connection: psycopg.Connection, bodies: Collection[str] | None = None) -> dict[str, Counted]:
    """Return the last report of each of ``bodies`` that has reported; without them, of every body."""
    rows = connection.execute(
        """SELECT body, counted_at, counts, recorded_at FROM pending_applications
           WHERE %(bodies)s::text[] IS NULL OR body = ANY(%(bodies)s) ORDER BY body""",
        {"bodies": None if bodies is None else list(bodies)},
    )
    return {row[0]: Counted(*row) for row in rows}
