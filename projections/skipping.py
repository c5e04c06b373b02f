"""Which records does a reader pass over for good, and when does it come to that? A skip is an event, read as one.

The owner of the partition records the event, takes the version as seen and releases what waits behind, in one
transaction and under its lease. Killed before the commit, it does so once after the restart; killed after it, never
again. Whoever reads from the beginning finds the event before the record, and passes over the same one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from uuid import UUID

import psycopg

from events import columns, store
from events.approval import PermitCorrected
from events.catalogue import encode, type_name
from events.envelope import NewEvent
from events.parked import PassedOver, RecordReplaced, RecordSkipped, skips_stream
from projections import completeness, parked_acts, parked_requests
from projections.parked_acts import Act
from projections.parked_requests import Request, Wanted

SIDES: Mapping[str, str] = {"intake": "supervision", "told": "approval"}
"""On which side each reader works, and so records what it passes over."""
CORRECTION = type_name(PermitCorrected)

_SAID = """(SELECT type, data::jsonb AS said FROM ledger WHERE stream = %(skips)s
            UNION ALL SELECT type, data::jsonb FROM outbox WHERE stream = %(skips)s) AS skips"""


def passed_over(connection: psycopg.Connection, reader: str, streams: Iterable[UUID]) -> dict[UUID, set[int]]:
    """Return the versions of ``streams`` that ``reader`` passes over."""
    return _versions(
        connection.execute(
            f"""SELECT (said ->> 'stream')::uuid, (said ->> 'version')::integer FROM {_SAID}
                WHERE (said ->> 'stream')::uuid = ANY(%(streams)s)""".encode(),
            {"skips": skips_stream(reader), "streams": columns.uuids(streams)},
        )
    )


def all_passed_over(connection: psycopg.Connection, reader: str) -> dict[UUID, set[int]]:
    """Return every version that ``reader`` passes over, by stream."""
    return _versions(
        connection.execute(
            f"SELECT (said ->> 'stream')::uuid, (said ->> 'version')::integer FROM {_SAID}".encode(),
            {"skips": skips_stream(reader)},
        )
    )


def counted(connection: psycopg.Connection, reader: str) -> tuple[int, int]:
    """Return how many records were skipped, and how many replaced by a correction."""
    row = connection.execute(
        f"""SELECT count(*) FILTER (WHERE type = 'record_skipped'),
                   count(*) FILTER (WHERE type = 'record_replaced') FROM {_SAID}""".encode(),
        {"skips": skips_stream(reader)},
    ).fetchone()
    assert row is not None
    return int(row[0]), int(row[1])


def beyond(version: int, passed: Collection[int]) -> int:
    """Return the last version that counts as seen when ``version`` was: those passed over right behind it do too."""
    while version + 1 in passed:
        version += 1
    return version


def first_waiting(connection: psycopg.Connection, reader: str, stream: UUID) -> int | None:
    """Return the version of the record that a parked stream stands still for; None when that one is not here."""
    row = connection.execute(
        """SELECT r.version FROM parked_streams s JOIN parked_records r USING (projection, stream)
           WHERE s.projection = %(reader)s AND s.stream = %(stream)s AND r.version = 1 + coalesce((
               SELECT version FROM seen_versions WHERE projection = %(reader)s AND stream = %(stream)s), 0)""",
        {"reader": reader, "stream": stream},
    ).fetchone()
    return int(row[0]) if row else None


def carry_out(connection: psycopg.Connection, reader: str, partitions: Iterable[int]) -> list[UUID]:
    """Pass over what was decided in ``partitions``, in the caller's transaction, and return the streams that go on now.

    The caller holds the lease's rows and releases what waits. A request whose record waits no longer lapses.
    """
    passed: list[UUID] = []
    for request in parked_requests.of_partitions(connection, reader, partitions):
        if first_waiting(connection, reader, request.stream) != request.version:
            parked_requests.close(connection, reader, request.stream)
            _note(connection, reader, Act.LAPSED, request)
            continue
        if request.kind == Wanted.SKIP and request.consented_by is not None:
            _pass_over(connection, reader, request, None)
        elif request.kind == Wanted.REPAIR and (by := _correction(connection, reader, request)):
            _pass_over(connection, reader, request, by)
        else:
            continue
        passed.append(request.stream)
    return passed


def _correction(connection: psycopg.Connection, reader: str, request: Request) -> int | None:
    """Return the version of the first correction that waits behind the record: it says the whole permit anew."""
    row = connection.execute(
        """SELECT min(version) FROM parked_records WHERE projection = %s AND stream = %s AND version > %s
           AND attributes ->> 'type' = %s AND attributes ->> 'defect' IS NULL""",
        (reader, request.stream, request.version, CORRECTION),
    ).fetchone()
    return row[0] if row else None


def _pass_over(connection: psycopg.Connection, reader: str, request: Request, replaced_by: int | None) -> None:
    row = connection.execute(
        """DELETE FROM parked_records WHERE projection = %s AND stream = %s AND version = %s
           RETURNING attributes ->> 'type', (attributes ->> 'position')::bigint, recorded_at, data,
               clock_timestamp()""",
        (reader, request.stream, request.version),
    ).fetchone()
    assert row is not None
    kind, position, recorded_at, data, now = row
    completeness.note_passed_over(connection, [(kind, recorded_at, data)])
    _record(connection, reader, _event(reader, request, kind, position, replaced_by), now)
    connection.execute(
        """INSERT INTO seen_versions (projection, stream, version) VALUES (%s, %s, %s)
           ON CONFLICT (projection, stream) DO UPDATE SET version = excluded.version""",
        (reader, request.stream, request.version),
    )
    parked_requests.close(connection, reader, request.stream)
    _note(connection, reader, Act.REPLACED if replaced_by else Act.SKIPPED, request)


def _event(reader: str, request: Request, kind: str, position: int, replaced_by: int | None) -> PassedOver:
    of = {
        "reader": reader, "stream": request.stream, "version": request.version, "type": kind, "position": position,
        "reason": request.reason, "asked_by": request.asked_by, "asked_at": request.asked_at,
    }  # fmt: skip
    if replaced_by:
        return RecordReplaced.model_validate(of | {"replaced_by": replaced_by})
    consent = {"consented_by": request.consented_by, "consented_at": request.consented_at}
    return RecordSkipped.model_validate(of | consent)


def _record(connection: psycopg.Connection, reader: str, said: PassedOver, now: datetime) -> None:
    stream = skips_stream(reader)
    row = connection.execute("SELECT version FROM streams WHERE stream = %s", (stream,)).fetchone()
    name, schema, data = encode(said)
    store.append(connection, SIDES[reader], [NewEvent(stream, (row[0] if row else 0) + 1, name, schema, now, data)])


def _note(connection: psycopg.Connection, reader: str, act: Act, request: Request) -> None:
    # By whom: a skip is two people's, and the owner of the partition only carries out what they decided.
    by = "、".join(filter(None, (request.asked_by, request.consented_by)))
    parked_acts.note(connection, reader, act, by, request.reason, stream=request.stream, version=request.version)


def _versions(rows: Iterable[tuple[UUID, int]]) -> dict[UUID, set[int]]:
    found: dict[UUID, set[int]] = {}
    for stream, version in rows:
        found.setdefault(stream, set()).add(version)
    return found
