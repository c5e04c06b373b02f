"""How fast the watch lists are made anew from their pushes: folded, written, indexed and compared, beside those that
are read.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from bench import backlog
from bench.figure import PER_SECOND, Figure
from bench.following import catch_up
from bench.ground import Ground
from bench.parts import routing
from events.database import connect
from events.log.opening import EMBEDDED
from events.sequencer import number_once
from services import rebuilding
from services.rebuild_state import newest
from services.rebuilding import Rebuilding

FLOOR, AIM = 25_000.0, 50_000.0
EVENTS = 100_000
"""A rebuild has half a second of statistics however short its list: fewer would measure that."""


def measure(ground: Ground) -> Iterator[Figure]:
    """Let the scheduler's own loop rebuild what the intake made of a backlog."""
    count = EVENTS // 10 if ground.quick else EVENTS
    with ground.fresh() as pair:
        backlog.assign_duties(pair)
        backlog.fill(pair, backlog.backlog(ground, count))
        catch_up(routing, pair, EMBEDDED, count)
        with connect(pair.supervision_url, application="bench") as connection:
            while number_once(connection):
                pass
            connection.execute("VACUUM ANALYZE")
            ground.checkpoint()
            pushes: Any = connection.execute("SELECT count(*) FROM ledger WHERE type LIKE 'push_%'").fetchone()
            with connection.transaction():
                rebuilding.begin(connection, "bench")
            work = Rebuilding()
            while work.end(connection, datetime.now(UTC)):
                pass
            one = newest(connection)
            assert one is not None
            assert one.filled_at is not None
            assert one.compared_at is not None
            assert one.differing == 0, one.comparison
    # By its own books: the loop that fills goes on comparing in the same breath.
    filling = (one.filled_at - one.begun_at).total_seconds()
    comparing = (one.compared_at - one.filled_at).total_seconds()
    note = f"{pushes[0]:,} pushes, {one.rows:,} rows, indexes included; compared in {comparing:.1f} s"
    yield Figure("rebuild of the lists", pushes[0] / filling, PER_SECOND, FLOOR, AIM, note=note)
