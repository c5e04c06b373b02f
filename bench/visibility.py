"""From recorded to visible in the list, at a steady rate: sequencer and worker in processes of their own."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import islice

from bench import backlog, city
from bench.figure import Figure, percentile
from bench.ground import Ground, Pair
from bench.parts import at_work, numbering, routing
from events.database import connect
from events.log.opening import EMBEDDED
from events.store import append

SECONDS = 10.0
WARM_SECONDS = 2.0
BOUNDS = {500: ((30, 10), (150, 50)), 2_000: ((None, None), (None, None))}


def measure(ground: Ground) -> Iterator[Figure]:
    """On the embedded log, at 500 and 2,000 decisions a second."""
    for rate, (half, most) in BOUNDS.items():
        with ground.fresh() as pair:
            backlog.assign_duties(pair)
            ground.checkpoint()
            waits = _waits(pair, rate, 2.0 if ground.quick else SECONDS)
        name = f"commit → list, {rate}/s, embedded"
        yield Figure(f"{name}, p50", percentile(waits, 0.5), "ms", half[0], half[1], note=f"{len(waits)} list rows")
        yield Figure(f"{name}, p99", percentile(waits, 0.99), "ms", most[0], most[1])


def _waits(pair: Pair, rate: int, seconds: float) -> list[float]:
    with at_work(numbering, pair, EMBEDDED), at_work(routing, pair, EMBEDDED) as worker:
        time.sleep(WARM_SECONDS)
        wanted = int(rate * seconds)
        step = max(1, rate // 250)
        events = city.decisions(wanted, following=0)
        began = time.time()
        with connect(pair.approval_url, application="bench") as connection:
            for number in range(0, wanted, step):
                time.sleep(max(0.0, began + number / rate - time.time()))
                append(connection, "approval", list(islice(events, step)))
        time.sleep(WARM_SECONDS)
        seen = worker.result()
    return [(visible - recorded) * 1000 for recorded, visible in seen]
