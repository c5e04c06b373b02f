"""From recorded to visible in the list, at a steady rate, through each log.

Sequencer, relay, broker and worker are processes of their own, and the worker follows as it does on a real site: it is
given decisions until it says that it follows live, and only what comes after that counts.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import islice

import psycopg

from bench import backlog, city
from bench.figure import Figure, percentile
from bench.ground import Ground, Pair
from bench.parts import Followed, numbering, relaying, routing
from bench.processes import Running, at_work
from events.database import connect
from events.log.opening import EMBEDDED, is_embedded
from events.store import append

SECONDS = 10.0
WARM_SECONDS = 2.0
LEVEL_WITHIN_SECONDS = 90.0
LATE_SECONDS = 60.0
NOT_PROMISED = (None, None)
BOUNDS = {
    ("embedded", 500): ((30.0, 10.0), (150.0, 50.0)),
    ("embedded", 2_000): (NOT_PROMISED, NOT_PROMISED),
    ("Kafka", 500): ((120.0, 50.0), (400.0, 150.0)),
    ("Kafka", 2_000): (NOT_PROMISED, NOT_PROMISED),
}
"""By log and decisions a second: the least and the aim of p50, and of p99."""


def measure(ground: Ground) -> Iterator[Figure]:
    """On both logs, at 500 and 2,000 decisions a second."""
    for (log, rate), (half, most) in BOUNDS.items():
        log_url = EMBEDDED if log == "embedded" else ground.renewed_broker().url
        with ground.fresh() as pair:
            backlog.assign_duties(pair)
            ground.checkpoint()
            waits, note = _waits(pair, log_url, rate, 2.0 if ground.quick else SECONDS)
        name = f"commit → list, {rate:,}/s, {log}"
        yield Figure(f"{name}, p50", percentile(waits, 0.5), "ms", *half, note=f"{len(waits):,} list rows")
        yield Figure(f"{name}, p99", percentile(waits, 0.99), "ms", *most, note=note)


def _waits(pair: Pair, log_url: str, rate: int, seconds: float) -> tuple[list[float], str]:
    """Return the milliseconds that each list row took, and who read from the log meanwhile."""
    embedded = is_embedded(log_url)
    with ExitStack() as site, connect(pair.approval_url, application="bench") as connection:
        site.enter_context(at_work(numbering, pair, log_url))
        if not embedded:
            site.enter_context(at_work(relaying, pair, log_url))
        worker = site.enter_context(at_work(routing, pair, log_url))
        desk = _Desk(connection, rate)
        desk.decide_until(worker, "worker_follows" if embedded else "follower_live")
        desk.decide(WARM_SECONDS)
        began = time.time()
        desk.decide(seconds)
        worker.until_applied(desk.decided, LATE_SECONDS)
        followed: Followed = worker.result()
    waits = [(visible - recorded) * 1000 for recorded, visible in followed.visible if recorded >= began]
    return waits, "" if embedded else _who_read(worker, began)


class _Desk:
    """Decides at ``rate`` a second, several in one transaction when that is much, as a busy bureau does."""

    def __init__(self, connection: psycopg.Connection, rate: int) -> None:
        self.connection = connection
        self.rate = rate
        self.at_once = max(1, rate // 250)
        self.decided = 0
        self._decisions = city.decisions(10**9, following=0)

    def decide(self, seconds: float) -> None:
        began, wanted = time.time(), int(self.rate * seconds)
        for number in range(0, wanted, self.at_once):
            time.sleep(max(0.0, began + number / self.rate - time.time()))
            self._append(min(self.at_once, wanted - number))

    def decide_until(self, worker: Running, event: str) -> None:
        """Decide now and then until ``worker`` logged ``event``: a follower takes over live while little comes."""
        deadline = time.monotonic() + LEVEL_WITHIN_SECONDS
        while all(said != event for _, said in worker.logged) and time.monotonic() < deadline:
            self._append(1)
            time.sleep(0.05)
        worker.until_logged(event, 1.0)

    def _append(self, count: int) -> None:
        append(self.connection, "approval", list(islice(self._decisions, count)))
        self.decided += count


def _who_read(worker: Running, since: float) -> str:
    """Faust follows live; each time it fell behind, kafka-python read again for a while."""
    behind = sum(said == "follower_catches_up" for at, said in worker.logged if at >= since)
    return f"Faust fell behind {behind} times" if behind else "Faust all the while"
