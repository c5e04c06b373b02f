"""How fast a backlog becomes lists: numbering it, and the intake that routes, records pushes and writes the lists."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing

from bench import backlog
from bench.city import NOW
from bench.figure import PER_SECOND, Figure
from bench.ground import Ground
from bench.parts import approval_log
from events import bookmark
from events.database import connect, open_engine
from projections.projector import Projector
from services.supervision.intake import Intake

EVENTS = 40_000
READ_AT_ONCE = 1_000


def measure(ground: Ground) -> Iterator[Figure]:
    """Fill a ledger, then apply it with one worker in this process."""
    count = EVENTS // 10 if ground.quick else EVENTS
    with ground.fresh() as pair:
        backlog.assign_duties(pair)
        filled = backlog.fill(pair, backlog.backlog(ground, count))
        yield Figure("append, 1,000 a transaction", count / filled.appending, PER_SECOND)
        yield Figure("sequencer", count / filled.numbering, PER_SECOND)
        ground.checkpoint()
        engine = open_engine(pair.supervision_url, application="bench")
        intake = Intake("审改办", lambda: NOW)
        with closing(approval_log(pair)) as log, connect(pair.supervision_url, application="bench") as keeper:
            lease = bookmark.take(keeper, intake.name, log.identity(), log.beginning(), "bench")
            projector = Projector(engine, intake, lease)
            reading = dict(lease.cursors)
            started = time.monotonic()
            while (batch := log.read(reading, READ_AT_ONCE)).records:
                projector.receive(batch)
                reading = dict(batch.cursors)
            seconds = time.monotonic() - started
            listed = keeper.execute("SELECT count(*) FROM watch_list").fetchone()
        engine.dispose()
        rows = listed[0] if listed else 0
        note = f"{rows / count:.2f} list rows a decision"
        yield Figure("intake catch-up, 1 worker", count / seconds, PER_SECOND, 12_000, 20_000, note=note)
