"""Which numbers of a series came? Noted in the transaction that took them; what is parked came too.

A series is a reader of the other side's ledger (``intake``, ``told``), a sender that numbers what it hands in
(``sender:…``), or the pushes of one body to one department (``push:body/department``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

import psycopg

from events import columns
from events.envelope import Record
from events.numbers import Run, merged, runs_of

CHINA = ZoneInfo("Asia/Shanghai")


class DayRun(NamedTuple):
    """A run of numbers, and the day in China of what has them."""

    day: date
    first: int
    last: int


@lru_cache(maxsize=1000)
def day_of(moment: datetime) -> date:
    """Return the day in China. What one transaction recorded has one moment: a zone is asked once for all of it."""
    return moment.astimezone(CHINA).date()


def note_records(connection: psycopg.Connection, series: str, records: Sequence[Record]) -> None:
    """Note that ``records`` came, whatever becomes of them."""
    came = ((series, day_of(record.recorded_at), record.position) for record in records if record.position > 0)
    note(connection, came)


def note(connection: psycopg.Connection, came: Iterable[tuple[str, date, int]]) -> None:
    """Note numbers, each with its series and its day. Rows are only added here, so that workers of one
    series never wait for one another; ``compact`` makes few of them."""
    days: dict[tuple[str, date], list[int]] = {}
    for series, day, number in came:
        days.setdefault((series, day), []).append(number)
    _add(connection, [(*key, *run) for key, numbers in days.items() for run in runs_of(numbers)])


def read(connection: psycopg.Connection, series: str) -> list[DayRun]:
    """Return the runs of a series by day, in order, none touching the next of its day."""
    rows = connection.execute("SELECT day, first, last FROM received_numbers WHERE series = %s", (series,)).fetchall()
    return [DayRun(day, *run) for _, day, run in _joined((series, *row) for row in rows)]


def compact(connection: psycopg.Connection) -> set[str]:
    """Join what touches, of every series and day of which something came, and return these series.

    Each row is taken by one caller only; rows that come meanwhile are joined the next time.
    """
    with connection.transaction():
        rows = connection.execute(
            """DELETE FROM received_numbers r USING (
                   SELECT DISTINCT series, day FROM received_numbers WHERE NOT joined) AS n
               WHERE r.series = n.series AND r.day = n.day RETURNING r.series, r.day, r.first, r.last"""
        ).fetchall()
        _add(connection, [(name, day, *run) for name, day, run in _joined(rows)], joined=True)
    return {row[0] for row in rows}


def _joined(rows: Iterable[tuple[str, date, int, int]]) -> list[tuple[str, date, Run]]:
    days: dict[tuple[str, date], list[Run]] = {}
    for series, day, first, last in rows:
        days.setdefault((series, day), []).append((first, last))
    return [(*key, run) for key in sorted(days) for run in merged(days[key])]


def _add(connection: psycopg.Connection, rows: Sequence[tuple[str, date, int, int]], *, joined: bool = False) -> None:
    if rows:
        connection.execute(
            """INSERT INTO received_numbers (series, day, first, last, joined)
               SELECT *, %s FROM unnest(%s::text[], %s::date[], %s::bigint[], %s::bigint[])""",
            (joined, *columns.of_rows(("text", "date", "bigint", "bigint"), rows)),
        )
