"""Pushes that wait for a signature, as open items: each has its limit, and the decision's own runs on through moves.

A return stops no clock: what was returned waits on, until it is signed or goes to another department.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from typing import Any
from uuid import UUID, uuid5

import psycopg
from psycopg.rows import dict_row

from events.envelope import NAMESPACE
from events.limits import LimitKind, Unit
from services.deadlines import Item
from services.limits import Limit
from services.scheduling import AT_ONCE
from services.time_rules import TimeRules, read_time_rules
from services.working_days import CHINA, Due, china_day

# What a limit was counted with is asked of the event, and only where another calendar may count it again.
CLAIM = """CASE WHEN c.calendar <> %(calendar)s THEN (
    SELECT data::jsonb->'claim' FROM (SELECT stream, version, data FROM ledger
                                      UNION ALL SELECT stream, version, data FROM outbox) AS said
    WHERE stream = c.permit AND version = c.push_version) END AS claim"""


class Pushes:
    """A push in one department, from its delivery until it is signed there. The owner is the department."""

    kinds = frozenset({LimitKind.CLAIM})

    def __init__(self, superior: str) -> None:
        self.superior = superior

    def open_items(self, connection: psycopg.Connection, rules: TimeRules, owner: str | None = None) -> Iterator[Item]:
        query = f"""SELECT c.permit, c.push_version, c.department, c.delivered_at, c.due_on, c.due_estimated,
                        c.calendar, c.matter_code, c.signed_at, {CLAIM}
                    FROM {_open(owner)} AS c WHERE due_on IS NOT NULL"""
        rows = _rows(connection, query, calendar=rules.calendar.version, owner=owner)
        return (self._item(row, rules) for row in rows)

    def done_items(self, connection: psycopg.Connection, since: date) -> Iterator[Item]:
        rules, begin = read_time_rules(connection), datetime.combine(since, time(), CHINA)
        query = "SELECT c.*, NULL AS claim FROM cases AS c WHERE signed_at >= %(since)s AND due_on IS NOT NULL"
        return (self._item(row, rules) for row in _rows(connection, query, since=begin))

    def redate(self, connection: psycopg.Connection, item: Item, due: Due, calendar_version: str) -> None:
        assert item.about is not None
        versions = connection.execute(
            "SELECT push_version FROM cases WHERE permit = %s AND department = %s", (item.about, item.owner)
        ).fetchall()
        for (version,) in versions:
            if push_item(item.about, version, item.owner) == item.id:
                connection.execute(
                    """UPDATE cases SET due_on = %s, due_estimated = %s, calendar = %s
                       WHERE permit = %s AND push_version = %s AND department = %s""",
                    (due.day, due.estimated, calendar_version, item.about, version, item.owner),
                )

    def _item(self, row: dict[str, Any], rules: TimeRules) -> Item:
        opened = china_day(row["delivered_at"])
        counted = row["claim"]
        return Item(
            id=push_item(row["permit"], row["push_version"], row["department"]),
            kind=LimitKind.CLAIM,
            owner=row["department"],
            superior=self.superior,
            opened_on=opened,
            limit=Limit(counted["days"], Unit(counted["unit"])) if counted else _length(opened, row["due_on"], rules),
            due=Due(row["due_on"], row["due_estimated"]),
            calendar_version=row["calendar"],
            matter=row["matter_code"],
            about=row["permit"],
            done_on=china_day(row["signed_at"]) if row["signed_at"] else None,
        )


class MovedDecisions:
    """A decision that went to other departments: its clock since the first delivery, owed by who leads it now.

    Without it everybody who passes a permit on would start its clock anew.
    """

    kinds = frozenset({LimitKind.CLAIM})

    def __init__(self, superior: str) -> None:
        self.superior = superior

    def open_items(self, connection: psycopg.Connection, rules: TimeRules, owner: str | None = None) -> Iterator[Item]:
        query = f"""SELECT * FROM {_open(owner)} AS c WHERE role = 'lead' AND first_due_on IS NOT NULL
                    AND first_delivered_at < delivered_at"""
        for row in _rows(connection, query, owner=owner):
            opened, first = china_day(row["first_delivered_at"]), row["first_delivered_at"].isoformat()
            yield Item(
                id=uuid5(NAMESPACE, f"decision/{row['permit']}/{first}"),
                kind=LimitKind.CLAIM,
                owner=row["department"],
                superior=self.superior,
                opened_on=opened,
                limit=_length(opened, row["first_due_on"], rules),
                due=Due(row["first_due_on"], not rules.calendar.knows(opened, row["first_due_on"])),
                calendar_version=rules.calendar.version,
                matter=row["matter_code"],
                about=row["permit"],
            )

    def done_items(self, connection: psycopg.Connection, since: date) -> Iterable[Item]:
        """Nothing: what is signed is credited to the department, by the limit of its own push."""
        return ()

    def redate(self, connection: psycopg.Connection, item: Item, due: Due, calendar_version: str) -> None:
        """Nothing to do: it is a record of how long the decision was on its way, and is not counted again."""


def _open(owner: str | None) -> str:
    """By the two indexes that hold what is open and nothing else: beside it stand ten years of what is done."""
    its = "AND department = %(owner)s" if owner else ""
    return f"""(SELECT * FROM cases WHERE state IN ('delivered', 'read') {its}
                UNION ALL SELECT * FROM cases WHERE state = 'returned' {its})"""


def push_item(permit: UUID, push_version: int, department: str) -> UUID:
    """Return the id of a push in one department, as an open item."""
    return uuid5(NAMESPACE, f"push/{permit}/{push_version}/{department}")


def _length(opened: date, due: date, rules: TimeRules) -> Limit:
    return Limit(max(1, rules.calendar.working_days_between(opened, due)))


def _rows(connection: psycopg.Connection, query: str, **parameters: Any) -> Iterator[dict[str, Any]]:
    """A few at a time, the rest waits at the server: a driver that is answered all at once holds all of it, and what is
    open may be fifty thousand pushes that nobody signs. They outlive the transactions of who works at them."""
    with connection.cursor(name="pushes", row_factory=dict_row, withhold=True) as cursor:
        cursor.itersize = AT_ONCE
        yield from cursor.execute(query.encode(), parameters)
