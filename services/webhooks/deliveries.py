"""What became of the last messages to an endpoint, for whoever owns it. Without its address: it may hold a key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import orjson
import psycopg

DELIVERIES_1 = """
CREATE INDEX webhook_messages_of_endpoint ON webhook_messages (endpoint, created_at DESC);
"""
SHOWN = 20


class Delivery(NamedTuple):
    """``said``: ids, numbers and links, as they were sent. ``reason``: what the last attempt ended with, None after it
    arrived. ``next_at``: when it is tried again; of no meaning once it is over."""

    message: UUID
    kind: str
    said: Mapping[str, Any]
    state: str
    attempts: int
    reason: str | None
    next_at: datetime
    created_at: datetime
    changed_at: datetime


def last_of(connection: psycopg.Connection, endpoint: UUID, most: int = SHOWN) -> Sequence[Delivery]:
    """Return the last messages of an endpoint, the newest first."""
    rows = connection.execute(
        """SELECT message, kind, content, state, attempts, reason, next_at, created_at, changed_at
           FROM webhook_messages WHERE endpoint = %s ORDER BY created_at DESC, message LIMIT %s""",
        (endpoint, most),
    )
    return [Delivery(message, kind, orjson.loads(content)["data"], *rest) for message, kind, content, *rest in rows]
