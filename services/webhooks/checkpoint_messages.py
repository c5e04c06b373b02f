"""The newest checkpoint, queued for each endpoint that wants it: one at a time, and none while nothing was recorded."""

from __future__ import annotations

from datetime import datetime

import psycopg

from services.checkpoints.ledger_tree import TreeBroken
from services.checkpoints.sent import event_of, newest_copy
from services.migrating import Side
from services.webhooks.messages import queue
from services.webhooks.saying import CHECKPOINT, Told


def gather_checkpoint(connection: psycopg.Connection, side: Side, now: datetime) -> int:
    """Queue the newest checkpoint for whoever was sent an earlier one; return for how many. An endpoint that has not
    taken the last one yet is sent no other before: after an outage it gets one more, not one for each minute of it."""
    with connection.transaction():
        behind = connection.execute(
            """SELECT e.endpoint, e.body, e.checkpoint_size FROM webhook_endpoints e
               WHERE e.state = 'enabled' AND %(kind)s = ANY(e.kinds)
                 AND e.checkpoint_size < (SELECT max(size) FROM signed_checkpoints)
                 AND NOT EXISTS (SELECT FROM webhook_messages m WHERE m.endpoint = e.endpoint AND m.kind = %(kind)s
                                 AND m.state = 'queued')
               ORDER BY e.endpoint FOR UPDATE OF e""",
            {"kind": CHECKPOINT},
        ).fetchall()
        queued = 0
        for endpoint, body, since in behind:
            try:
                copy = newest_copy(connection, side, since)
            except TreeBroken:
                return queued  # the operator is told of it where it is signed; nothing is sent that has no proof
            if copy is None:
                return queued
            one = Told(body, CHECKPOINT, event_of(copy.origin, copy.size), copy.at, copy.said)
            queued += queue(connection, endpoint, one, now)
            connection.execute(
                "UPDATE webhook_endpoints SET checkpoint_size = %s WHERE endpoint = %s", (copy.size, endpoint)
            )
        return queued
