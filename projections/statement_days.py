"""Of which days did something come since their statement was drawn? Marked in the transaction in which it came."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

import psycopg

from events import columns

Pair = tuple[str, str]
"""A deciding body and a department."""


def mark(connection: psycopg.Connection, came: Iterable[tuple[str, str, date]]) -> None:
    """Mark the days, by body and department, of what came.

    A mark is written over, not left alone: who draws the day at this moment waits for us, and then sees what came.
    """
    days = sorted(set(came))
    if days:
        connection.execute(
            """INSERT INTO statement_days AS d (body, department, day)
               SELECT * FROM unnest(%s::text[], %s::text[], %s::date[])
               ON CONFLICT (body, department, day) DO UPDATE SET marks = d.marks + 1""",
            columns.of_rows(("text", "text", "date"), days),
        )


def first_before(connection: psycopg.Connection, day: date) -> date | None:
    """Return the earliest day before ``day`` that has a mark."""
    row = connection.execute("SELECT min(day) FROM statement_days WHERE day < %s", (day,)).fetchone()
    return row[0] if row else None


def take(connection: psycopg.Connection, day: date) -> Sequence[Pair]:
    """Take the marks of ``day`` away in the caller's transaction, and return whose they were."""
    rows = connection.execute("DELETE FROM statement_days WHERE day = %s RETURNING body, department", (day,)).fetchall()
    return sorted(rows)
