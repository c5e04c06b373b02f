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
    days = {(entry.matter_code, day) for entry in changed for day in days_of(entry, today)}
    with connection.cursor() as cursor:
        cursor.executemany(
            """INSERT INTO reroutes (matter_code, day) VALUES (%s, %s)
               ON CONFLICT (matter_code, day) DO UPDATE SET department = '', after = %s, moved = 0, done_at = NULL""",
            [(matter, day, FIRST) for matter, day in sorted(days)],
        )


def days_of(entry: DutyAssigned, today: date) -> Iterable[date]:
    """Yield the days, from today on, on which the entry changes who is responsible."""
    yield today
    for day in (entry.valid_from, entry.valid_to + timedelta(days=1) if entry.valid_to else today):
        if day > today:
            yield day
