"""What does it cost to write an act down before it is answered, with many at once? And what would a chain that each
writer goes on with by himself cost?"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import Engine

from bench.figure import PER_SECOND, Figure
from bench.ground import Ground
from events.database import open_engine, raw
from events.envelope import link
from services.access.audit import Act, Entry, keep, write
from services.access.audit_chain import Linker

WRITERS = (1, 8, 32)
MILLISECONDS = "ms"


def measure(ground: Ground) -> Iterator[Figure]:
    seconds = 2.0 if ground.quick else 5.0
    for writers in WRITERS:
        with ground.fresh() as pair:
            stop = threading.Event()
            linker = threading.Thread(target=Linker(pair.approval_url, "approval").run, args=(stop,))
            linker.start()
            many, slow = _written(pair.approval_url, keep, writers, seconds)
            stop.set()
            linker.join()
        with ground.fresh() as pair:
            chained, waited = _written(pair.approval_url, _chained_by_the_writer, writers, seconds)
        told = f"each writer chaining by himself: {chained:,.0f}/s, one of a hundred waits {waited:.1f} ms"
        yield Figure(f"audit entries, {writers} writer{'s' if writers > 1 else ''}", many, PER_SECOND, note=told)
        yield Figure(f"audit entry, one of a hundred waits ({writers})", slow, MILLISECONDS)


def _written(url: str, keeps: Callable[[Engine, Entry], None], writers: int, seconds: float) -> tuple[float, float]:
    """Return how many were written a second, and how long one of a hundred took, in milliseconds."""
    engine = open_engine(url, application="bench-audit", pool_size=writers)

    def work(number: int) -> list[float]:
        entry = Entry(Act.EXPORTED, f"k-{number}", "officer", place="GET /departments/{department}/book", reason="月报")
        took, until = [], time.perf_counter() + seconds
        while (began := time.perf_counter()) < until:
            keeps(engine, entry)
            took.append((time.perf_counter() - began) * 1000)
        return took

    with ThreadPoolExecutor(writers) as pool:
        took = sorted(one for part in pool.map(work, range(writers)) for one in part)
    engine.dispose()
    return len(took) / seconds, took[int(len(took) * 0.99)]


def _chained_by_the_writer(engine: Engine, entry: Entry) -> None:
    """The variant that was not taken: whoever writes holds the head until his transaction is durable."""
    with engine.begin() as transaction:
        connection = raw(transaction)
        row = connection.execute("SELECT position, hash, clock_timestamp() FROM audit_head FOR UPDATE").fetchone()
        assert row is not None
        write(connection, entry)
        hash_ = link(row[1], row[0] + 1, row[2], entry.digest())
        connection.execute("UPDATE audit_head SET position = %s, hash = %s", (row[0] + 1, hash_))
