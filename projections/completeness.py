"""Did everything arrive? Which numbers are missing, since when, and of which day.

A number is missing only when every partition has passed it, or when a head at or above it was announced a minute ago
and nothing older is left unread: until then it may be on its way. What is parked has arrived.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import orjson
import psycopg

from events import columns
from events.envelope import PARTITIONS
from events.log import Log
from events.numbers import Run, missing
from projections import received_numbers
from projections.hearing import TOLERATED_SECONDS, heard
from projections.received_numbers import DayRun, day_of

HEAD_EVERY = timedelta(seconds=30)
UNMET_FOR = timedelta(seconds=60)
HEADS_KEPT = timedelta(hours=1)
SENDER = "sender:"
PUSH = "push:"
"""What the series of a sender's own numbers, and of pushes, begin with."""
PUSHES = frozenset({"push_made", "push_moved"})


@dataclass(frozen=True, slots=True)
class Missing:
    """Numbers of a series that did not come. ``day``: of the next number that came, or on which they were noticed."""

    series: str
    day: date
    first: int
    last: int
    noticed_at: datetime

    @property
    def run(self) -> Run:
        return self.first, self.last

    def as_json(self) -> dict[str, Any]:
        return {
            "day": self.day.isoformat(), "first": self.first, "last": self.last,
            "count": self.last - self.first + 1, "noticed_at": self.noticed_at.isoformat(),
        }  # fmt: skip


def due_up_to(passed: int, heads: Iterable[tuple[int, datetime]], unread_since: datetime | None, now: datetime) -> int:
    """Return the highest number that must have come.

    ``passed``: up to which every partition was read. ``heads``: what was announced, and when we heard it.
    ``unread_since``: when the oldest record was recorded that the reader has not come to, None when it is level. All by
    our clock.
    """
    certain = now - UNMET_FOR
    if unread_since is not None:
        certain = min(certain, unread_since - timedelta(seconds=2 * TOLERATED_SECONDS))
    return max(passed, *(head for head, at in heads if at <= certain), 0)


def by_day(gaps: Iterable[Run], received: Sequence[DayRun], noticed_on: date) -> list[tuple[date, Run]]:
    """Return each gap with the day of the first number that came after it."""
    after = sorted((run.first, run.day) for run in received)
    found = []
    at = 0
    for gap in sorted(gaps):
        while at < len(after) and after[at][0] <= gap[1]:
            at += 1
        found.append((after[at][1] if at < len(after) else noticed_on, gap))
    return found


def look(connection: psycopg.Connection, log: Log, reader: str) -> list[Missing]:
    """Find out which numbers of the log's source ``reader`` misses now, and keep them. ``LogUnavailable`` as a read."""
    said = log.announcement()
    rows = connection.execute(
        "SELECT partition, cursor, ledger_position FROM checkpoints WHERE reader = %s AND log = %s", (reader, log.name)
    ).fetchall()
    cursors = {row[0]: row[1] for row in rows} or dict(log.beginning())
    oldest = log.oldest_unread_at(cursors) if log.unread(cursors) else None
    received_numbers.compact(connection)
    received = received_numbers.read(connection, reader)
    now = _clock(connection)
    if said is not None:
        _keep_head(connection, log.source, said.ledger_head, now)
    heads = connection.execute("SELECT head, heard_at FROM announced_heads WHERE source = %s", (log.source,)).fetchall()
    passed = min(row[2] for row in rows) if len(rows) == PARTITIONS else 0
    unread_since = heard(connection, log.source, said, now).by_our_clock(oldest)
    last = due_up_to(passed, heads, unread_since, now)
    return keep(connection, reader, missing(((run.first, run.last) for run in received), last), received, now)


def look_at_others(connection: psycopg.Connection, series: Iterable[str], reader: str) -> None:
    """Look at those ``series`` whose head nobody announces. A push whose event is parked has come."""
    waiting: dict[str, list[Run]] = {}
    for body, receivers in _parked_pushes(connection, reader):
        for one in receivers:
            number = int(one["push_number"])
            waiting.setdefault(push_series(body, one["department"]), []).append((number, number))
    for name in sorted(series):
        look_between(connection, name, waiting.get(name, ()))


def push_series(body: str, department: str) -> str:
    return f"{PUSH}{body}/{department}"


def _parked_pushes(connection: psycopg.Connection, reader: str) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    rows = connection.execute(
        """SELECT data FROM parked_records WHERE projection = %s
           AND attributes ->> 'type' = ANY(%s) AND attributes ->> 'defect' IS NULL""",
        (reader, sorted(PUSHES)),
    )
    for (data,) in rows:
        yield from _pushes_in(data)


def _pushes_in(data: bytes) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    try:
        said = orjson.loads(data)
        yield said["decision"]["payload"]["facts"]["deciding_body"], said["receivers"]
    except (ValueError, KeyError, TypeError):
        return  # parked because it is no push that can be read


def note_passed_over(connection: psycopg.Connection, records: Iterable[tuple[str, datetime, bytes]]) -> None:
    """Note the numbers of pushes that came and are passed over for good: type, recorded time and data of each. As far
    as they can be read."""
    came = [
        (push_series(body, one["department"]), day_of(at), int(one["push_number"]))
        for kind, at, data in records
        if kind in PUSHES
        for body, receivers in _pushes_in(data)
        for one in receivers
    ]
    received_numbers.note(connection, came)


def look_between(connection: psycopg.Connection, series: str, parked: Iterable[Run] = ()) -> list[Missing]:
    """Find out which numbers below the highest that came were left out, and keep them. For series of which nobody
    announces a head: a sender's own numbers, and pushes. ``parked``: these came, and wait."""
    received = received_numbers.read(connection, series)
    came = [(run.first, run.last) for run in received]
    gaps = missing([*came, *parked], max((last for _, last in came), default=0))
    return keep(connection, series, gaps, received, _clock(connection))


def keep(
    connection: psycopg.Connection, series: str, gaps: Sequence[Run], received: Sequence[DayRun], now: datetime
) -> list[Missing]:
    """Keep ``gaps`` as what is missing, each since it was first noticed, and return it."""
    before = kept(connection, series)
    found = [
        Missing(series, day, *gap, next((one.noticed_at for one in before if one.first <= gap[0] <= one.last), now))
        for day, gap in by_day(gaps, received, day_of(now))
    ]
    if found == before:
        return found
    with connection.transaction():
        connection.execute("DELETE FROM missing_numbers WHERE series = %s", (series,))
        if found:
            connection.execute(
                """INSERT INTO missing_numbers (series, day, first, last, noticed_at)
                   SELECT * FROM unnest(%s::text[], %s::date[], %s::bigint[], %s::bigint[], %s::timestamptz[])
                   ON CONFLICT DO NOTHING""",
                columns.of_rows(("text", "date", "bigint", "bigint", "timestamptz"), map(_row, found)),
            )
    return found


def series_of(connection: psycopg.Connection, prefix: str) -> list[str]:
    """Return the series of which anything came whose names begin with ``prefix``."""
    rows = connection.execute(
        "SELECT DISTINCT series FROM received_numbers WHERE starts_with(series, %s) ORDER BY series", (prefix,)
    )
    return [row[0] for row in rows]


def kept(connection: psycopg.Connection, series: str = "") -> list[Missing]:
    """Return what is missing of a series, or of all, as it was found last; lowest number first."""
    rows = connection.execute(
        """SELECT series, day, first, last, noticed_at FROM missing_numbers WHERE %s IN ('', series)
           ORDER BY series, first""",
        (series,),
    )
    return [Missing(*row) for row in rows]


def _row(one: Missing) -> tuple[str, date, int, int, datetime]:
    return one.series, one.day, one.first, one.last, one.noticed_at


def _clock(connection: psycopg.Connection) -> datetime:
    row = connection.execute("SELECT clock_timestamp()").fetchone()
    assert row is not None
    now: datetime = row[0]
    return now


def _keep_head(connection: psycopg.Connection, source: str, head: int, now: datetime) -> None:
    connection.execute(
        """INSERT INTO announced_heads (source, head, heard_at) SELECT %(source)s, %(head)s, %(now)s
           WHERE NOT EXISTS (SELECT FROM announced_heads WHERE source = %(source)s AND heard_at > %(lately)s)
           ON CONFLICT DO NOTHING""",
        {"source": source, "head": head, "now": now, "lately": now - HEAD_EVERY},
    )
    # The newest stays for ever: a source that says nothing more owes what it announced last.
    connection.execute(
        """DELETE FROM announced_heads WHERE source = %(source)s AND heard_at < %(kept)s
           AND heard_at < (SELECT max(heard_at) FROM announced_heads WHERE source = %(source)s)""",
        {"source": source, "kept": now - HEADS_KEPT},
    )
