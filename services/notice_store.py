"""Notices of one side: what is queued, sent, delivered, or given up, with why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from services.notices import Channel, Notice, next_attempt

STATE_WORDS = {"queued": "待发", "sent": "已发出", "delivered": "已送达", "given_up": "已放弃"}


def queue(connection: psycopg.Connection, notices: Iterable[Notice], now: datetime) -> None:
    """Queue ``notices`` in the caller's transaction; one that is there already is not queued again."""
    for one in notices:
        connection.execute(
            """INSERT INTO notices (notice, officer, channel, content, urgent, state, next_at, created_at, changed_at)
               VALUES (%s, %s, %s, %s, %s, 'queued', %s, %s, %s) ON CONFLICT DO NOTHING""",
            (
                one.id, one.officer, one.channel.value,
                Jsonb({"items": [str(item) for item in one.items], "text": one.text}), one.urgent, now, now, now,
            ),
        )  # fmt: skip


def due(
    connection: psycopg.Connection, now: datetime, channels: Sequence[Channel], only_urgent: bool, most: int
) -> list[Notice]:
    """Return what is to be sent now, the urgent first, then the oldest."""
    rows = connection.execute(
        """SELECT notice, officer, channel, content, urgent FROM notices
           WHERE state = 'queued' AND next_at <= %s AND channel = ANY(%s) AND (urgent OR NOT %s)
           ORDER BY urgent DESC, next_at, notice LIMIT %s""",
        (now, [channel.value for channel in channels], only_urgent, most),
    )
    return [
        Notice(notice, officer, Channel(channel), tuple(map(UUID, said["items"])), said["text"], urgent)
        for notice, officer, channel, said, urgent in rows
    ]


def went_out(connection: psycopg.Connection, notice: UUID, delivered: bool, now: datetime) -> None:
    connection.execute(
        """UPDATE notices SET state = %s, attempts = attempts + 1, reason = NULL, changed_at = %s
           WHERE notice = %s AND state = 'queued'""",
        ("delivered" if delivered else "sent", now, notice),
    )


def did_not(connection: psycopg.Connection, notice: UUID, reason: str, lasting: bool, now: datetime) -> str:
    """Record a failed attempt, and return the state: queued for the next one, or given up."""
    row = connection.execute(
        "UPDATE notices SET attempts = attempts + 1, reason = %s, changed_at = %s WHERE notice = %s RETURNING attempts",
        (reason, now, notice),
    ).fetchone()
    again = None if lasting or row is None else next_attempt(row[0], now)
    state = "queued" if again else "given_up"
    connection.execute("UPDATE notices SET state = %s, next_at = %s WHERE notice = %s", (state, again or now, notice))
    return state


def retry(connection: psycopg.Connection, notice: UUID | None, now: datetime) -> int:
    """Queue a notice that was given up once more, or all of them; return how many."""
    done = connection.execute(
        """UPDATE notices SET state = 'queued', attempts = 0, next_at = %(now)s, changed_at = %(now)s
           WHERE state = 'given_up' AND (%(notice)s::uuid IS NULL OR notice = %(notice)s)""",
        {"now": now, "notice": notice},
    )
    return done.rowcount


def listed(connection: psycopg.Connection, failed: bool, most: int) -> list[dict[str, Any]]:
    """Return notices as they are shown, the newest first; with ``failed`` those that were given up, or that wait after
    a failed attempt."""
    where = "state = 'given_up' OR state = 'queued' AND attempts > 0" if failed else "true"
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(
            f"""SELECT notice, officer, channel, content, urgent, state, attempts, reason, next_at, created_at,
                       changed_at FROM notices WHERE {where} ORDER BY created_at DESC, notice LIMIT %s""".encode(),
            (most,),
        ).fetchall()
    return [
        {
            "notice": str(row["notice"]),
            "officer": row["officer"],
            "channel": row["channel"],
            "items": row["content"]["items"],
            "text": row["content"]["text"],
            "urgent": row["urgent"],
            "state": row["state"],
            "state_in_words": STATE_WORDS[row["state"]],
            "attempts": row["attempts"],
            "reason": row["reason"],
            "next_at": row["next_at"].isoformat() if row["state"] == "queued" else None,
            "created_at": row["created_at"].isoformat(),
            "changed_at": row["changed_at"].isoformat(),
        }
        for row in rows
    ]


def counts(connection: psycopg.Connection) -> dict[str, int]:
    """Return how many notices are in each state."""
    rows = connection.execute("SELECT state, count(*) FROM notices GROUP BY state")
    return dict.fromkeys(STATE_WORDS, 0) | dict(rows.fetchall())


def untold(connection: psycopg.Connection) -> dict[str, int]:
    """Return how much was told to nobody in the last month, by why: it was over, had moved, nobody could be reached."""
    rows = connection.execute(
        """SELECT outcome, count(*) FROM tidings WHERE outcome <> 'told' AND settled_at > now() - interval '30 days'
           GROUP BY outcome ORDER BY outcome"""
    )
    return dict(rows.fetchall())
