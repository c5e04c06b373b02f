"""How fast a backlog becomes lists without a broker: numbering it, the intake, and the sender's side of the pushes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bench import backlog
from bench.figure import PER_SECOND, Figure
from bench.following import catch_up
from bench.ground import Ground
from bench.parts import routing, telling
from events.database import connect
from events.log.opening import EMBEDDED
from events.sequencer import number_once

EVENTS = 40_000
FLOOR, AIM = 12_000.0, 20_000.0


def measure(ground: Ground) -> Iterator[Figure]:
    """Fill a ledger and let one worker apply it; then let the other side's follow the pushes that came of it."""
    count = EVENTS // 10 if ground.quick else EVENTS
    with ground.fresh() as pair:
        backlog.assign_duties(pair)
        filled = backlog.fill(pair, backlog.backlog(ground, count))
        yield Figure("append, 1,000 a transaction", count / filled.appending, PER_SECOND)
        yield Figure("sequencer", count / filled.numbering, PER_SECOND)
        ground.checkpoint()
        intake = catch_up(routing, pair, EMBEDDED, count)
        rows = _count(pair.supervision_url, "watch_list")
        note = f"{rows / count:.2f} list rows a decision"
        yield Figure("intake catch-up, 1 worker", intake.per_second, PER_SECOND, FLOOR, AIM, note=note)
        yield intake.memory("intake worker")
        pushes = _number(pair.supervision_url)
        ground.checkpoint()
        told = catch_up(telling, pair, EMBEDDED, pushes)
        note = f"{_count(pair.approval_url, 'told') / pushes:.2f} rows a push"
        yield Figure("who was told, catch-up, 1 worker", told.per_second, PER_SECOND, FLOOR, AIM, note=note)


def _number(url: str) -> int:
    """Number all that waits, and return how many events the ledger holds."""
    with connect(url, application="bench") as connection:
        while number_once(connection):
            pass
        connection.execute("VACUUM ANALYZE")
    return _count(url, "ledger")


def _count(url: str, table: str) -> int:
    with connect(url, application="bench") as connection:
        row: Any = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
    return int(row[0])
