"""Whom did it touch that a list was behind: which departments, and how many permits came late to one of them?"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

import psycopg

from projections.lag import WARNING_SECONDS


class Touched(NamedTuple):
    """``departments`` by their codes, in order; ``permits``: how many were delivered late to at least one of them."""

    departments: tuple[str, ...]
    permits: int


def touched(connection: psycopg.Connection, began_at: datetime, ended_at: datetime, ahead: float | None) -> Touched:
    """Count what was delivered in that time more than 5 s after its bureau had recorded it.

    ``ahead``: seconds that the bureaus' clock is ahead of ours. Of a permit that was pushed again since, only the newer
    push is known.
    """
    row = connection.execute(
        """SELECT coalesce(array_agg(DISTINCT c.department ORDER BY c.department), '{}'), count(DISTINCT c.permit)
           FROM cases c JOIN watch_list w USING (department, permit)
           WHERE c.delivered_at BETWEEN %(began)s AND %(ended)s AND w.push_version = c.push_version
             AND c.delivered_at - w.recorded_at > %(late)s""",
        {
            "began": began_at,
            "ended": ended_at,
            "late": timedelta(seconds=WARNING_SECONDS - (ahead or 0.0)),
        },
    ).fetchone()
    assert row is not None
    return Touched(tuple(row[0]), row[1])
