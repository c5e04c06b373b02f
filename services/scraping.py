"""What ``/metrics`` and the pages ask of a side: its store, and each of its projections, as they stand now."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from datetime import date, datetime
from datetime import time as time_of_day
from functools import partial
from typing import Protocol

import psycopg
from fastapi import FastAPI, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from sqlalchemy import Engine

from events.announcing import survey
from events.database import raw
from events.log import Announcement, Log, LogUnavailable
from events.log.commands import Commands
from events.numbers import count
from events.reserve import Room, read_room
from projections.completeness import kept
from projections.lag import Lag, measure
from services.access.rows import seeing_everybodys
from services.counted_facts import Overdue, SaidSince, departments_of, kafka_facts, outbox_facts, relay_facts
from services.ledger_walks import last_walk
from services.metrics import Fact, ProjectionState, StateCollector
from services.migrating import Side
from services.proof_facts import proof_facts
from services.rebuild_state import State, newest, with_rebuild
from services.scheduler import database_clock
from services.scheduling import scheduled_until
from services.time_rules import TimeRules, read_time_rules
from services.webhooks.facts import webhook_facts
from services.working_days import CHINA

REMEMBERED_SECONDS = 1.0
"""Pages and scrapes within a second share one measurement: a full hall of readers must not slow the lists down."""


class Beside(Protocol):
    """What a side has beside its projection: another reader with a lag of its own, and what waits there."""

    def lag(self, connection: psycopg.Connection) -> Lag: ...

    def waiting(self, connection: psycopg.Connection) -> Mapping[str, int]:
        """Return how much waits, by the name of its metric."""
        ...

    def facts(self, connection: psycopg.Connection) -> Iterator[Fact]:
        """Yield what is told apart by labels."""
        ...


MEASURING = "figures of the machinery"


class SideState:
    """The state of one side, measured in its own database. ``source`` opens the other side's log."""

    def __init__(
        self,
        engine: Engine,
        side: Side,
        projection: str,
        source: Callable[[], Log],
        beside: Beside | None = None,
        canary: Callable[[psycopg.Connection], tuple[float, datetime | None]] | None = None,
    ) -> None:
        self.engine = engine
        self.side = side
        self.projection = projection
        self.source = source
        self.beside = beside
        self.canary = canary
        self._lock = threading.Lock()
        self._measured: tuple[float, tuple[Lag, Room | None, Mapping[int, int] | None]] | None = None
        self._said, self._overdue = SaidSince(side), Overdue()
        self._rules: TimeRules | None = None

    def begin(self) -> None:
        """Count from now on what this side records: what comes before the first scrape is counted too."""
        with seeing_everybodys(MEASURING), self.engine.connect() as connection:
            self._said.begin(raw(connection))

    def lag(self) -> Lag:
        """Measure how far this side's projection is behind, at most once a second."""
        return self._measure()[0]

    def room(self) -> Room | None:
        """Return how much room the disk of this side has, as last seen; measured with the lag."""
        return self._measure()[1]

    def _measure(self) -> tuple[Lag, Room | None, Mapping[int, int] | None]:
        with self._lock:
            if self._measured is None or time.monotonic() - self._measured[0] > REMEMBERED_SECONDS:
                with seeing_everybodys(MEASURING), self.engine.connect() as connection, closing(self.source()) as log:
                    lag, room = measure(raw(connection), log, self.projection), read_room(raw(connection))
                    if self.side == "supervision":
                        lag = with_rebuild(raw(connection), lag)
                    self._measured = (time.monotonic(), (lag, room, topic_head(log)))
            return self._measured[1]

    def store(self) -> Announcement:
        with seeing_everybodys(MEASURING), self.engine.connect() as connection:
            return survey(raw(connection), self.side, {})

    def projections(self) -> list[ProjectionState]:
        lags = [self.lag()]
        with seeing_everybodys(MEASURING), self.engine.connect() as connection:
            if self.beside is not None:
                lags.append(self.beside.lag(raw(connection)))
            states = [_state(raw(connection), lag) for lag in lags]
            gaps = kept(raw(connection), self.projection)
            rebuilt = _rebuilt(raw(connection)) if self.side == "supervision" else None
            canary = self.canary(raw(connection)) if self.canary else None
        missing = count(one.run for one in gaps)
        own = partial(replace, missing=missing, rebuilt=rebuilt, canary=canary)
        return [own(one) if one.lag.projection == self.projection else one for one in states]

    def waiting(self) -> Mapping[str, float]:
        """Return how far reminders and calendar reach, what room the disk has, and what waits beside the projection."""
        with seeing_everybodys(MEASURING), self.engine.connect() as connection:
            until, room = scheduled_until(raw(connection)), read_room(raw(connection))
            self._rules = read_time_rules(raw(connection), self._rules)
            found = {
                "linkage_reminded_until_timestamp_seconds": _midnight(until) if until else 0.0,
                "linkage_disk_free_bytes": float(room.free if room else 0),
                "linkage_disk_reserve_bytes": float(room.reserve if room else 0),
                "linkage_disk_closed": float(room is not None and room.closed_at is not None),
                "linkage_calendar_known_until_timestamp_seconds": _midnight(self._rules.calendar.unknown_from),
                "linkage_ledger_faults": float(walk.faults) if (walk := last_walk(raw(connection))) else 0.0,
            }
            return found | dict(self.beside.waiting(raw(connection)) if self.beside else {})

    def facts(self) -> list[Fact]:
        """Return what is told apart by labels."""
        with seeing_everybodys(MEASURING), self.engine.connect() as opened:
            connection = raw(opened)
            return list(self._facts(connection))

    def _facts(self, connection: psycopg.Connection) -> Iterator[Fact]:
        departments = departments_of(connection) if self.side == "supervision" else frozenset[str]()
        yield from self._said.facts(connection, departments)
        yield from outbox_facts(connection, self.side)
        yield from relay_facts(connection, self.side)
        yield from proof_facts(connection, self.side)
        yield from webhook_facts(connection, self.side)
        if self.side == "supervision":
            self._rules = read_time_rules(connection, self._rules)
            yield from self._overdue.facts(connection, self._rules, departments, database_clock(connection))
        lag, _, head = self._measure()
        if head is not None:
            topic = f"linkage.{lag.source}.events"
            yield from kafka_facts(connection, self.projection, f"kafka:{lag.source}", topic, head)
        if self.beside is not None:
            yield from self.beside.facts(connection)


def topic_head(log: Log | Commands) -> Mapping[int, int] | None:
    """Return where each partition of a topic ends; None with the embedded log, and while Kafka is away."""
    try:
        return log.head() if log.name.startswith("kafka:") else None
    except LogUnavailable:
        return None


def _rebuilt(connection: psycopg.Connection) -> float:
    one = newest(connection)
    return one.progress if one is not None and one.state != State.ENDED else 1.0


def _midnight(day: date) -> float:
    return datetime.combine(day, time_of_day(), CHINA).timestamp()


def _state(connection: psycopg.Connection, lag: Lag) -> ProjectionState:
    name = (lag.projection,)
    position = connection.execute(
        "SELECT coalesce(max(ledger_position), 0) FROM checkpoints WHERE reader = %s", name
    ).fetchone()
    beats = connection.execute(
        "SELECT worker, beat_at FROM heartbeats WHERE part = 'projection:' || %s "
        "AND beat_at > clock_timestamp() - interval '1 hour'",
        name,
    ).fetchall()
    parked = connection.execute(
        """SELECT s.reason, count(*), min(r.recorded_at) FROM parked_streams s
           JOIN parked_records r USING (projection, stream) WHERE s.projection = %s GROUP BY s.reason""",
        name,
    ).fetchall()
    return ProjectionState(
        lag=lag,
        position=position[0] if position else 0,
        heartbeats=dict(beats),
        parked={row[0]: row[1] for row in parked},
        parked_oldest_at=min((row[2] for row in parked), default=None),
    )


def expose_metrics(application: FastAPI, registry: CollectorRegistry, state: SideState) -> None:
    """Answer ``/metrics`` from ``registry`` and from the side's state at the scrape, counting from now on."""
    state.begin()
    registry.register(StateCollector(state.store, state.projections, state.waiting, state.facts))

    @application.get("/metrics", include_in_schema=False)
    def metrics() -> Response:
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)
