"""What has a number and is not in the log yet: the relay's to carry, where the log is not the ledger itself.

Nobody else can tell. Readers see the log alone: behind a relay that stands still they have read all there is, and
looked level for as long as it stood.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

import psycopg

RELAY = "relay"
"""Whose bookmark says how far a ledger was carried."""

UNCARRIED = f"""(
    SELECT greatest(head.position - carried.position, 0) AS events, first.recorded_at AS since
    FROM (SELECT greatest(coalesce(max(ledger_position), 0), %(passed)s) AS position
          FROM checkpoints WHERE reader = '{RELAY}' AND log = %(log)s) AS carried
    CROSS JOIN ledger_head AS head LEFT JOIN ledger AS first ON first.position = carried.position + 1
) AS uncarried"""


class Uncarried(NamedTuple):
    """How many events wait for the relay, and when the oldest of them was recorded; None when none waits."""

    events: int
    since: datetime | None


def uncarried(connection: psycopg.Connection, log: str, passed: int = 0) -> Uncarried:
    """Return what of the ledger behind ``connection`` the relay has not carried into ``log``. ``passed``: what the
    other side's lists are known to have applied; a relay that begins anew after a loss forgets how far it was."""
    query = f"SELECT events, since FROM {UNCARRIED}"
    row = connection.execute(query.encode(), {"passed": passed, "log": log}).fetchone()
    assert row is not None
    return Uncarried(row[0] if row[1] else 0, row[1])
