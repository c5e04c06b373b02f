"""How much disk a decision takes: in both databases with their indexes, and in the write-ahead log."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bench import backlog
from bench.figure import Figure
from bench.following import catch_up
from bench.ground import Ground
from bench.parts import routing, telling
from events.database import connect
from events.log.opening import EMBEDDED
from events.sequencer import number_once

EVENTS = 40_000


def measure(ground: Ground) -> Iterator[Figure]:
    """From the decision recorded to who was told: what it left in each database, and in the log of both."""
    count = EVENTS // 10 if ground.quick else EVENTS
    with ground.fresh() as pair:
        backlog.assign_duties(pair)
        began = _size(pair.approval_url), _size(pair.supervision_url), _written(pair.approval_url)
        backlog.fill(pair, backlog.backlog(ground, count))
        catch_up(routing, pair, EMBEDDED, count)
        with connect(pair.supervision_url, application="bench") as connection:
            while number_once(connection):
                pass
            pushes: Any = connection.execute("SELECT count(*) FROM ledger").fetchone()
        catch_up(telling, pair, EMBEDDED, int(pushes[0]))
        ended = _size(pair.approval_url), _size(pair.supervision_url), _written(pair.approval_url)
    for name, before, after in zip(("approval", "supervision", "write-ahead log"), began, ended, strict=True):
        note = "of both databases" if name == "write-ahead log" else "with indexes"
        yield Figure(f"disk a decision, {name}", (after - before) / count, "bytes", note=note)


def _size(url: str) -> int:
    return _answer(url, "SELECT pg_database_size(current_database())")


def _written(url: str) -> int:
    return _answer(url, "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint")


def _answer(url: str, question: str) -> int:
    with connect(url, application="bench") as connection:
        row: Any = connection.execute(question.encode()).fetchone()
    return int(row[0])
