"""Whether the systems of a department or bureau take what they are sent, as its own people read it."""

from __future__ import annotations

from collections import Counter
from typing import Any
from urllib.parse import urlsplit

import psycopg

from services.webhook_words import (
    DISABLED_ACT,
    FAILING_ACT,
    GIVEN_UP_ACT,
    KIND_WORDS,
    MESSAGE_WORDS,
    STATE_WORDS,
    cause_in_words,
)
from services.webhooks import endpoints, messages
from services.webhooks.deliveries import Delivery, last_of
from services.webhooks.endpoints import Endpoint


def systems_of(connection: psycopg.Connection, body: str) -> list[dict[str, Any]]:
    """Return each endpoint of a body: where to, how it stands, why, what to do, and its last messages. Of the address
    only scheme and host: the rest may be a key of its owner's."""
    counts = messages.counts(connection)
    return [
        _system(
            one, counts.get(one.endpoint, Counter()), [_delivery(each) for each in last_of(connection, one.endpoint)]
        )
        for one in endpoints.listed(connection, body)
    ]


def _system(one: Endpoint, counts: Counter[str], deliveries: list[dict[str, Any]]) -> dict[str, Any]:
    where = urlsplit(one.url)
    disabled, given_up = one.state == "disabled", counts["given_up"]
    act = DISABLED_ACT if disabled else FAILING_ACT if one.failing_since else GIVEN_UP_ACT if given_up else ""
    return {
        "endpoint": str(one.endpoint),
        "host": f"{where.scheme}://{where.netloc}",
        "kinds": list(one.kinds),
        "kinds_in_words": [KIND_WORDS[kind] for kind in one.kinds],
        "state": one.state,
        "state_in_words": "收不到" if one.failing_since and not disabled else STATE_WORDS[one.state],
        "light": "red" if disabled or one.failing_since else "yellow" if given_up else "green",
        "failing_since": one.failing_since,
        "reason": one.reason,
        "cause": cause_in_words(one.reason) if one.reason else None,
        "paused_until": one.paused_until,
        "what_to_do": act or None,
        "messages": {state: counts[state] for state in messages.STATES},
        "deliveries": deliveries,
    }


def _delivery(one: Delivery) -> dict[str, Any]:
    waits = one.state == "queued"
    return {
        "message": str(one.message),
        "kind": one.kind,
        "kind_in_words": KIND_WORDS[one.kind],
        "page": one.said.get("links", {}).get("page"),
        "state": one.state,
        "state_in_words": "等待再试" if waits and one.attempts else MESSAGE_WORDS[one.state],
        "attempts": one.attempts,
        "reason": one.reason,
        "cause": cause_in_words(one.reason) if one.reason else None,
        "next_at": one.next_at if waits else None,
        "created_at": one.created_at,
        "changed_at": one.changed_at,
    }
