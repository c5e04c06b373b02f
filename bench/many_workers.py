"""How fast a backlog becomes lists when 1, 2 or 4 workers share the partitions, through each log.

The workers are there first and have their shares; then the backlog is numbered, and with Kafka carried into it, while
they apply it. Everything shares the cores of this machine, database and broker too.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack

from bench import backlog
from bench.catching_up import EVENTS
from bench.figure import PER_SECOND, Figure
from bench.ground import Ground, Pair
from bench.parts import Followed, numbering, relaying, routing
from bench.processes import Running, at_work
from events.database import connect
from events.envelope import PARTITIONS
from events.log.opening import EMBEDDED, is_embedded
from events.store import append

WORKERS = (1, 2, 4)
SHARED_WITHIN_SECONDS = 90.0
APPLIED_WITHIN_SECONDS = 180.0


def measure(ground: Ground) -> Iterator[Figure]:
    """The same backlog for each number of workers."""
    count = EVENTS // 10 if ground.quick else EVENTS
    for log in ("embedded", "Kafka"):
        for workers in WORKERS:
            log_url = EMBEDDED if log == "embedded" else ground.renewed_broker().url
            with ground.fresh() as pair:
                backlog.assign_duties(pair)
                ground.checkpoint()
                rate, note = _rate(ground, pair, log_url, workers, count)
            name = f"intake, {workers} worker{'s' if workers > 1 else ''}, {log}"
            yield Figure(name, rate, PER_SECOND, note=note)


def _rate(ground: Ground, pair: Pair, log_url: str, workers: int, count: int) -> tuple[float, str]:
    with ExitStack() as site:
        running = [site.enter_context(at_work(routing, pair, log_url)) for _ in range(workers)]
        _until_shared(pair, running, workers)
        with connect(pair.approval_url, application="bench") as connection:
            events = backlog.backlog(ground, count)
            for at in range(0, count, backlog.APPENDED_AT_ONCE):
                append(connection, "approval", events[at : at + backlog.APPENDED_AT_ONCE])
        site.enter_context(at_work(numbering, pair, log_url))
        if not is_embedded(log_url):
            site.enter_context(at_work(relaying, pair, log_url))
        _until_applied(running, count)
        done: list[Followed] = [one.result() for one in running]
    batches = sorted(batch for one in done for batch in one.batches)
    (began, first), (ended, _) = batches[0], batches[-1]
    shares = " + ".join(f"{one.applied / count:.0%}" for one in done)
    return (sum(applied for _, applied in batches) - first) / (ended - began), f"of it {shares}" if workers > 1 else ""


def _until_shared(pair: Pair, running: list[Running], workers: int) -> None:
    """Wait until each worker holds its part of the partitions, and nobody the rest."""
    fair = sorted(len(range(at, PARTITIONS, workers)) for at in range(workers))
    deadline = time.monotonic() + SHARED_WITHIN_SECONDS
    with connect(pair.supervision_url, application="bench") as connection:
        while time.monotonic() < deadline:
            rows = connection.execute(
                "SELECT count(*) FROM checkpoints WHERE reader = 'intake' AND owner IS NOT NULL GROUP BY owner"
            ).fetchall()
            if sorted(held for (held,) in rows) == fair:
                return
            time.sleep(0.2)
    raise TimeoutError(f"{workers} workers do not share within {SHARED_WITHIN_SECONDS:.0f} s")


def _until_applied(running: list[Running], count: int) -> None:
    deadline = time.monotonic() + APPLIED_WITHIN_SECONDS
    while (applied := sum(one.applied for one in running)) < count:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{applied:,} of {count:,} are applied within {APPLIED_WITHIN_SECONDS:.0f} s")
        time.sleep(0.02)
