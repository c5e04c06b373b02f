"""How far the pushes of listed permits are in their department, who holds what is open, and what is new on a list."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Row, text

from events.database import raw
from projections.watch_list_filters import UNSIGNED_CAP, Filters, Standing
from projections.watch_list_page import count
from services.holders import read_holders
from services.supervision.push_items import push_item
from services.wording import CASE_STATES
from services.working_days import Calendar, Light, china_day, light

OPEN = ("delivered", "read", "returned")


@dataclass(frozen=True, slots=True)
class Signing:
    """Where a permit's pushes stand in a department. ``open``: those that can still be signed, oldest first, by push
    version; ``number``, ``state``, ``officer``, ``at``: of the newest push. ``due_on``, ``light``: of the open push
    that is due first; ``holder``: who holds it, by staff number, if anybody was named."""

    number: int
    state: str
    officer: str
    at: datetime | None
    open: tuple[int, ...]
    due_on: date | None
    due_estimated: bool
    light: Light | None
    holder: str | None

    @property
    def state_in_words(self) -> str:
        return CASE_STATES[self.state]


def signings(
    connection: Connection, department: str, permits: Collection[UUID], today: date, calendar: Calendar
) -> Mapping[UUID, Signing]:
    """Return the signing of each of ``permits`` that was ever pushed to ``department``."""
    rows = connection.execute(
        text(
            """SELECT permit, push_version, push_number, state, officer, delivered_at, due_on, due_estimated,
                   coalesce(closed_at, handled_at, signed_at, returned_at, read_at, delivered_at) AS at
               FROM cases WHERE permit = ANY(:permits) AND department = :department AND state <> 'moved'
               ORDER BY permit, push_version"""
        ),
        {"permits": list(permits), "department": department},
    ).all()
    pushes: dict[UUID, list[Row[Any]]] = {}
    for row in rows:
        pushes.setdefault(row.permit, []).append(row)
    items = {
        push_item(row.permit, row.push_version, department): row.permit
        for row in rows
        if row.state in OPEN and row.due_on
    }
    held = {items[item]: one.said.officer for item, one in read_holders(raw(connection), items).items()}
    return {permit: _signing(cases, held.get(permit), today, calendar) for permit, cases in pushes.items()}


def _signing(cases: list[Row[Any]], holder: str | None, today: date, calendar: Calendar) -> Signing:
    newest = cases[-1]
    waiting = [case for case in cases if case.state in OPEN]
    limited = sorted((case for case in waiting if case.due_on), key=lambda case: case.due_on)
    first = limited[0] if limited else None
    return Signing(
        number=newest.push_number,
        state=newest.state,
        officer=newest.officer,
        at=newest.at,
        open=tuple(case.push_version for case in waiting),
        due_on=first.due_on if first else None,
        due_estimated=first.due_estimated if first else False,
        light=light(china_day(first.delivered_at), first.due_on, today, calendar) if first else None,
        holder=holder,
    )


class News(NamedTuple):
    """``changed``: permits of a list that changed since a moment, of any status; ``unsigned``: those of which a push
    waits for a signature. ``…_capped``: there are more than the list counts."""

    changed: int
    changed_capped: bool
    unsigned: int
    unsigned_capped: bool


def news_of(connection: Connection, department: str, since: datetime, today: date) -> News:
    """Count what a reader of the list is told first, as the list counts it when it is asked for."""
    changed = count(connection, department, Filters(Standing.ALL, changed_since=since), today=today)
    unsigned, _ = count(connection, department, Filters(Standing.ALL, unsigned=True), today=today)
    waiting = connection.scalar(
        text(
            """SELECT count(*) FROM (SELECT FROM cases WHERE department = :department
                   AND state IN ('delivered', 'read') LIMIT :most) AS waiting"""
        ),
        {"department": department, "most": UNSIGNED_CAP + 1},
    )
    return News(*changed, unsigned, (waiting or 0) > UNSIGNED_CAP)
