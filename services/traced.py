"""The steps of a decision's way, with a span for each where the site collects traces; where not, as they are."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

import psycopg

from events import ledger
from events.envelope import Record
from events.log import LogIdentity, Publisher
from projections.projection import Outcome, Projection, Unit
from services.tracing import Traces

Observe = Callable[[Outcome], None]


class Numbered(Protocol):
    def __call__(self, connection: psycopg.Connection, many: int) -> None: ...


def numbered(source: str, traces: Traces) -> Numbered:
    """Return what a sequencer calls when it has numbered ``many`` events."""

    def note(connection: psycopg.Connection, many: int) -> None:
        head = ledger.head(connection).position
        traces.passed("number", ledger.read(connection, source, head - many, many))

    return note


class TracedPublisher:
    """Where a relay puts records; each becomes a span once it is durable there."""

    def __init__(self, publisher: Publisher, traces: Traces) -> None:
        self.publisher = publisher
        self.traces = traces

    def identity(self) -> LogIdentity:
        return self.publisher.identity()

    def head(self) -> Mapping[int, int]:
        return self.publisher.head()

    def publish(self, records: Sequence[Record]) -> Mapping[int, int]:
        began = time.time()
        cursors = self.publisher.publish(records)
        self.traces.passed("publish", records, began)
        return cursors

    def close(self) -> None:
        self.publisher.close()


class _TracedUnit:
    def __init__(self, unit: Unit, applied: dict[UUID, tuple[Record, float]], began: float) -> None:
        self.unit = unit
        self.applied = applied
        self.began = began

    def apply(self, record: Record) -> None:
        self.unit.apply(record)
        self.applied[record.id] = record, self.began

    def write(self, connection: psycopg.Connection) -> None:
        self.unit.write(connection)

    def visible(self) -> Iterable[tuple[str, datetime]]:
        return self.unit.visible()


class TracedProjection:
    """A projection whose applied records become spans when their batch is committed: ``observe`` is told then."""

    def __init__(self, projection: Projection, traces: Traces) -> None:
        self.projection = projection
        self.name = projection.name
        self.traces = traces
        self._applied: dict[UUID, tuple[Record, float]] = {}

    def concerns(self, kind: str) -> bool:
        return self.projection.concerns(kind)

    def open(self, connection: psycopg.Connection, streams: Sequence[UUID]) -> Unit:
        return _TracedUnit(self.projection.open(connection, streams), self._applied, time.time())

    def tend(self, connection: psycopg.Connection, partitions: Iterable[int]) -> int:
        return self.projection.tend(connection, partitions)

    def observing(self, observe: Observe) -> Observe:
        def committed(outcome: Outcome) -> None:
            observe(outcome)
            applied = list(self._applied.values())
            self._applied.clear()
            for record, began in applied:
                self.traces.passed("apply", [record], began, projection=self.name)

        return committed
