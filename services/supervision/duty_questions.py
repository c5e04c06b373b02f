"""Questions about the duty list: which entries hold on a day, and which will begin or end."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, text

from events.supervision import DutyAssigned


class Holding(StrEnum):
    """Which entries: those that hold on the day, those that begin or end after it, or all."""

    ON_DAY = "on_day"
    TO_COME = "to_come"
    ALL = "all"


_FROM, _TO = "content->>'valid_from'", "content->>'valid_to'"
_HOLDS = {
    Holding.ON_DAY: f"{_FROM} <= :day AND ({_TO} IS NULL OR {_TO} >= :day)",
    Holding.TO_COME: f"({_FROM} > :day OR {_TO} >= :day)",
    Holding.ALL: "true",
}
# Days are kept as they are written: YYYY-MM-DD sorts as text.
_ORDER = {
    Holding.TO_COME: f"CASE WHEN {_FROM} > :day THEN {_FROM} ELSE {_TO} END, content->>'matter_code'",
    Holding.ON_DAY: f"content->>'matter_code', content->>'region_code', content->>'level', {_FROM}",
    Holding.ALL: f"content->>'matter_code', content->>'region_code', content->>'level', {_FROM}",
}


def listed_duties(
    connection: Connection,
    holding: Holding,
    day: date,
    *,
    matter: str = "",
    region: str = "",
    department: str = "",
    limit: int,
    offset: int = 0,
) -> tuple[list[DutyAssigned], int]:
    """Return a page of entries and how many there are. ``region``: a code, or how it begins; ``department``: the lead
    or a co-department. What is to come stands by the day on which it begins or ends."""
    where = f"""FROM duties WHERE {_HOLDS[holding]}
        AND (:matter = '' OR content->>'matter_code' = :matter)
        AND (:region = '' OR starts_with(content->>'region_code', :region))
        AND (:department = '' OR content->>'lead' = :department
             OR jsonb_exists(content->'co_departments', :department))"""
    asked: dict[str, Any] = {
        "day": day.isoformat(), "matter": matter, "region": region, "department": department,
        "limit": limit, "offset": offset,
    }  # fmt: skip
    count = connection.scalar(text(f"SELECT count(*) {where}"), asked)
    query = f"SELECT content {where} ORDER BY {_ORDER[holding]}, duty LIMIT :limit OFFSET :offset"
    rows = connection.execute(text(query), asked)
    return [DutyAssigned.model_validate(row.content) for row in rows], int(count or 0)
