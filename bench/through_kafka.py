"""How fast a backlog passes through Kafka: the relay drains the ledger into it, and a worker catches up from it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import closing

from bench import backlog
from bench.catching_up import AIM, EVENTS, FLOOR
from bench.figure import PER_SECOND, Figure
from bench.following import catch_up
from bench.ground import Ground, Pair
from bench.parts import approval_log, relaying, routing
from bench.processes import at_work
from events.database import connect

WITHIN_SECONDS = 120.0
LOOK_SECONDS = 0.02
READ_AT_ONCE = 1_000
RELAY_FLOOR, RELAY_AIM = 12_000.0, 16_000.0


def measure(ground: Ground) -> Iterator[Figure]:
    """The same backlog three times: into Kafka, out of it and decoded, and out of it into the lists."""
    count = EVENTS // 10 if ground.quick else EVENTS
    log_url = ground.renewed_broker().url
    with ground.fresh() as pair:
        backlog.assign_duties(pair)
        backlog.fill(pair, backlog.backlog(ground, count))
        ground.checkpoint()
        with at_work(relaying, pair, log_url):
            drained = _drained(pair, count)
        yield Figure("relay into Kafka", drained, PER_SECOND, RELAY_FLOOR, RELAY_AIM)
        yield Figure("read from Kafka and decoded", _read(pair, log_url, count), PER_SECOND)
        ground.checkpoint()
        intake = catch_up(routing, pair, log_url, count)
        yield Figure("intake catch-up through Kafka, 1 worker", intake.per_second, PER_SECOND, FLOOR, AIM)
        yield intake.memory("intake worker, through Kafka")


def _drained(pair: Pair, count: int) -> float:
    """Return the rate from the relay's first bookmark on: what a start costs is paid once."""
    first: tuple[float, int] | None = None
    deadline = time.monotonic() + WITHIN_SECONDS
    with connect(pair.approval_url, application="bench") as connection:
        while time.monotonic() < deadline:
            row = connection.execute(
                "SELECT coalesce(max(ledger_position), 0) FROM checkpoints WHERE reader = 'relay'"
            ).fetchone()
            now = time.monotonic()
            reached = row[0] if row else 0
            if reached == count and first is not None:
                return (count - first[1]) / (now - first[0])
            if reached and first is None:
                first = now, reached
            time.sleep(LOOK_SECONDS)
    raise TimeoutError(f"the relay has not carried {count:,} events within {WITHIN_SECONDS:.0f} s")


def _read(pair: Pair, log_url: str, count: int) -> float:
    with closing(approval_log(pair, log_url)) as log:
        cursors: Mapping[int, int] = log.beginning()
        read = 0
        log.read(cursors, 1, timeout=10)  # connects; a later cursor is never asked for, so nothing is left out
        began = time.monotonic()
        while read < count:
            batch = log.read(cursors, READ_AT_ONCE, timeout=10)
            if not batch.records:
                raise TimeoutError(f"Kafka gave {read:,} of {count:,} records")
            read += len(batch.records)
            cursors = batch.cursors
        return read / (time.monotonic() - began)
