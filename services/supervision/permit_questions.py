"""What permits and bodies are called, for lists that know only which they are."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, text

from services.supervision.permit_answers import department_names


def permits_in_words(connection: Connection, permits: Collection[UUID]) -> dict[UUID, Row[Any]]:
    """Return ``permit_number``, ``certificate_name``, ``matter_code`` and ``deciding_body_name`` of the permits that a
    department has or had. Asked through ``cases``: the lists themselves are found by department."""
    rows = connection.execute(
        text(
            """SELECT DISTINCT ON (c.permit) c.permit, w.permit_number, w.certificate_name, w.matter_code,
                      w.deciding_body_name
               FROM cases c JOIN watch_list w ON w.department = c.department AND w.permit = c.permit
               WHERE c.permit = ANY(:permits) ORDER BY c.permit, c.push_version DESC"""
        ),
        {"permits": list(permits)},
    )
    return {row.permit: row for row in rows}


def body_names(connection: Connection) -> dict[str, str]:
    """Return the names of the departments of the duty list, and of the approval bodies that were asked something."""
    rows = connection.execute(text("SELECT DISTINCT body, name FROM rule_answers WHERE name <> ''"))
    return {row.body: row.name for row in rows} | department_names(connection)
