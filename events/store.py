"""The store: where a decision becomes a fact. One call appends events of any number of streams, or none of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import IntEnum
from uuid import UUID

import psycopg
from psycopg.rows import TupleRow

from events import columns
from events.envelope import NewEvent, Record, partition_of


class Lane(IntEnum):
    """Which queue an event waits in until it is numbered: single decisions pass by imported files."""

    LIVE = 0
    BULK = 1


class VersionConflict(Exception):
    """Another writer appended to one of the streams first. Load again, decide again, append again."""


# Binary where values are long: as text, every quotation mark of the JSON is escaped one by one (a quarter of the time).
APPEND = """SELECT append_events(%s::smallint, %b::uuid[], %s::integer[], %s::text[], %s::smallint[], %s::timestamptz[],
    %b::text[], %b::bytea[], %b::uuid[], %b::uuid[], %b::bytea[], %s::timestamptz)"""

COLUMNS = "stream, version, type, schema, occurred_at, recorded_at, data, personal, correlation, causation"


def append(
    connection: psycopg.Connection,
    source: str,
    events: Sequence[NewEvent],
    *,
    lane: Lane = Lane.LIVE,
    recorded_at: datetime | None = None,
) -> datetime:
    """Append ``events`` and return when the database recorded them. All or nothing, also in autocommit.

    The versions of each stream must follow on its last one; if not, ``VersionConflict`` and nothing is written.
    ``recorded_at`` is the database's own time, asked for earlier in this transaction.
    """
    try:
        appended = connection.execute(
            APPEND,
            (
                int(lane),
                columns.uuids(e.stream for e in events),
                columns.integers(e.version for e in events),
                columns.texts(e.type for e in events),
                columns.smallints(e.schema for e in events),
                columns.moments(e.occurred_at for e in events),
                columns.utf8(e.data for e in events),
                columns.blobs(e.personal for e in events),
                columns.uuids(e.correlation for e in events),
                columns.uuids(e.causation for e in events),
                columns.blobs(e.digest(source) for e in events),
                recorded_at,
            ),
        )
        if recorded_at is not None:
            return recorded_at
        row = appended.fetchone()
    except psycopg.Error as error:
        if is_conflict(error):
            raise VersionConflict from error
        raise
    assert row is not None
    at: datetime = row[0]
    return at


def is_conflict(error: psycopg.Error) -> bool:
    """Tell that somebody else appended to one of the streams first (or that two of us waited for one another)."""
    return error.sqlstate in ("LK001", "40P01")


LOAD = f"""
    SELECT position, {COLUMNS} FROM ledger WHERE stream = ANY(%(streams)s)
    UNION ALL
    SELECT 0, {COLUMNS} FROM outbox WHERE stream = ANY(%(streams)s)
    ORDER BY 2, 3
"""


def load_streams(connection: psycopg.Connection, source: str, streams: Iterable[UUID]) -> dict[UUID, list[Record]]:
    """Return the events of each stream in order of version. ``position`` is 0 for those not numbered yet.

    One statement reads ledger and outbox, so an event that the sequencer is moving is seen exactly once.
    """
    wanted = list(dict.fromkeys(streams))
    found: dict[UUID, list[Record]] = {stream: [] for stream in wanted}
    if wanted:
        for row in connection.execute(LOAD, {"streams": wanted}):
            found[row[1]].append(as_record(source, row))
    return found


def as_record(source: str, row: TupleRow) -> Record:
    """Make a record of ``(position, *COLUMNS)``."""
    position, stream, version, kind, schema, occurred_at, recorded_at, data, personal, correlation, causation = row
    return Record(
        source=source,
        position=position,
        partition=partition_of(stream),
        stream=stream,
        version=version,
        type=kind,
        schema=schema,
        occurred_at=occurred_at,
        recorded_at=recorded_at,
        data=data.encode(),
        personal=personal,
        correlation=correlation,
        causation=causation,
        cursor=position + 1,
    )
