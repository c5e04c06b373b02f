"""The catalogue of faults: what each attacks, what does it, its negative control, and what of it is not done.

``test_chaos_catalogue.py`` sees to it that every test and scenario named here exists; ``docs/chaos.md`` shows it.
"""

from __future__ import annotations

from tests.chaos import faults_of_events, faults_of_sites
from tests.chaos.catalogue_row import PROMISES, Row

__all__ = ["PROMISES", "ROWS", "order_of", "rows_of"]

ROWS: tuple[Row, ...] = tuple(sorted((*faults_of_sites.ROWS, *faults_of_events.ROWS), key=lambda row: int(row.id[1:])))


def rows_of(scenario: str) -> tuple[str, ...]:
    """Return the ids of the rows that a scenario is about."""
    return tuple(row.id for row in ROWS if scenario in row.scenarios)


def order_of(ids: tuple[str, ...]) -> int:
    """Return a sorting key for rows of a table of scenarios."""
    return int(ids[0][1:]) if ids else 99
