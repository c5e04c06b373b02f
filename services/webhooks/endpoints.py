"""Endpoints of bodies' own systems: registered, given secrets, disabled by their own answer, enabled, removed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID, uuid4

import psycopg
from psycopg.rows import class_row

from services.refusing import Refused, Rule
from services.webhooks import sealing_key, signing
from services.webhooks.signing import Scheme

LONGEST_OVERLAP = timedelta(days=30)
UNKNOWN = Rule("unknown_endpoint", "没有这个回调地址。", "请看 linkage webhooks list。")
ALREADY = Rule("endpoint_exists", "该单位已登记过这个回调地址。", "请先移除，或轮换它的密钥。")
NO_OVERLAP = Rule("overlap_too_long", "新旧密钥并用不得超过 30 日。", "请给出较短的小时数。")


class Endpoint(NamedTuple):
    """``after_position``: it is told of what was numbered later. ``failing_since``: of the first of the attempts that
    all failed; ``reason``: how the last one did."""

    endpoint: UUID
    body: str
    url: str
    kinds: list[str]
    scheme: Scheme
    state: str
    reason: str | None
    after_position: int
    failing_since: datetime | None
    paused_until: datetime | None
    created_by: str
    created_at: datetime
    changed_at: datetime


_NAMES = ", ".join(Endpoint._fields)


def register(
    connection: psycopg.Connection,
    key: bytes,
    body: str,
    url: str,
    kinds: Collection[str],
    scheme: Scheme,
    by: str,
    now: datetime,
) -> tuple[UUID, str]:
    """Register an endpoint; return its id, and what its owner must be given, which is shown this once."""
    endpoint, secret = uuid4(), signing.new_secret(scheme)
    with connection.transaction():
        made = connection.execute(
            """INSERT INTO webhook_endpoints
                   (endpoint, body, url, kinds, scheme, after_position, created_by, created_at, changed_at)
               SELECT %s, %s, %s, %s, %s, position, %s, %s, %s FROM ledger_head
               ON CONFLICT (body, url) DO NOTHING""",
            (endpoint, body, url, sorted(kinds), scheme, by, now, now),
        )
        if not made.rowcount:
            raise Refused(ALREADY)
        _add_secret(connection, key, endpoint, 1, secret)
    return endpoint, signing.given_away(secret)


def rotate(connection: psycopg.Connection, key: bytes, endpoint: UUID, overlap: timedelta, now: datetime) -> str:
    """Make a new secret; the one before signs beside it for ``overlap``, any older one no more. Return what its owner
    must be given."""
    if overlap > LONGEST_OVERLAP:
        raise Refused(NO_OVERLAP)
    with connection.transaction():
        one = _found(connection, endpoint)
        row = connection.execute("SELECT max(number) FROM webhook_secrets WHERE endpoint = %s", (endpoint,)).fetchone()
        newest = (row and row[0]) or 0
        connection.execute(
            "UPDATE webhook_secrets SET ends_at = %s WHERE endpoint = %s AND number = %s",
            (now + overlap, endpoint, newest),
        )
        connection.execute("DELETE FROM webhook_secrets WHERE endpoint = %s AND number < %s", (endpoint, newest))
        secret = signing.new_secret(one.scheme)
        _add_secret(connection, key, endpoint, newest + 1, secret)
    return signing.given_away(secret)


def _add_secret(connection: psycopg.Connection, key: bytes, endpoint: UUID, number: int, secret: str) -> None:
    connection.execute(
        "INSERT INTO webhook_secrets (endpoint, number, sealed) VALUES (%s, %s, %s)",
        (endpoint, number, sealing_key.seal(key, endpoint, secret)),
    )


def secrets_of(connection: psycopg.Connection, key: bytes, endpoint: UUID, now: datetime) -> list[str]:
    """Return the secrets that sign now, the newest first."""
    rows = connection.execute(
        """SELECT sealed FROM webhook_secrets WHERE endpoint = %s AND (ends_at IS NULL OR ends_at > %s)
           ORDER BY number DESC""",
        (endpoint, now),
    )
    return [sealing_key.unseal(key, endpoint, row[0]) for row in rows]


def enable(connection: psycopg.Connection, endpoint: UUID, now: datetime) -> None:
    """Let it be told again, of what waits and of what comes; what happened meanwhile it must ask for itself."""
    _found(connection, endpoint)
    connection.execute(
        """UPDATE webhook_endpoints SET state = 'enabled', reason = NULL, failing_since = NULL, paused_until = NULL,
               changed_at = %s WHERE endpoint = %s""",
        (now, endpoint),
    )
    connection.execute(
        """UPDATE webhook_messages SET state = 'queued', attempts = 0, next_at = %s, created_at = %s, changed_at = %s
           WHERE endpoint = %s AND state = 'given_up'""",
        (now, now, now, endpoint),
    )


def tell(connection: psycopg.Connection, endpoint: UUID, kinds: Collection[str], now: datetime) -> None:
    """Let it be told of ``kinds`` from now on, and of nothing else; what waits of another is sent all the same."""
    _found(connection, endpoint)
    connection.execute(
        "UPDATE webhook_endpoints SET kinds = %s, changed_at = %s WHERE endpoint = %s", (sorted(kinds), now, endpoint)
    )


def remove(connection: psycopg.Connection, endpoint: UUID) -> None:
    """Forget it, with its secrets and all that waits for it."""
    _found(connection, endpoint)
    connection.execute("DELETE FROM webhook_endpoints WHERE endpoint = %s", (endpoint,))


def went_well(connection: psycopg.Connection, endpoint: UUID) -> None:
    connection.execute(
        """UPDATE webhook_endpoints SET reason = NULL, failing_since = NULL, paused_until = NULL
           WHERE endpoint = %s AND (reason IS NOT NULL OR paused_until IS NOT NULL)""",
        (endpoint,),
    )


def went_wrong(
    connection: psycopg.Connection, endpoint: UUID, reason: str, pause: datetime | None, now: datetime
) -> None:
    connection.execute(
        """UPDATE webhook_endpoints SET reason = %s, failing_since = coalesce(failing_since, %s), paused_until = %s
           WHERE endpoint = %s""",
        (reason, now, pause, endpoint),
    )


def disable(connection: psycopg.Connection, endpoint: UUID, reason: str, now: datetime) -> None:
    """It has said that it is gone (410): nothing more is sent there until somebody enables it."""
    connection.execute(
        """UPDATE webhook_endpoints SET state = 'disabled', reason = %s, failing_since = coalesce(failing_since, %s),
               changed_at = %s WHERE endpoint = %s""",
        (reason, now, now, endpoint),
    )


def listed(connection: psycopg.Connection, body: str | None = None) -> Sequence[Endpoint]:
    query = f"SELECT {_NAMES} FROM webhook_endpoints WHERE %(body)s::text IS NULL OR body = %(body)s ORDER BY body, url"
    with connection.cursor(row_factory=class_row(Endpoint)) as cursor:
        return cursor.execute(query.encode(), {"body": body}).fetchall()


def _found(connection: psycopg.Connection, endpoint: UUID) -> Endpoint:
    found = next((one for one in listed(connection) if one.endpoint == endpoint), None)
    if found is None:
        raise Refused(UNKNOWN)
    return found
