"""Questions about handover lists: the rows of one as they stand, and which batches have not come whole."""

from __future__ import annotations

from typing import Any, NamedTuple
from uuid import UUID

import psycopg
from psycopg.rows import dict_row
from sqlalchemy import Engine

from events.database import raw
from projections import handovers
from projections.handovers import Handover
from services.handover_reading import unknown_list
from services.supervision.permit_answers import department_names
from services.wording import CASE_STATES, RETURN_REASONS, ROLES


class ListPage(NamedTuple):
    """A list, a page of its rows, and where the next page begins. ``names``: of departments. ``owed``: how many
    receipts of a signed list are still being recorded."""

    handover: Handover
    rows: list[dict[str, Any]]
    following: int | None
    names: dict[str, str]
    owed: int

    def as_json(self) -> dict[str, Any]:
        name = self.names.get(self.handover.department, "")
        more = {"department_name": name, "receipts_owed": self.owed}
        return self.handover.as_json() | more | {"rows": self.rows, "next_after": self.following}


def list_page(engine: Engine, listed: UUID, after: int, limit: int) -> ListPage:
    """Return a list with its rows behind push number ``after``; or raise that there is none."""
    with engine.connect() as transaction:
        connection = raw(transaction)
        found = handovers.read(connection, listed)
        if found is None:
            raise unknown_list()
        rows = _rows(connection, listed, after, limit + 1)
        more, rows = len(rows) > limit, rows[:limit]
        names = department_names(transaction)
        owed = connection.execute("SELECT count(*) FROM handover_rows WHERE waits AND list = %s", (listed,)).fetchone()
    assert owed is not None
    return ListPage(found, rows, rows[-1]["push_number"] if more else None, names, owed[0])


def _rows(connection: psycopg.Connection, listed: UUID, after: int, limit: int) -> list[dict[str, Any]]:
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(
            """SELECT r.push_number, r.permit::text, r.push_version, r.decision_version, r.withdrawn, c.role, c.state,
                   c.officer, c.reason, c.text, c.candidate, w.permit_number, w.certificate_name, w.party_label,
                   c.matter_code, c.region_code, w.valid_from, w.valid_to
               FROM handover_rows r
               LEFT JOIN cases c
                   ON c.permit = r.permit AND c.push_version = r.push_version AND c.department = r.department
               LEFT JOIN watch_list w ON w.department = r.department AND w.permit = r.permit
               WHERE r.list = %s AND r.push_number > %s ORDER BY r.push_number LIMIT %s""",
            (listed, after, limit),
        ).fetchall()
    for row in rows:
        row["role_in_words"] = ROLES.get(row["role"], "")
        row["state_in_words"] = "移交机关已撤回" if row["withdrawn"] else CASE_STATES.get(row["state"], "")
        row["reason_in_words"] = RETURN_REASONS.get(row["reason"], "") if row["reason"] else ""
    return rows


def on_their_way(connection: psycopg.Connection) -> list[dict[str, Any]]:
    """Return the batches of opening stock of which not everything has come: their lists are not made yet."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            """SELECT batch::text, body, body_name, announced, arrived FROM stock_batches
               WHERE arrived < announced ORDER BY batch, body"""
        ).fetchall()
