"""Does the list that a department signed hold what was handed over? Counted again from this side's own records."""

from __future__ import annotations

import psycopg

from events.handovers import ListedRow, hash_of
from projections.handovers import Handover


def hash_here(connection: psycopg.Connection, handover: Handover) -> str | None:
    """Return the hash over the decisions recorded here that were pushed under the list's numbers.

    None while not all of them are known to be pushed: what the other side says of them may still be on its way.
    """
    rows = connection.execute(
        """SELECT t.push_number, t.permit, t.permit_version
           FROM batch_entries b
           JOIN told t ON t.permit = b.permit AND t.permit_version = b.version AND t.department = %(department)s
           CROSS JOIN LATERAL (
               SELECT data FROM ledger WHERE stream = b.permit AND version = b.version
               UNION ALL SELECT data FROM outbox WHERE stream = b.permit AND version = b.version
           ) AS said
           WHERE b.batch = %(batch)s AND said.data::jsonb->'facts'->>'deciding_body' = %(body)s
             AND EXISTS (SELECT FROM unnest(%(firsts)s::bigint[], %(lasts)s::bigint[]) AS s (first, last)
                         WHERE t.push_number BETWEEN s.first AND s.last)""",
        {
            "department": handover.department, "batch": handover.batch, "body": handover.body,
            "firsts": [one["first"] for one in handover.pushes], "lasts": [one["last"] for one in handover.pushes],
        },
    ).fetchall()  # fmt: skip
    return hash_of(ListedRow(*row) for row in rows) if len(rows) >= handover.permits else None
