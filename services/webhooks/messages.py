"""Messages of a side: queued from its own ledger, each fact once, and what became of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import psycopg

from events import ledger
from services.checkpoints.sent import forget_sent
from services.migrating import Side
from services.webhooks import endpoints, schedule
from services.webhooks.saying import CHECKPOINT, Told, content_of, message_id, told

AT_ONCE = 1000
KEPT = timedelta(days=30)
STATES = ("queued", "delivered", "given_up")


class Message(NamedTuple):
    """One that is due now. ``attempts``: how many there were."""

    id: UUID
    endpoint: UUID
    url: str
    content: bytes
    attempts: int
    created_at: datetime


def gather(connection: psycopg.Connection, side: Side, link: str, now: datetime) -> int:
    """Queue what the side's own ledger says since the last time, in one transaction with how far it was read. Return
    how many messages. What is recorded once is queued once, however often lists are rebuilt from it."""
    with connection.transaction():
        row = connection.execute("SELECT position FROM webhook_cursor FOR UPDATE").fetchone()
        assert row is not None
        known = [one for one in endpoints.listed(connection) if one.state == "enabled"]
        head = ledger.head(connection).position
        if head == row[0]:
            return 0
        if not known:
            connection.execute("UPDATE webhook_cursor SET position = %s", (head,))
            return 0
        queued, upto = 0, row[0]
        for record in ledger.read(connection, side, row[0], AT_ONCE):
            upto = record.position
            for one in told(side, record, link):
                for to in known:
                    if to.body == one.body and one.kind in to.kinds and record.position > to.after_position:
                        queued += queue(connection, to.endpoint, one, now)
        connection.execute("UPDATE webhook_cursor SET position = %s", (upto,))
        return queued


def queue(connection: psycopg.Connection, endpoint: UUID, one: Told, now: datetime) -> int:
    return connection.execute(
        """INSERT INTO webhook_messages (message, endpoint, kind, content, state, next_at, created_at, changed_at)
           VALUES (%s, %s, %s, %s, 'queued', %s, %s, %s) ON CONFLICT DO NOTHING""",
        (
            message_id(endpoint, one.event, one.kind, one.data), endpoint, one.kind, content_of(one).decode(),
            now, now, now,
        ),
    ).rowcount  # fmt: skip


def due(connection: psycopg.Connection, now: datetime, busy: Collection[UUID], most: int) -> Sequence[Message]:
    """Return the next message of each endpoint that is not ``busy``: one at a time, so that a slow one holds one
    thread at most."""
    rows = connection.execute(
        """SELECT m.message, e.endpoint, e.url, m.content, m.attempts, m.created_at FROM webhook_endpoints e
           CROSS JOIN LATERAL (SELECT * FROM webhook_messages WHERE endpoint = e.endpoint AND state = 'queued'
                               AND next_at <= %(now)s ORDER BY next_at, created_at LIMIT 1) m
           WHERE e.state = 'enabled' AND (e.paused_until IS NULL OR e.paused_until <= %(now)s)
             AND NOT e.endpoint = ANY(%(busy)s) ORDER BY m.next_at LIMIT %(most)s""",
        {"now": now, "busy": list(busy), "most": most},
    ).fetchall()
    return [
        Message(message, endpoint, url, content.encode(), attempts, created_at)
        for message, endpoint, url, content, attempts, created_at in rows
    ]


def arrived(connection: psycopg.Connection, message: UUID, now: datetime) -> None:
    connection.execute(
        """UPDATE webhook_messages SET state = 'delivered', attempts = attempts + 1, reason = NULL, changed_at = %s
           WHERE message = %s""",
        (now, message),
    )
    connection.execute(
        """INSERT INTO checkpoints_sent (body, size, way, sent_at)
           SELECT e.body, (m.content::jsonb -> 'data' ->> 'size')::bigint, 'webhook', %s
           FROM webhook_messages m JOIN webhook_endpoints e USING (endpoint) WHERE m.message = %s AND m.kind = %s
           ON CONFLICT DO NOTHING""",
        (now, message, CHECKPOINT),
    )


def failed(
    connection: psycopg.Connection, one: Message, reason: str, wait_until: datetime | None, now: datetime
) -> datetime | None:
    """Note a failed attempt; return when the next one is made, None when it is given up. ``wait_until``: before then
    the endpoint wants nothing."""
    again = schedule.next_attempt(one.attempts + 1, one.created_at, now)
    if again is not None and wait_until is not None:
        again = max(again, wait_until)
    connection.execute(
        """UPDATE webhook_messages SET state = %s, attempts = attempts + 1, reason = %s, next_at = %s, changed_at = %s
           WHERE message = %s""",
        ("queued" if again else "given_up", reason, again or now, now, one.id),
    )
    return again


def forget(connection: psycopg.Connection, now: datetime) -> None:
    """Forget what is over since a month."""
    connection.execute("DELETE FROM webhook_messages WHERE state <> 'queued' AND changed_at < %s", (now - KEPT,))
    forget_sent(connection, now - KEPT)


def counts(connection: psycopg.Connection) -> Mapping[UUID, Counter[str]]:
    """Return how many messages of each endpoint are in each state."""
    found: dict[UUID, Counter[str]] = {}
    for endpoint, state, many in connection.execute(
        "SELECT endpoint, state, count(*) FROM webhook_messages GROUP BY endpoint, state"
    ):
        found.setdefault(endpoint, Counter())[state] = many
    return found
