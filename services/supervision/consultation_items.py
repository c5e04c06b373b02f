"""Consultations as open items: the opinions that the bodies asked owe, and the ruling that the coordinator owes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from uuid import UUID, uuid5

import psycopg

from events.envelope import NAMESPACE
from events.limits import LimitKind
from services.deadlines import Item
from services.time_rules import TimeRules, read_time_rules
from services.working_days import CHINA, Due, china_day


class Opinions:
    """An opinion that a body was asked for and has not given, as long as nobody has ruled."""

    kinds = frozenset({LimitKind.OPINION})

    def __init__(self, coordinator: str) -> None:
        self.coordinator = coordinator

    def open_items(self, connection: psycopg.Connection, rules: TimeRules, owner: str | None = None) -> Iterator[Item]:
        rows = connection.execute(
            """SELECT permit, number, body, matter_code, opened_at, opinions_due, due_estimated
               FROM consultations, unnest(bodies) AS body
               WHERE ruled_at IS NULL AND NOT body = ANY(answered) AND body = coalesce(%(owner)s, body)""",
            {"owner": owner},
        ).fetchall()
        for permit, number, body, matter, opened_at, due, estimated in rows:
            opened = china_day(opened_at)
            yield Item(
                id=opinion_item(permit, number, body),
                kind=LimitKind.OPINION,
                owner=body,
                superior=self.coordinator,
                opened_on=opened,
                limit=rules.limits.of(LimitKind.OPINION, matter=matter, day=opened),
                due=Due(due, estimated),
                # A fact is not counted again; which notices an estimate rested on is not asked: any that came since.
                calendar_version="" if estimated else rules.calendar.version,
                matter=matter,
                about=permit,
            )

    def done_items(self, connection: psycopg.Connection, since: date) -> Iterable[Item]:
        """Nothing: the table does not say when each body answered."""
        return ()

    def redate(self, connection: psycopg.Connection, item: Item, due: Due, calendar_version: str) -> None:
        connection.execute(
            """UPDATE consultations SET opinions_due = %s, due_estimated = %s
               WHERE permit = %s AND ruled_at IS NULL AND opinions_due = %s""",
            (due.day, due.estimated, item.about, item.due.day),
        )


def opinion_item(permit: UUID, number: int, body: str) -> UUID:
    """Return the id of an opinion that a body owes, as an open item."""
    return uuid5(NAMESPACE, f"opinion/{permit}/{number}/{body}")


def ruling_item(permit: UUID, number: int) -> UUID:
    """Return the id of a ruling that the coordinator owes, as an open item."""
    return uuid5(NAMESPACE, f"ruling/{permit}/{number}")


class Rulings:
    """A consultation that is open: the coordinator rules."""

    kinds = frozenset({LimitKind.RULING})

    def __init__(self, coordinator: str) -> None:
        self.coordinator = coordinator

    def open_items(self, connection: psycopg.Connection, rules: TimeRules, owner: str | None = None) -> Iterator[Item]:
        return self._items(connection, rules, "ruled_at IS NULL" if owner in {None, self.coordinator} else "false")

    def done_items(self, connection: psycopg.Connection, since: date) -> Iterator[Item]:
        begin = datetime.combine(since, time(), CHINA)
        return self._items(connection, read_time_rules(connection), "ruled_at >= %s", begin)

    def redate(self, connection: psycopg.Connection, item: Item, due: Due, calendar_version: str) -> None:
        """Nothing to do: the table holds no due day of a ruling, it is computed when it is read."""

    def _items(self, connection: psycopg.Connection, rules: TimeRules, which: str, *given: datetime) -> Iterator[Item]:
        query = f"SELECT permit, number, matter_code, opened_at, ruled_at FROM consultations WHERE {which}"
        for permit, number, matter, opened_at, ruled_at in connection.execute(query.encode(), given).fetchall():
            yield Item.by_rules(
                rules, LimitKind.RULING, ruling_item(permit, number), china_day(opened_at),
                self.coordinator, self.coordinator, matter=matter, about=permit,
                done_on=china_day(ruled_at) if ruled_at else None,
            )  # fmt: skip
