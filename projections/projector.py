"""The projector: batches of records become lists, each record once, each stream in order, in one transaction a batch.

That transaction moves the bookmark, skips what was seen, folds in memory, writes the lists and the versions seen.
Whatever a log does (deliver twice, deliver late, come back from an old offset) ends in the same lists.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import chain
from uuid import UUID

import psycopg
import structlog
from sqlalchemy import Engine

from events import bookmark, columns
from events.bookmark import Lease
from events.catalogue import UnknownType
from events.database import raw, refuses_data
from events.envelope import Record
from events.log import Batch
from events.store import VersionConflict, is_conflict
from projections import completeness, parking, received_numbers, skipping
from projections.parking import Park
from projections.projection import Outcome, Projection, Unit

log = structlog.get_logger()


class Unwritable(Exception):
    """A unit could not write what was folded into it. The text names the kind of fault."""


class Projector:
    """Applies batches to one projection under one lease. ``observe`` is told what each committed batch did."""

    def __init__(
        self, engine: Engine, projection: Projection, lease: Lease, observe: Callable[[Outcome], None] = lambda _: None
    ) -> None:
        self.engine = engine
        self.projection = projection
        self.lease = lease
        self.observe = observe

    def receive(self, batch: Batch) -> Outcome:
        """Apply ``batch`` or raise with nothing changed: ``Fenced``, or the database's outage.

        Only partitions that the batch moves are written; their records must start at the lease's cursors.
        """
        cursors = {p: c for p, c in batch.cursors.items() if c != self.lease.cursors[p]}
        positions: dict[int, int] = {}
        for record in batch.records:
            positions[record.partition] = max(record.position, positions.get(record.partition, 0))
        outcome, began = Outcome(), time.monotonic()
        with self.engine.begin() as transaction:
            connection = raw(transaction)
            # First, because it locks: a thawed worker stops here, before it has written anything.
            bookmark.advance(connection, self.lease, cursors, positions)
            received_numbers.note_records(connection, self.projection.name, batch.records)
            self._settle(connection, _by_stream(batch.records), outcome)
        bookmark.moved(self.lease, cursors, positions)
        outcome.seconds = time.monotonic() - began
        self.observe(outcome)
        return outcome

    def tend(self) -> Outcome:
        """Pass over what was decided to be, release the streams that somebody asked to retry, in order, and let the
        projection do what is due.

        Under the same locks as a batch: only the owner of a partition moves what belongs to it.
        """
        outcome = Outcome()
        with self.engine.begin() as transaction:
            connection = raw(transaction)
            bookmark.renew(connection, self.lease)
            passed = skipping.carry_out(connection, self.projection.name, self.lease.partitions)
            outcome.counts["skipped"] += len(passed)
            asked = parking.requested(connection, self.projection.name, self.lease.partitions)
            concerned = dict.fromkeys(passed + asked)
            before = parking.since(connection, self.projection.name, concerned) if concerned else {}
            waiting = {stream: parking.release(connection, self.projection.name, stream) for stream in concerned}
            released = {stream: records for stream, records in waiting.items() if records}
            received_numbers.note_records(connection, self.projection.name, list(chain(*released.values())))
            self._settle(connection, released, outcome)
            if before:
                parking.still_since(connection, self.projection.name, before)
            outcome.counts["tended"] += self.projection.tend(connection, self.lease.partitions)
        if outcome.counts:
            self.observe(outcome)
        return outcome

    def _settle(
        self, connection: psycopg.Connection, streams: Mapping[UUID, Sequence[Record]], outcome: Outcome
    ) -> None:
        """Apply the records of ``streams``. When they cannot be written, halve until the culprit is alone: it parks."""
        if not streams:
            return
        attempt = Outcome()
        try:
            with connection.transaction():
                self._apply(connection, streams, attempt)
        except (psycopg.Error, Unwritable) as error:
            if isinstance(error, psycopg.Error) and is_conflict(error):
                raise VersionConflict from error
            if isinstance(error, psycopg.Error) and not refuses_data(error):
                raise
            if len(streams) > 1:
                names = list(streams)
                for half in (names[: len(names) // 2], names[len(names) // 2 :]):
                    self._settle(connection, {name: streams[name] for name in half}, outcome)
                return
            self._isolate(connection, next(iter(streams.values())), error, outcome)
            return
        outcome.counts += attempt.counts
        outcome.visible += attempt.visible
        outcome.rejected += attempt.rejected

    def _isolate(
        self,
        connection: psycopg.Connection,
        records: Sequence[Record],
        error: psycopg.Error | Unwritable,
        outcome: Outcome,
    ) -> None:
        stream = records[0].stream
        if len(records) == 1:
            # It may be innocent: what it released from behind a gap was refused with it.
            records = [*records, *parking.release(connection, self.projection.name, stream)]
        if len(records) > 1:
            self._settle(connection, {stream: records[:-1]}, outcome)
            self._settle(connection, {stream: records[-1:]}, outcome)
            return
        refusal = f"database: {error.sqlstate}" if isinstance(error, psycopg.Error) else str(error)
        self._park(connection, Park(parking.REFUSED, refusal), records, outcome)

    def _apply(
        self, connection: psycopg.Connection, streams: Mapping[UUID, Sequence[Record]], outcome: Outcome
    ) -> None:
        name = self.projection.name
        seen = _seen(connection, name, streams)
        passed = skipping.passed_over(connection, name, streams)
        seen |= {stream: skipping.beyond(seen.get(stream, 0), versions) for stream, versions in passed.items()}
        parked = parking.reasons(connection, name, streams)
        waiting: dict[UUID, list[Record]] = {}
        due: dict[UUID, list[Record]] = {}
        skipped: list[Record] = []
        for stream, came in streams.items():
            records = [r for r in came if r.version not in passed.get(stream, ())]
            skipped += [r for r in came if r.version in passed.get(stream, ())]
            known = {r.version: r for r in records if r.defect is None}
            if parked.get(stream) in parking.HEALS_BY_ARRIVAL and seen.get(stream, 0) + 1 in known:
                known = {r.version: r for r in parking.release(connection, name, stream)} | known
                parked.pop(stream)
            if stream in parked:
                waiting[stream] = records
            else:
                due[stream] = sorted(known.values(), key=lambda r: r.version) + [r for r in records if r.defect]
                outcome.counts["duplicate"] += len(records) - len({r.version for r in records})
        outcome.counts["skipped"] += len(skipped)
        completeness.note_passed_over(connection, ((r.type, r.recorded_at, r.data) for r in skipped))
        unit = self.projection.open(connection, list(due))
        for records in due.values():
            self._fold(connection, unit, records, seen, passed, outcome)
        try:
            unit.write(connection)
        except (psycopg.Error, VersionConflict):
            raise
        except Exception as error:  # whose event it was is not told by what all were folded into
            raise Unwritable(type(error).__name__) from error
        outcome.visible += unit.visible()
        for stream, records in waiting.items():
            fresh = [r for r in records if r.version > seen.get(stream, 0) or r.defect]
            outcome.counts["duplicate"] += len(records) - len(fresh)
            if fresh:
                self._park(connection, Park(parked[stream], "follower"), fresh, outcome)
        _note_seen(connection, name, {s: seen[s] for s in due if s in seen})

    def _fold(
        self,
        connection: psycopg.Connection,
        unit: Unit,
        records: Sequence[Record],
        seen: dict[UUID, int],
        passed: Mapping[UUID, Collection[int]],
        outcome: Outcome,
    ) -> None:
        for index, record in enumerate(records):
            last = seen.get(record.stream, 0)
            if record.defect:
                why = Park(parking.UNREADABLE, record.defect)
            elif record.version <= last:
                outcome.counts["duplicate"] += 1
                continue
            elif record.version > last + 1:
                damaged = next((r.defect for r in records[index:] if r.defect), None)
                # What is missing may have come, and be unreadable: that is what the operator must hear.
                why = (
                    Park(parking.UNREADABLE, damaged)
                    if damaged
                    else Park(parking.WAITING_FOR_EARLIER, f"version {record.version} came after {last}")
                )
            else:
                try:
                    unit.apply(record)
                except UnknownType as error:
                    why = Park(parking.UNKNOWN_TYPE, str(error))
                except Exception as error:  # whatever one event does, the others must go on
                    why = Park(parking.REFUSED, type(error).__name__)
                else:
                    seen[record.stream] = skipping.beyond(record.version, passed.get(record.stream, ()))
                    outcome.counts["applied" if self.projection.concerns(record.type) else "ignored"] += 1
                    continue
            self._park(connection, why, records[index:], outcome)
            return

    def _park(self, connection: psycopg.Connection, why: Park, records: Sequence[Record], outcome: Outcome) -> None:
        parking.park(connection, self.projection.name, why, records)
        outcome.counts["parked"] += len(records)
        if why.reason in parking.NOT_READ:
            outcome.rejected[records[0].type, why.reason] += 1
        log.warning(
            "stream_parked",
            projection=self.projection.name,
            stream=str(records[0].stream),
            version=records[0].version,
            type=records[0].type,
            reason=why.reason,
            detail=why.detail,
        )


def _by_stream(records: Iterable[Record]) -> dict[UUID, list[Record]]:
    streams: dict[UUID, list[Record]] = {}
    for record in records:
        streams.setdefault(record.stream, []).append(record)
    return streams


def _seen(connection: psycopg.Connection, projection: str, streams: Iterable[UUID]) -> dict[UUID, int]:
    rows = connection.execute(
        "SELECT stream, version FROM seen_versions WHERE projection = %s AND stream = ANY(%s)",
        (projection, columns.uuids(streams)),
    )
    return dict(rows.fetchall())


def _note_seen(connection: psycopg.Connection, projection: str, seen: Mapping[UUID, int]) -> None:
    streams = sorted(seen, key=lambda stream: stream.int)
    connection.execute(
        """INSERT INTO seen_versions (projection, stream, version)
           SELECT %s, s, v FROM unnest(%s::uuid[], %s::integer[]) AS t (s, v)
           ON CONFLICT (projection, stream) DO UPDATE SET version = excluded.version
           WHERE seen_versions.version < excluded.version""",
        (projection, columns.uuids(streams), columns.integers(seen[s] for s in streams)),
    )
