"""How is a stream parked and released? A bad event stops its own stream only, in order.

What is parked is received and not applied: it counts as lag, and it is released in the order of its versions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

from events import columns
from events.envelope import Record

WAITING_FOR_EARLIER = "gap"
"""An earlier version of the stream is missing. Its arrival releases the stream by itself."""
UNREADABLE = "unreadable"
"""The transport could not read a record. A readable copy of it releases the stream by itself."""
UNKNOWN_TYPE = "unknown_type"
REFUSED = "refused"
"""The projection, or the database, refused the event: a person repairs and retries."""
NOT_READ = frozenset({UNREADABLE, UNKNOWN_TYPE})
"""Reasons that are about how an event was written, not about what it says."""
ASKED_AGAIN = "asked_again"
"""It was missing, and came when it was asked for: the owner of its partition applies it within a second."""

REASONS = (WAITING_FOR_EARLIER, UNREADABLE, UNKNOWN_TYPE, REFUSED, ASKED_AGAIN)

HEALS_BY_ARRIVAL = frozenset({WAITING_FOR_EARLIER, UNREADABLE})


@dataclass(frozen=True, slots=True)
class Park:
    """Why a stream stands still. ``detail`` names the kind of fault, never the contents of the event."""

    reason: str
    detail: str


def reasons(connection: psycopg.Connection, projection: str, streams: Iterable[UUID]) -> dict[UUID, str]:
    """Return the reason of each of ``streams`` that is parked."""
    return {stream: reason for stream, reason, _ in _standing(connection, projection, streams)}


def since(connection: psycopg.Connection, projection: str, streams: Iterable[UUID]) -> dict[UUID, datetime]:
    """Return since when each of ``streams`` that is parked has been."""
    return {stream: at for stream, _, at in _standing(connection, projection, streams)}


def _standing(
    connection: psycopg.Connection, projection: str, streams: Iterable[UUID]
) -> list[tuple[UUID, str, datetime]]:
    return connection.execute(
        "SELECT stream, reason, parked_at FROM parked_streams WHERE projection = %s AND stream = ANY(%s)",
        (projection, columns.uuids(streams)),
    ).fetchall()


def park(connection: psycopg.Connection, projection: str, why: Park, records: Sequence[Record]) -> None:
    """Park a stream with the records that wait. A stream parked before keeps its reason and its time."""
    connection.execute(
        """INSERT INTO parked_streams (projection, stream, partition, reason, detail) VALUES (%s, %s, %s, %s, %s)
           ON CONFLICT (projection, stream) DO NOTHING""",
        (projection, records[0].stream, records[0].partition, why.reason, why.detail),
    )
    with connection.cursor() as cursor:
        cursor.executemany(
            """INSERT INTO parked_records (projection, stream, version, recorded_at, attributes, data, personal)
               VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT (projection, stream, version) DO UPDATE SET
               attributes = excluded.attributes, data = excluded.data, personal = excluded.personal""",
            [
                (projection, r.stream, r.version, r.recorded_at, Jsonb(_attributes(r)), r.data, r.personal)
                for r in records
            ],
        )


def still_since(connection: psycopg.Connection, projection: str, before: Mapping[UUID, datetime]) -> None:
    """Let what was released in this transaction, and parked again, be as old as it was: the retry healed nothing."""
    connection.execute(
        """UPDATE parked_streams s SET parked_at = b.at FROM unnest(%s::uuid[], %s::timestamptz[]) AS b (stream, at)
           WHERE s.projection = %s AND s.stream = b.stream""",
        (columns.uuids(before), columns.moments(before.values()), projection),
    )


def release(connection: psycopg.Connection, projection: str, stream: UUID) -> list[Record]:
    """Take a stream out of parking and return what waited, in order of version. The caller applies or parks it."""
    connection.execute("DELETE FROM parked_streams WHERE projection = %s AND stream = %s", (projection, stream))
    rows = connection.execute(
        """DELETE FROM parked_records WHERE projection = %s AND stream = %s
           RETURNING stream, version, recorded_at, attributes, data, personal""",
        (projection, stream),
    ).fetchall()
    records = [_record(*row) for row in rows]
    return sorted((r for r in records if r.defect is None), key=lambda r: r.version)


def hand_back(connection: psycopg.Connection, projection: str, records: Iterable[Record]) -> None:
    """Give ``records`` that were missed to the owners of their partitions: each stream waits, and is released at once,
    with whatever waited before."""
    streams: dict[UUID, list[Record]] = {}
    for record in records:
        streams.setdefault(record.stream, []).append(record)
    with connection.transaction():
        for stream in sorted(streams):
            park(connection, projection, Park(ASKED_AGAIN, "came when it was asked for again"), streams[stream])
            request_retry(connection, projection, stream=stream, reason=None)


def request_retry(connection: psycopg.Connection, projection: str, *, stream: UUID | None, reason: str | None) -> int:
    """Ask the owner of the partition to try again, and return how many streams that concerns."""
    return connection.execute(
        """UPDATE parked_streams SET retry_requested_at = clock_timestamp()
           WHERE projection = %s AND (%s::uuid IS NULL OR stream = %s) AND (%s::text IS NULL OR reason = %s)""",
        (projection, stream, stream, reason, reason),
    ).rowcount


def requested(connection: psycopg.Connection, projection: str, partitions: Iterable[int]) -> list[UUID]:
    """Return the streams of ``partitions`` that somebody asked to retry."""
    rows = connection.execute(
        """SELECT stream FROM parked_streams
           WHERE projection = %s AND retry_requested_at IS NOT NULL AND partition = ANY(%s)""",
        (projection, list(partitions)),
    )
    return [row[0] for row in rows]


def _attributes(record: Record) -> dict[str, object]:
    return {
        "source": record.source,
        "position": record.position,
        "partition": record.partition,
        "type": record.type,
        "schema": record.schema,
        "occurred_at": record.occurred_at.isoformat(),
        "correlation": str(record.correlation) if record.correlation else None,
        "causation": str(record.causation) if record.causation else None,
        "cursor": record.cursor,
        "defect": record.defect,
    }


def _record(
    stream: UUID, version: int, recorded_at: datetime, said: dict[str, object], data: bytes, personal: bytes | None
) -> Record:
    blank = Record("", 0, 0, stream, version, "", 0, recorded_at, recorded_at, data, personal)
    known = {name: said[name] for name in ("source", "position", "partition", "type", "schema", "cursor", "defect")}
    return replace(
        blank,
        **known,  # type: ignore[arg-type]
        occurred_at=datetime.fromisoformat(str(said["occurred_at"])),
        correlation=UUID(str(said["correlation"])) if said["correlation"] else None,
        causation=UUID(str(said["causation"])) if said["causation"] else None,
    )
