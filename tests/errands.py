"""An invented kind of work with a limit, in a table of its own: what a department's pushes or a bureau's tasks are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from uuid import UUID, uuid4

import psycopg

from events.database import connect
from events.limits import LimitKind
from services.deadlines import Item
from services.limits import Limit
from services.scheduling import round_once
from services.time_rules import TimeRules, read_time_rules
from services.working_days import CHINA, Due
from tests.invented import MARKET_BUREAU

SIDE = "supervision"
TABLE = """CREATE TABLE errands (
    id uuid PRIMARY KEY, opened_on date NOT NULL, days integer NOT NULL, due_on date NOT NULL,
    estimated boolean NOT NULL, calendar_version text NOT NULL, done_on date
)"""


class Errands:
    """Each keeps the due day that it got when it was opened."""

    kinds = frozenset({LimitKind.CLAIM})

    def _items(self, connection: psycopg.Connection, which: str, *parameters: date) -> Iterator[Item]:
        rows = connection.execute(f"SELECT * FROM errands WHERE {which} ORDER BY id".encode(), parameters).fetchall()
        for key, opened, days, due, estimated, version, done in rows:
            yield Item(
                key, LimitKind.CLAIM, MARKET_BUREAU, "审改办", opened, Limit(days), Due(due, estimated), version,
                done_on=done,
            )  # fmt: skip

    def open_items(self, connection: psycopg.Connection, rules: TimeRules, owner: str | None = None) -> Iterator[Item]:
        return self._items(connection, "done_on IS NULL" if owner in {None, MARKET_BUREAU} else "false")

    def done_items(self, connection: psycopg.Connection, since: date) -> Iterator[Item]:
        return self._items(connection, "done_on >= %s", since)

    def redate(self, connection: psycopg.Connection, item: Item, due: Due, calendar_version: str) -> None:
        connection.execute(
            "UPDATE errands SET due_on = %s, estimated = %s, calendar_version = %s WHERE id = %s",
            (due.day, due.estimated, calendar_version, item.id),
        )


KINDS = (Errands(),)


@contextmanager
def office(url: str) -> Iterator[psycopg.Connection]:
    """A connection to a database that has the table."""
    with connect(url, application="test") as connection:
        connection.execute(TABLE)
        yield connection


def errand(connection: psycopg.Connection, opened: date, days: int = 3) -> UUID:
    """Open one, due by the calendar as it now stands."""
    key, calendar = uuid4(), read_time_rules(connection).calendar
    due = calendar.due(opened, days)
    connection.execute(
        "INSERT INTO errands VALUES (%s, %s, %s, %s, %s, %s)",
        (key, opened, days, due.day, due.estimated, calendar.version),
    )
    return key


def done(connection: psycopg.Connection, key: UUID, day: date) -> None:
    connection.execute("UPDATE errands SET done_on = %s WHERE id = %s", (day, key))


def noon(day: date) -> datetime:
    return datetime.combine(day, time(12), CHINA).astimezone(UTC)


def round_on(connection: psycopg.Connection, day: date) -> int:
    return round_once(connection, SIDE, KINDS, noon(day))


def said(connection: psycopg.Connection) -> list[tuple[str, date]]:
    """Return what was recorded, in the order in which it was: type, and the day from which it was owed."""
    return [(kind, day) for kind, _, day in told(connection)]


def told(connection: psycopg.Connection) -> list[tuple[str, str, date]]:
    """Return the same, each with who must do it."""
    rows = connection.execute(
        """SELECT type, data::jsonb->>'owner', (data::jsonb->>'owed_on')::date FROM outbox
           WHERE data::jsonb ? 'owed_on' ORDER BY id"""
    )
    return list(rows.fetchall())
