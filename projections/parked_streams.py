"""What is parked, as who looks after it sees it: which streams, since when, what waits in them, and what it says.

Nothing here changes anything; ``projections.parking`` does that.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import psycopg


@dataclass(frozen=True, slots=True)
class ParkedStream:
    stream: UUID
    partition: int
    reason: str
    detail: str
    parked_at: datetime
    retry_requested_at: datetime | None
    waiting: int


_STREAM = """SELECT s.stream, s.partition, s.reason, s.detail, s.parked_at, s.retry_requested_at,
        (SELECT count(*) FROM parked_records r WHERE r.projection = s.projection AND r.stream = s.stream)
    FROM parked_streams s"""


def parked(connection: psycopg.Connection, projection: str) -> list[ParkedStream]:
    """Return what is parked, oldest first, without contents."""
    return parked_page(connection, projection, None, 0, None)


def parked_page(
    connection: psycopg.Connection, projection: str, reason: str | None, skipped: int, limit: int | None
) -> list[ParkedStream]:
    """Return up to ``limit`` of what is parked (for ``reason``), oldest first, without contents."""
    rows = connection.execute(
        f"""{_STREAM} WHERE s.projection = %s AND (%s::text IS NULL OR s.reason = %s)
            ORDER BY s.parked_at, s.stream OFFSET %s LIMIT %s""".encode(),
        (projection, reason, reason, skipped, limit),
    )
    return [ParkedStream(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class WaitingRecord:
    """An event that waits in a parked stream, by what is written on its envelope."""

    version: int
    type: str
    schema: int | None
    recorded_at: datetime
    defect: str | None


def waiting_records(
    connection: psycopg.Connection, projection: str, stream: UUID
) -> tuple[ParkedStream, list[WaitingRecord]] | None:
    """Return a parked stream and the first hundred events that wait in it, without contents; None if it is not
    parked."""
    row = connection.execute(
        f"{_STREAM} WHERE s.projection = %s AND s.stream = %s".encode(), (projection, stream)
    ).fetchone()
    if row is None:
        return None
    records = connection.execute(
        """SELECT version, attributes->>'type', (attributes->>'schema')::int, recorded_at, attributes->>'defect'
           FROM parked_records WHERE projection = %s AND stream = %s ORDER BY version LIMIT 100""",
        (projection, stream),
    )
    return ParkedStream(*row), [WaitingRecord(*record) for record in records]


@dataclass(frozen=True, slots=True)
class Contents:
    """What a record that waits says: its public part as text, however damaged. ``sealed``: bytes of the personal part,
    which nobody opens here. ``cut``: there is more than is shown."""

    version: int
    type: str
    text: str
    sealed: int
    cut: bool


SHOWN_AT_MOST = 20_000


def contents(connection: psycopg.Connection, projection: str, stream: UUID, version: int | None) -> Contents | None:
    """Return what one record of a parked stream says, the first without ``version``; None if it is not there. Only for
    who said why: the caller records it."""
    row = connection.execute(
        """SELECT version, attributes->>'type', data, coalesce(length(personal), 0) FROM parked_records
           WHERE projection = %s AND stream = %s AND (%s::integer IS NULL OR version = %s) ORDER BY version LIMIT 1""",
        (projection, stream, version, version),
    ).fetchone()
    if row is None:
        return None
    text = row[2].decode("utf-8", "replace")
    return Contents(row[0], row[1], text[:SHOWN_AT_MOST], row[3], len(text) > SHOWN_AT_MOST)


@dataclass(frozen=True, slots=True)
class ParkedReason:
    """How many streams are parked for one reason, how many records wait in them, and since when the first does."""

    reason: str
    streams: int
    waiting: int
    since: datetime


def parked_by_reason(connection: psycopg.Connection, projection: str) -> list[ParkedReason]:
    """Return why streams are parked, the reason with the most of them first."""
    rows = connection.execute(
        """SELECT s.reason, count(DISTINCT s.stream), count(r.stream), min(s.parked_at) FROM parked_streams s
           LEFT JOIN parked_records r USING (projection, stream)
           WHERE s.projection = %s GROUP BY s.reason ORDER BY 2 DESC, 1""",
        (projection,),
    )
    return [ParkedReason(*row) for row in rows]
