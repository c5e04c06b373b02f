"""Replies that bureaus have not got yet. Written with the decisions they tell of, taken out when they are published."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import psycopg

from events.log.commands import Reply


def add(connection: psycopg.Connection, replies: Sequence[Reply]) -> None:
    """Let ``replies`` wait, in the caller's transaction. One that waits already stays as it is: a topic that is read
    anew from its beginning asks again."""
    if replies:
        connection.execute(
            """INSERT INTO waiting_replies (reply, bureau, command, answered_at, answer)
               SELECT * FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::timestamptz[], %s::bytea[])
               ON CONFLICT (reply) DO NOTHING""",
            (
                [reply.id for reply in replies],
                [reply.bureau for reply in replies],
                [reply.command for reply in replies],
                [reply.answered_at for reply in replies],
                [reply.answer for reply in replies],
            ),
        )


def oldest(connection: psycopg.Connection, limit: int, without: Collection[str] = ()) -> list[Reply]:
    """Return up to ``limit`` of those that wait, in the order in which they were decided, and none of the bureaus
    ``without``."""
    rows = connection.execute(
        """SELECT reply, bureau, command, answered_at, answer FROM waiting_replies
           WHERE bureau <> ALL(%s) ORDER BY id LIMIT %s""",
        (list(without), limit),
    )
    return [Reply(*row) for row in rows]


def published(connection: psycopg.Connection, replies: Sequence[Reply]) -> None:
    connection.execute("DELETE FROM waiting_replies WHERE reply = ANY(%s)", ([reply.id for reply in replies],))


def count(connection: psycopg.Connection) -> int:
    row = connection.execute("SELECT count(*) FROM waiting_replies").fetchone()
    return int(row[0]) if row else 0
