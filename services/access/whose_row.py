"""Whose is it? The bodies of what a request names by its id, which the request itself does not say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

import psycopg
from sqlalchemy import Engine

from events.database import raw
from services.access.rows import seeing_everybodys
from services.open_deadlines import find_open
from services.scheduling import OpenItems
from services.time_rules import read_time_rules


class Office(Protocol):
    """The office of either side, as far as its rows are concerned."""

    @property
    def engine(self) -> Engine: ...
    @property
    def open_items(self) -> Sequence[OpenItems]: ...


def bodies_of_row(office: Office, side: str, kind: str, said: str, *, reading: bool = False) -> frozenset[str]:
    """Return whose the row is; nobody's when there is none, or ``said`` is no id of its kind. ``reading``: of those too
    who may read it without its being theirs."""
    # Among everybody's rows: what is also another's must not look like one's own because the other row is out of sight.
    with seeing_everybodys("whose it is"), office.engine.connect() as connection:
        if kind == "officer":
            return _asked(raw(connection), "SELECT department FROM officers WHERE officer = %(id)s", said)
        try:
            id = UUID(said)
        except ValueError:
            return frozenset()
        if kind == "item":
            found = find_open(raw(connection), office.open_items, [id], read_time_rules(raw(connection)))
            return frozenset(item.owner for item in found.values())
        question = _BODIES[side, kind]
        return _asked(raw(connection), _READERS.get((side, kind), question) if reading else question, id)


def _asked(connection: psycopg.Connection, question: str, id: UUID | str) -> frozenset[str]:
    return frozenset(body for (body,) in connection.execute(question.encode(), {"id": id}))


_BODIES = {
    ("approval", "permit"): "SELECT DISTINCT body FROM published WHERE permit = %(id)s",
    ("approval", "batch"): "SELECT DISTINCT body FROM published JOIN batch_entries USING (permit, version) "
    "WHERE batch = %(id)s",
    ("approval", "task"): "SELECT body FROM tasks WHERE task = %(id)s",
    ("approval", "rule"): "SELECT body FROM rule_answers WHERE rule = %(id)s",
    ("approval", "list"): "SELECT body FROM handovers WHERE list = %(id)s",
    ("supervision", "permit"): "SELECT DISTINCT department FROM cases WHERE permit = %(id)s",
    ("supervision", "list"): "SELECT department FROM handovers WHERE list = %(id)s",
    ("supervision", "penalty"): "SELECT department FROM penalties WHERE penalty = %(id)s",
    ("supervision", "freeze"): "SELECT department FROM findings WHERE finding = %(id)s AND kind = 'freeze'",
    ("supervision", "inspection"): "SELECT department FROM findings WHERE finding = %(id)s AND kind = 'inspection'",
    ("supervision", "rule"): "SELECT content->>'department' FROM rule_changes WHERE rule = %(id)s",
}

_READERS = {
    # Whoever watches a permit of the party has to know what others imposed on it.
    ("supervision", "penalty"): """SELECT department FROM penalties WHERE penalty = %(id)s
        UNION SELECT w.department FROM penalties p JOIN watch_list w USING (party) WHERE p.penalty = %(id)s""",
}


def kinds(side: str) -> frozenset[str]:
    """Return the kinds of rows whose body can be found on a side."""
    return frozenset(kind for of, kind in _BODIES if of == side) | {"item", "officer"}
