"""Which valid permits does a rule change touch? Page by page through the watch lists of all departments.

Each department's list is asked for each matter and region of the rule, by the indexes that its own pages use, so a page
is quick at ten million permits. A permit comes once: from the list of its lead.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import product
from typing import Any

from sqlalchemy import Connection, text

from projections.watch_list_cursor import CursorSpoiled
from projections.watch_list_filters import Filters
from projections.watch_list_page import find
from services.rule_reading import cursor_spoiled
from services.supervision.rule_touches import Scope

Stretch = tuple[str, str | None, str | None]
"""A department's list, of one matter and one region of the rule; None: of all."""


@dataclass(slots=True)
class PermitPage:
    """``next_cursor`` is None on the last page."""

    permits: list[dict[str, Any]] = field(default_factory=list)
    next_cursor: str | None = None


def page_of(connection: Connection, scope: Scope, cursor: str | None, today: date, limit: int) -> PermitPage:
    """Return at most ``limit`` permits after ``cursor``."""
    page = PermitPage()
    for stretch, within in _left(list(_stretches(connection, scope)), cursor):
        department, matter, region = stretch
        filters = Filters(matter=matter, region=region)
        while True:
            try:
                found = find(
                    connection, department, filters, today=today, cursor=within, limit=limit - len(page.permits)
                )
            except CursorSpoiled:
                raise cursor_spoiled() from None
            page.permits += [_shown(row._mapping) for row in found.rows if row.role == "lead"]
            within = found.next_cursor
            if within is None:
                break
            if len(page.permits) >= limit:
                page.next_cursor = _written(stretch, within)
                return page
        if len(page.permits) >= limit:
            page.next_cursor = _written(stretch, "")
            return page
    return page


def _stretches(connection: Connection, scope: Scope) -> Iterator[Stretch]:
    codes = connection.scalars(text("SELECT department FROM departments ORDER BY department")).all()
    yield from ((code, *stretch) for code, stretch in product(codes, scope.stretches))


def _left(stretches: list[Stretch], cursor: str | None) -> Iterator[tuple[Stretch, str | None]]:
    """Yield the stretches from the cursor's on, the first with the place within it."""
    if cursor is None:
        yield from ((stretch, None) for stretch in stretches)
        return
    try:
        department, matter, region, within = cursor.split("~")
    except ValueError:
        raise cursor_spoiled() from None
    reached = (department, matter, region)
    for stretch in stretches:
        place = tuple(part or "" for part in stretch)
        if place > reached or (place == reached and within):
            yield stretch, within if place == reached else None


def _written(stretch: Stretch, within: str) -> str:
    return "~".join([*(part or "" for part in stretch), within])


def _shown(row: Any) -> dict[str, Any]:
    return {
        "permit": str(row["permit"]),
        "department": row["department"],
        "matter_code": row["matter_code"],
        "region_code": row["region_code"],
        "permit_number": row["permit_number"],
        "certificate_name": row["certificate_name"],
        "party_label": row["party_label"],
        "deciding_body": row["deciding_body"],
        "deciding_body_name": row["deciding_body_name"],
        "decision_date": row["decision_date"].isoformat(),
        "valid_to": row["valid_to"].isoformat() if row["valid_to"] else None,
    }
