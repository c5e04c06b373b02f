"""What Prometheus and the sender of alerts are told of webhooks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import psycopg

from services.metrics import Fact
from services.migrating import Side
from services.webhooks.messages import STATES

_ENDPOINT_STATES = ("enabled", "failing", "disabled")


def failing(connection: psycopg.Connection) -> int:
    """Return how many endpoints take nothing, or are disabled."""
    row = connection.execute("SELECT count(*) FROM webhook_endpoints WHERE failing_since IS NOT NULL").fetchone()
    return int(row[0]) if row else 0


def webhook_facts(connection: psycopg.Connection, side: Side) -> Iterator[Fact]:
    endpoints: Counter[str] = Counter()
    oldest = 0.0
    for state, since in connection.execute("SELECT state, failing_since FROM webhook_endpoints"):
        endpoints["failing" if since and state == "enabled" else state] += 1
        if since is not None:
            oldest = min(oldest or since.timestamp(), since.timestamp())
    messages: Counter[str] = Counter(
        dict(connection.execute("SELECT state, count(*) FROM webhook_messages GROUP BY state").fetchall())
    )
    for state in _ENDPOINT_STATES:
        yield Fact("linkage_webhook_endpoints", endpoints[state], {"source": side, "state": state})
    for state in STATES:
        yield Fact("linkage_webhook_messages", messages[state], {"source": side, "state": state})
    yield Fact("linkage_webhook_failing_since_timestamp_seconds", oldest, {"source": side})
