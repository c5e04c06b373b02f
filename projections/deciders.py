"""Which bodies have ever decided a permit of a matter in a region? One row each, written once and never taken away.

A body whose permits have all ended may grant the next one tomorrow. Asking the lists would read them whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import psycopg
from sqlalchemy import Column, MetaData, Table, Text

from events import columns
from projections.listed_decision import ListedFacts

deciders = Table(
    "deciders",
    MetaData(),
    Column("matter_code", Text, primary_key=True),
    Column("region_code", Text, primary_key=True),
    Column("body", Text, primary_key=True),
    Column("name", Text, nullable=False),
)


def write(connection: psycopg.Connection, decided: Iterable[ListedFacts]) -> None:
    """Note who decided these, in key order, so that two writers never wait for one another in a circle."""
    found: Mapping[tuple[str, str, str], str] = {
        (facts.matter_code, facts.region_code, facts.deciding_body): facts.deciding_body_name for facts in decided
    }
    if found:
        connection.execute(
            """INSERT INTO deciders (matter_code, region_code, body, name)
               SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[]) ON CONFLICT DO NOTHING""",
            columns.of_rows(("text",) * 4, [(*key, found[key]) for key in sorted(found)]),
        )
