"""Which pushes does a figure count? The rows behind it, and which of them wait the longest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, text

from projections.push_counts import FIGURES, UNSETTLED_FIGURES, Wanted, asked, held

_FACTS = """permit, push_version, department, role, push_number, matter_code, region_code, body, decision_date,
    delivered_at"""
_ORDER = "due_on NULLS LAST, delivered_at, permit, push_version, department"


def pushes_of(connection: Connection, wanted: Wanted, figure: str, skipped: int, limit: int) -> Sequence[Row[Any]]:
    """Return up to ``limit`` pushes that ``figure`` counts, the one due first before the rest, those without a last day
    at the end."""
    return connection.execute(
        text(
            f"""WITH held AS ({held(wanted, _FACTS, unsettled=figure in UNSETTLED_FIGURES)}),
                shown AS (SELECT * FROM held WHERE {FIGURES[figure]} ORDER BY {_ORDER} OFFSET :skipped LIMIT :limit)
                SELECT shown.*, w.permit_number, w.certificate_name, w.party_label FROM shown
                LEFT JOIN watch_list w USING (department, permit) ORDER BY {_ORDER}"""
        ),
        asked(wanted) | {"skipped": skipped, "limit": limit},
    ).all()


def longest_overdue(connection: Connection, wanted: Wanted) -> Mapping[str, date]:
    """Return, for each department that has overdue pushes, the earliest last day among them."""
    rows = connection.execute(
        text(
            f"""WITH held AS ({held(wanted, "department, delivered_at", unsettled=True)})
                SELECT department, min(due_on) AS last_day FROM held WHERE {FIGURES["overdue"]} GROUP BY 1"""
        ),
        asked(wanted),
    )
    return {row.department: row.last_day for row in rows}
