"""What departments must look at, as open items: promises that permits rest on, and what was to be put right."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from uuid import uuid5

import psycopg

from events.envelope import NAMESPACE
from events.limits import LimitKind
from services.deadlines import Item
from services.time_rules import TimeRules, read_time_rules
from services.working_days import CHINA, Due, china_day


class CommitmentChecks:
    """承诺核查 of a permit that is valid and was granted or renewed on a promise. Owed by who leads it now."""

    kinds = frozenset({LimitKind.COMMITMENT_CHECK})

    def __init__(self, superior: str) -> None:
        self.superior = superior

    def open_items(self, connection: psycopg.Connection, rules: TimeRules, owner: str | None = None) -> Iterator[Item]:
        its, given = ("AND p.lead = %s", [owner]) if owner else ("", [])
        return self._items(connection, rules, f"c.checked_at IS NULL AND w.status = 'valid' {its}", *given)

    def done_items(self, connection: psycopg.Connection, since: date) -> Iterator[Item]:
        begin = datetime.combine(since, time(), CHINA)
        return self._items(connection, read_time_rules(connection), "c.checked_at >= %s", begin)

    def redate(self, connection: psycopg.Connection, item: Item, due: Due, calendar_version: str) -> None:
        """Nothing to do: the table holds no due day, it is computed when it is read."""

    def _items(
        self, connection: psycopg.Connection, rules: TimeRules, which: str, *given: str | datetime
    ) -> Iterator[Item]:
        rows = connection.execute(
            f"""SELECT c.permit, c.decision_version, c.matter_code, c.opened_at, c.checked_at, p.lead
                FROM commitment_checks c JOIN placements p ON p.permit = c.permit
                JOIN watch_list w ON w.permit = c.permit AND w.department = p.lead WHERE {which}""".encode(),
            given,
        ).fetchall()
        for permit, version, matter, opened_at, checked_at, lead in rows:
            yield Item.by_rules(
                rules, LimitKind.COMMITMENT_CHECK, uuid5(NAMESPACE, f"commitment/{permit}/{version}"),
                china_day(opened_at), lead, self.superior, matter=matter, about=permit,
                done_on=china_day(checked_at) if checked_at else None,
            )  # fmt: skip


class Rectifications:
    """整改复查: what an inspection ordered is looked at again, from the last day that there was to put it right."""

    kinds = frozenset({LimitKind.RECTIFICATION_CHECK})

    def __init__(self, superior: str) -> None:
        self.superior = superior

    def open_items(self, connection: psycopg.Connection, rules: TimeRules, owner: str | None = None) -> Iterator[Item]:
        rows = connection.execute(
            """SELECT finding, permit, department, due FROM findings
               WHERE kind = 'inspection' AND open AND due IS NOT NULL AND state <> 'planned'
                 AND department = coalesce(%(owner)s, department)""",
            {"owner": owner},
        ).fetchall()
        for finding, permit, department, ordered in rows:
            item = uuid5(NAMESPACE, f"rectification/{finding}/{ordered}")
            kind = LimitKind.RECTIFICATION_CHECK
            yield Item.by_rules(rules, kind, item, ordered, department, self.superior, about=permit)

    def done_items(self, connection: psycopg.Connection, since: date) -> Iterable[Item]:
        """Nothing: the row of an inspection no longer says by when it had to be put right."""
        return ()

    def redate(self, connection: psycopg.Connection, item: Item, due: Due, calendar_version: str) -> None:
        """Nothing to do: it is computed when it is read."""
