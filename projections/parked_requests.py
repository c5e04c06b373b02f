"""What is asked for about a parked stream and not carried out yet: a skip, or a correction by the bureau."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import psycopg

from events import columns


class Wanted(StrEnum):
    SKIP = "skip"
    REPAIR = "repair"


@dataclass(frozen=True, slots=True)
class Request:
    """``version``: of the record that it is about, the first that waits. A skip has no effect without consent."""

    stream: UUID
    version: int
    kind: str
    reason: str
    asked_by: str
    asked_at: datetime
    consented_by: str | None
    consented_at: datetime | None


_COLUMNS = "stream, version, kind, reason, asked_by, asked_at, consented_by, consented_at"


def ask(
    connection: psycopg.Connection, projection: str, stream: UUID, version: int, kind: Wanted, reason: str, by: str
) -> bool:
    """Ask for it, instead of a correction that was asked for before; False when a skip is already asked for."""
    done = connection.execute(
        """INSERT INTO parked_requests AS r (projection, stream, partition, version, kind, reason, asked_by)
           SELECT projection, stream, partition, %s, %s, %s, %s FROM parked_streams
           WHERE projection = %s AND stream = %s
           ON CONFLICT (projection, stream) DO UPDATE SET version = excluded.version, kind = excluded.kind,
               reason = excluded.reason, asked_by = excluded.asked_by, asked_at = excluded.asked_at
           WHERE r.kind = 'repair'""",
        (version, kind.value, reason, by, projection, stream),
    )
    return done.rowcount == 1


def open_request(
    connection: psycopg.Connection, projection: str, stream: UUID, *, lock: bool = False
) -> Request | None:
    """Return what is asked for about ``stream``. ``lock``: nobody else decides about it until the transaction ends."""
    row = connection.execute(
        f"""SELECT {_COLUMNS} FROM parked_requests WHERE projection = %s AND stream = %s
            {"FOR UPDATE" if lock else ""}""".encode(),
        (projection, stream),
    ).fetchone()
    return Request(*row) if row else None


def open_requests(connection: psycopg.Connection, projection: str, streams: Iterable[UUID]) -> dict[UUID, Request]:
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM parked_requests WHERE projection = %s AND stream = ANY(%s)".encode(),
        (projection, columns.uuids(streams)),
    )
    return {row[0]: Request(*row) for row in rows}


def of_partitions(connection: psycopg.Connection, projection: str, partitions: Iterable[int]) -> list[Request]:
    """Return what is asked for in ``partitions``, locked, without those that somebody decides about right now."""
    rows = connection.execute(
        f"""SELECT {_COLUMNS} FROM parked_requests WHERE projection = %s AND partition = ANY(%s)
            ORDER BY stream FOR UPDATE SKIP LOCKED""".encode(),
        (projection, list(partitions)),
    )
    return [Request(*row) for row in rows]


def consent(connection: psycopg.Connection, projection: str, stream: UUID, by: str) -> None:
    connection.execute(
        """UPDATE parked_requests SET consented_by = %s, consented_at = clock_timestamp()
           WHERE projection = %s AND stream = %s""",
        (by, projection, stream),
    )


def close(connection: psycopg.Connection, projection: str, stream: UUID) -> None:
    connection.execute("DELETE FROM parked_requests WHERE projection = %s AND stream = %s", (projection, stream))
