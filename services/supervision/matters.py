"""The matters that the duty list knows, by code."""

from __future__ import annotations

from sqlalchemy import Connection, text


def matter_names(connection: Connection, department: str | None = None) -> dict[str, str]:
    """Return the names of the matters of the duty list, or of those of one department, in the order of their codes."""
    rows = connection.execute(
        text(
            """SELECT content->>'matter_code' AS code, max(content->>'matter_name') AS name FROM duties
               WHERE cast(:department AS text) IS NULL OR content->>'lead' = :department
                   OR jsonb_exists(content->'co_departments', :department)
               GROUP BY 1 ORDER BY 1"""
        ),
        {"department": department},
    )
    return {row.code: row.name for row in rows}
