"""Records of the commands' topic that nobody could be answered about. A person must see them: nothing vanishes.

Only where the record lies is kept, and a digest by which its sender can prove that it is his: the topic has the bytes,
and they may be personal.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg

from events.log.commands import Command
from services.approval.commands import Unanswerable


@dataclass(frozen=True, slots=True)
class Unanswered:
    """Where a record lies (``topic``: the topic's id), why it was not answered, and who sees to it."""

    topic: str
    partition: int
    offset: int
    code: str
    reason: str
    owner: str
    digest: bytes
    size: int
    sent_at: datetime
    since: datetime | None = None

    @classmethod
    def of(cls, topic: str, command: Command, why: Unanswerable, owner: str) -> Unanswered:
        return cls(
            topic,
            command.partition,
            command.offset,
            why.code,
            why.reason,
            owner,
            hashlib.sha256(command.value).digest(),
            len(command.value),
            command.sent_at,
        )

    @property
    def place(self) -> str:
        return f"{self.partition}@{self.offset}"

    def as_json(self) -> dict[str, Any]:
        return {
            "place": self.place,
            "code": self.code,
            "reason": self.reason,
            "owner": self.owner,
            "sha256": self.digest.hex(),
            "bytes": self.size,
            "sent_at": self.sent_at.isoformat(),
            "since": self.since.isoformat() if self.since else None,
        }


def keep(connection: psycopg.Connection, unanswered: Sequence[Unanswered]) -> None:
    """Keep ``unanswered`` in the caller's transaction; what is kept already stays as it is."""
    with connection.cursor() as cursor:
        cursor.executemany(
            """INSERT INTO unanswered_commands (topic, partition, "offset", code, reason, owner, digest, size, sent_at)
               VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING""",
            [(u.topic, u.partition, u.offset, u.code, u.reason, u.owner, u.digest, u.size, u.sent_at)
             for u in unanswered],
        )  # fmt: skip


def shown(connection: psycopg.Connection, limit: int = 500) -> list[Unanswered]:
    """Return those that nobody has settled, the oldest first."""
    rows = connection.execute(
        """SELECT topic, partition, "offset", code, reason, owner, digest, size, sent_at, since
           FROM unanswered_commands WHERE settled_at IS NULL ORDER BY since, partition, "offset" LIMIT %s""",
        (limit,),
    )
    return [Unanswered(*row) for row in rows]


def settle(connection: psycopg.Connection, place: str, reason: str) -> int:
    """Note that a person has seen to the record at ``place``, and how. Return how many records that were."""
    partition, _, offset = place.partition("@")
    return connection.execute(
        """UPDATE unanswered_commands SET settled_at = clock_timestamp(), settled_because = %s
           WHERE partition = %s AND "offset" = %s AND settled_at IS NULL""",
        (reason, int(partition), int(offset)),
    ).rowcount


def count(connection: psycopg.Connection) -> int:
    """Return how many nobody has settled."""
    row = connection.execute("SELECT count(*) FROM unanswered_commands WHERE settled_at IS NULL").fetchone()
    return int(row[0]) if row else 0
