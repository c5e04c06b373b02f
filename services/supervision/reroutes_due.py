"""Which matters must be looked at, and on which days, because entries of the duty list have changed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from uuid import UUID

import psycopg

from events.supervision import DutyAssigned

FIRST = UUID(int=0)
"""Before every permit."""


def note_changes(connection: psycopg.Connection, changed: Iterable[DutyAssigned], today: date) -> None:
    """Note that permits of these duties' matters must be looked at: today, when they begin, when they have ended."""
    note_days(connection, ((entry.matter_code, entry.valid_from, entry.valid_to) for entry in changed), today)


def note_days(connection: psycopg.Connection, held: Iterable[tuple[str, date, date | None]], today: date) -> None:
    """Note the same of matters for which something holds from a first to a last day."""
    due = {(matter, day) for matter, first, last in held for day in turning_days(first, last, today)}
    with connection.cursor() as cursor:
        cursor.executemany(
            """INSERT INTO reroutes (matter_code, day, later) VALUES (%s, %s, %s)
               ON CONFLICT (matter_code, day) DO UPDATE SET department = '', after = %s, moved = 0, done_at = NULL""",
            [(matter, day, day > today, FIRST) for matter, day in sorted(due)],
        )


def days_of(entry: DutyAssigned, today: date) -> Iterable[date]:
    """Yield the days, from today on, on which the entry changes who is responsible."""
    return turning_days(entry.valid_from, entry.valid_to, today)


def turning_days(first: date, last: date | None, today: date) -> Iterable[date]:
    yield today
    for day in (first, last + timedelta(days=1) if last else today):
        if day > today:
            yield day
