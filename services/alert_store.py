"""What a side knows of its alerts, and what went to operators about them, with what became of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import astuple
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
from psycopg.rows import class_row, dict_row

from services.alerts import Alert, Round
from services.notices import Channel, next_attempt

KEPT = timedelta(days=90)
UNREACHED_AFTER = timedelta(minutes=10)
_NAMES = ", ".join(Alert.__slots__)


class Message(NamedTuple):
    """One message to one recipient, known to gateways by its id."""

    id: UUID
    recipient: str
    channel: Channel
    text: str
    urgent: bool


def at_work(connection: psycopg.Connection) -> list[Alert]:
    """Return what is open, what may become so, and what is closed without anybody having been told."""
    query = f"SELECT {_NAMES} FROM alerts WHERE closed_at IS NULL OR NOT closing_told"
    with connection.cursor(row_factory=class_row(Alert)) as cursor:
        return cursor.execute(query.encode()).fetchall()


def keep(connection: psycopg.Connection, made: Round, now: datetime) -> None:
    """Keep what a round has changed, in the caller's transaction; what is older than 90 days goes."""
    for one in made.vanished:
        connection.execute(
            "DELETE FROM alerts WHERE (alert, subject, since) = (%s, %s, %s)", (one.alert, one.subject, one.since)
        )
    values = ", ".join(["%s"] * len(Alert.__slots__))
    changed = ", ".join(f"{name} = excluded.{name}" for name in Alert.__slots__ if name not in _KEY)
    query = (
        f"INSERT INTO alerts ({_NAMES}) VALUES ({values}) ON CONFLICT (alert, subject, since) DO UPDATE SET {changed}"
    )
    for one in made.kept:
        connection.execute(query.encode(), astuple(one))
    if made.told:
        connection.execute("DELETE FROM alerts WHERE closed_at < %s", (now - KEPT,))
        connection.execute("DELETE FROM alert_messages WHERE created_at < %s", (now - KEPT,))


_KEY = ("alert", "subject", "since")


def shown(connection: psycopg.Connection, most: int, *, open_only: bool = False) -> Sequence[Alert]:
    """Return the alerts that are open, then those that have closed, the newest first."""
    where = "opened_at IS NOT NULL" + (" AND closed_at IS NULL" if open_only else "")
    query = f"SELECT {_NAMES} FROM alerts WHERE {where} ORDER BY closed_at DESC NULLS FIRST, opened_at DESC LIMIT %s"
    with connection.cursor(row_factory=class_row(Alert)) as cursor:
        return cursor.execute(query.encode(), (most,)).fetchall()


def queue(connection: psycopg.Connection, messages: Iterable[Message], now: datetime) -> None:
    """Queue ``messages`` in the caller's transaction; all of one call belong together."""
    for one in messages:
        connection.execute(
            """INSERT INTO alert_messages
                   (message, recipient, channel, text, urgent, state, next_at, created_at, changed_at)
               VALUES (%s, %s, %s, %s, %s, 'queued', %s, %s, %s) ON CONFLICT DO NOTHING""",
            (one.id, one.recipient, one.channel.value, one.text, one.urgent, now, now, now),
        )


def due(connection: psycopg.Connection, now: datetime, most: int) -> list[Message]:
    rows = connection.execute(
        """SELECT message, recipient, channel, text, urgent FROM alert_messages
           WHERE state = 'queued' AND next_at <= %s ORDER BY urgent DESC, next_at, message LIMIT %s""",
        (now, most),
    )
    return [Message(one, recipient, Channel(way), said, urgent) for one, recipient, way, said, urgent in rows]


def went_out(connection: psycopg.Connection, message: UUID, delivered: bool, now: datetime) -> None:
    connection.execute(
        """UPDATE alert_messages SET state = %s, attempts = attempts + 1, reason = NULL, changed_at = %s
           WHERE message = %s AND state = 'queued'""",
        ("delivered" if delivered else "sent", now, message),
    )


def did_not(connection: psycopg.Connection, message: UUID, reason: str, lasting: bool, now: datetime) -> str:
    """Record a failed attempt, and return the state: queued for the next one, or given up."""
    row = connection.execute(
        """UPDATE alert_messages SET attempts = attempts + 1, reason = %s, changed_at = %s
           WHERE message = %s RETURNING attempts""",
        (reason, now, message),
    ).fetchone()
    again = None if lasting or row is None else next_attempt(row[0], now)
    state = "queued" if again else "given_up"
    connection.execute(
        "UPDATE alert_messages SET state = %s, next_at = %s WHERE message = %s", (state, again or now, message)
    )
    return state


def reached_nobody(connection: psycopg.Connection, now: datetime) -> bool:
    """Whether of something told in the last day, more than ten minutes ago, not one message went out."""
    row = connection.execute(
        """SELECT EXISTS (SELECT FROM alert_messages WHERE created_at BETWEEN %s AND %s GROUP BY created_at
                          HAVING bool_and(state NOT IN ('sent', 'delivered')))""",
        (now - timedelta(days=1), now - UNREACHED_AFTER),
    ).fetchone()
    return bool(row and row[0])


def messages(connection: psycopg.Connection, most: int) -> list[dict[str, Any]]:
    """Return the newest messages first, without addresses, as they are shown."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            """SELECT recipient, channel, text, urgent, state, attempts, reason, created_at, changed_at
               FROM alert_messages ORDER BY created_at DESC, recipient LIMIT %s""",
            (most,),
        ).fetchall()
