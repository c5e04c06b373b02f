"""What has a number and is not in the log yet: the relay's to carry, where the log is not the ledger itself.

Nobody else can tell. Readers see the log alone: behind a relay that stands still they have read all there is, and
looked level for as long as it stood.
"""

from __future__ import annotations

RELAY = "relay"
"""Whose bookmark says how far a ledger was carried."""

UNCARRIED = f"""(
    SELECT greatest(head.position - carried.position, 0) AS events, first.recorded_at AS since
    FROM (SELECT greatest(coalesce(max(ledger_position), 0), %(passed)s) AS position
          FROM checkpoints WHERE reader = '{RELAY}' AND log = %(log)s) AS carried
    CROSS JOIN ledger_head AS head LEFT JOIN ledger AS first ON first.position = carried.position + 1
) AS uncarried"""
"""How many events wait for the relay that fills ``log``, and when the oldest was recorded, null when none waits.
``passed``: what the other side's lists are known to have, for a relay that begins anew forgets how far it was."""
