"""A worker: takes its share of a log's partitions, applies what is new to one projection, and outlives every outage.

Several workers share the partitions without a broker that would tell them: each counts who lives, gives back what is
more than its share, and takes what is free within it.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Collection
from math import ceil
from typing import Protocol
from uuid import uuid4

import psycopg
import structlog
from psycopg.types.json import Jsonb
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from events import bookmark
from events.bookmark import Fenced, Lease
from events.database import connect, is_outage
from events.log import Batch, Log, LogUnavailable
from events.store import VersionConflict
from projections.projection import Outcome, Projection
from projections.projector import Projector
from projections.reading_ahead import ReadingAhead

log = structlog.get_logger()

LIMIT = 1000
TEND_SECONDS = 0.5
BACKEND = "backend"
"""Where a worker's heartbeat names the session that its leases hang on."""
LEVEL_SECONDS = 1.0
"""How often the bookmarks of partitions without records are moved too, so that a restart reads little twice."""


def worker_name() -> str:
    """Return a name that no other worker has, also after a restart on the same machine."""
    return f"{socket.gethostname()}-{os.getpid()}-{uuid4().hex[:6]}"


def keep_going(stop: threading.Event, session: Callable[[threading.Event], None], **who: str) -> None:
    """Begin ``session`` again and again until ``stop``, and wait out what keeps it from going on: everything it did not
    commit it finds as it was. ``who`` names the worker in the journal."""
    while not stop.is_set():
        try:
            session(stop)
        except Fenced:
            log.warning("worker_fenced", **who)
        except VersionConflict:
            continue
        except LogUnavailable as error:
            log.warning("worker_waits_for_log", error=str(error), **who)
            stop.wait(1.0)
        except (DBAPIError, psycopg.Error) as error:
            # Also when it is up and refuses us (a table or a right is missing): every event would meet that, so
            # none is parked for it, and the lag that grows meanwhile calls the operator.
            kind = "database_away" if is_outage(error) else "database_refuses"
            log.warning("worker_waits", why=kind, error=type(error).__name__, **who)
            stop.wait(1.0)


class Source(Protocol):
    """Opens the log anew; a broken one is closed and replaced."""

    def __call__(self) -> Log: ...


class Worker:
    """Applies one log to one projection. ``observe`` is told what each committed batch did."""

    def __init__(
        self,
        url: str,
        engine: Engine,
        projection: Projection,
        source: Source,
        observe: Callable[[Outcome], None] = lambda _: None,
        name: str = "",
    ) -> None:
        self.url = url
        self.engine = engine
        self.projection = projection
        self.source = source
        self.observe = observe
        self.name = name or worker_name()

    def run(self, stop: threading.Event) -> None:
        """Work until ``stop``. A database or log that is away is waited for; nothing is parked for it."""
        keep_going(stop, self._session, projection=self.projection.name, worker=self.name)

    def _session(self, stop: threading.Event) -> None:
        """Hold a lease on one connection and work under it; the lease ends with the connection."""
        source = self.source()
        try:
            with connect(self.url, application=f"{self.projection.name}-{self.name}") as keeper:
                identity, beginning = source.identity(), source.beginning()
                lease = Lease(self.projection.name, identity.log)
                while not stop.is_set():
                    share = self._share(keeper, beginning)
                    if len(lease.partitions) > share:
                        bookmark.release(keeper, lease, sorted(lease.partitions)[share:])
                    left = {p: cursor for p, cursor in beginning.items() if p not in lease.partitions}
                    more = share - len(lease.partitions)
                    if more:
                        lease.join(bookmark.take(keeper, self.projection.name, identity, left, self.name, most=more))
                    if not lease.partitions:
                        # All are held by others, who give some back once they have heard of us.
                        stop.wait(TEND_SECONDS)
                        identity, beginning = source.identity(), source.beginning()
                        lease = Lease(self.projection.name, identity.log)
                        continue
                    log.info("worker_follows", projection=self.projection.name, partitions=len(lease.partitions))
                    self.follow(source, lease, keeper, stop, beginning)
                bookmark.release(keeper, lease)
        finally:
            source.close()

    def follow(
        self,
        source: Log,
        lease: Lease,
        keeper: psycopg.Connection,
        stop: threading.Event,
        partitions: Collection[int],
    ) -> None:
        """Apply batch after batch under ``lease`` until ``stop``, an error, or until it is not our share of
        ``partitions``: too much, because another worker came, or less while one of them is free.

        Leases of a frozen worker lapse one after another. Whoever takes the first must come back for the others: they
        were nobody's for good once.
        """
        projector = Projector(self.engine, self.projection, lease, self.observe)
        tended = levelled = 0.0
        with ReadingAhead(source, lease.cursors, LIMIT) as reading:
            while not stop.is_set():
                batch = reading.next(timeout=TEND_SECONDS / 2)
                now = time.monotonic()
                level = now - levelled > LEVEL_SECONDS
                if batch.records or (level and batch.cursors != lease.cursors):
                    projector.receive(batch if level else touched(batch))
                    levelled = now if level else levelled
                if now - tended > TEND_SECONDS:
                    projector.tend()
                    tended = now
                    room = self._share(keeper, partitions) - len(lease.partitions)
                    if room < 0 or (room and bookmark.free(keeper, lease, set(partitions) - lease.partitions)):
                        return

    def _share(self, keeper: psycopg.Connection, partitions: Collection[int]) -> int:
        """Say that we live, and return how many of ``partitions`` each of those who do may hold."""
        part = f"projection:{self.projection.name}"
        beat(keeper, part, self.name, {BACKEND: keeper.info.backend_pid})
        return ceil(len(partitions) / workers(keeper, part))


def workers(connection: psycopg.Connection, part: str) -> int:
    """Count the workers of ``part`` that share its partitions and live: their session is there, and they beat.

    A killed one is not counted once its session is gone, a frozen one when its leases lapse: what it held is taken.
    """
    row = connection.execute(
        """SELECT count(*) FROM heartbeats h JOIN pg_stat_activity a ON a.pid = (h.state->>%s)::int
           WHERE h.part = %s AND h.beat_at > clock_timestamp() - make_interval(secs => %s)""",
        (BACKEND, part, bookmark.LEASE_SECONDS),
    ).fetchone()
    assert row is not None
    return max(1, int(row[0]))


def touched(batch: Batch) -> Batch:
    """Return ``batch`` with the cursors of those partitions only that have records in it."""
    partitions = {record.partition for record in batch.records}
    return Batch(batch.records, {p: batch.cursors[p] for p in partitions})


def beat(connection: psycopg.Connection, part: str, worker: str, state: dict[str, object] | None = None) -> None:
    """Say that ``worker`` lives. Silence for 30 s is shown as 失联."""
    connection.execute(
        """INSERT INTO heartbeats (part, worker, beat_at, state) VALUES (%s, %s, clock_timestamp(), %s)
           ON CONFLICT (part, worker) DO UPDATE SET beat_at = excluded.beat_at, state = excluded.state""",
        (part, worker, Jsonb(state or {})),
    )
