"""Whose is it? The bodies of what a request names by its id, which the request itself does not say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

import psycopg
from sqlalchemy import Engine

from events.database import raw
from services.open_deadlines import find_open
from services.scheduling import OpenItems
from services.time_rules import read_time_rules


class Office(Protocol):
    """The office of either side, as far as its rows are concerned."""

    @property
    def engine(self) -> Engine: ...
    @property
    def open_items(self) -> Sequence[OpenItems]: ...


def bodies_of_row(office: Office, side: str, kind: str, said: str) -> frozenset[str]:
    """Return whose the row is; nobody's when there is none, or ``said`` is no id of its kind."""
    with office.engine.connect() as connection:
        if kind == "officer":
            return _asked(raw(connection), "SELECT department FROM officers WHERE officer = %s", said)
        try:
            id = UUID(said)
        except ValueError:
            return frozenset()
        if kind == "item":
            found = find_open(raw(connection), office.open_items, [id], read_time_rules(raw(connection)))
            return frozenset(item.owner for item in found.values())
        return _asked(raw(connection), _BODIES[side, kind], id)


def _asked(connection: psycopg.Connection, question: str, id: UUID | str) -> frozenset[str]:
    return frozenset(body for (body,) in connection.execute(question.encode(), (id,)))


_BODIES = {
    ("approval", "permit"): "SELECT DISTINCT body FROM published WHERE permit = %s",
    ("approval", "batch"): "SELECT DISTINCT body FROM published JOIN batch_entries USING (permit, version) "
    "WHERE batch = %s",
    ("approval", "task"): "SELECT body FROM tasks WHERE task = %s",
    ("approval", "rule"): "SELECT body FROM rule_answers WHERE rule = %s",
    ("approval", "list"): "SELECT body FROM handovers WHERE list = %s",
    ("supervision", "permit"): "SELECT DISTINCT department FROM cases WHERE permit = %s",
    ("supervision", "list"): "SELECT department FROM handovers WHERE list = %s",
    ("supervision", "penalty"): "SELECT department FROM penalties WHERE penalty = %s",
    ("supervision", "freeze"): "SELECT department FROM findings WHERE finding = %s AND kind = 'freeze'",
    ("supervision", "inspection"): "SELECT department FROM findings WHERE finding = %s AND kind = 'inspection'",
    ("supervision", "rule"): "SELECT content->>'department' FROM rule_changes WHERE rule = %s",
}


def kinds(side: str) -> frozenset[str]:
    """Return the kinds of rows whose body can be found on a side."""
    return frozenset(kind for of, kind in _BODIES if of == side) | {"item", "officer"}
