"""Who did what about which parked stream, when and why? Everything that a person does there is kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import psycopg


class Act(StrEnum):
    """What was done. ``skipped``, ``replaced`` and ``lapsed`` are noted by the owner of the partition, in the
    transaction that does it; ``lapsed``: the stream went on by itself before."""

    RETRY = "retry"
    LOOK = "look"
    SKIP_ASKED = "skip_asked"
    SKIP_CONSENTED = "skip_consented"
    SKIP_REFUSED = "skip_refused"
    SKIP_WITHDRAWN = "skip_withdrawn"
    SKIPPED = "skipped"
    REPAIR_ASKED = "repair_asked"
    REPLACED = "replaced"
    LAPSED = "lapsed"


@dataclass(frozen=True, slots=True)
class Done:
    """``stream`` is None for a retry of all that were parked for a reason, which ``reason`` then names."""

    id: int
    stream: UUID | None
    version: int | None
    act: str
    by: str
    reason: str
    at: datetime


def note(
    connection: psycopg.Connection,
    projection: str,
    act: Act,
    by: str,
    reason: str = "",
    *,
    stream: UUID | None = None,
    version: int | None = None,
) -> None:
    connection.execute(
        "INSERT INTO parked_acts (projection, stream, version, act, by, reason) VALUES (%s, %s, %s, %s, %s, %s)",
        (projection, stream, version, act.value, by, reason),
    )


def history(
    connection: psycopg.Connection, projection: str, stream: UUID | None, before: int | None, limit: int
) -> list[Done]:
    """Return up to ``limit`` of what was done (about ``stream``), the newest first, from before the id ``before``."""
    rows = connection.execute(
        """SELECT id, stream, version, act, by, reason, at FROM parked_acts
           WHERE projection = %s AND (%s::uuid IS NULL OR stream = %s) AND (%s::bigint IS NULL OR id < %s)
           ORDER BY id DESC LIMIT %s""",
        (projection, stream, stream, before, before, limit),
    )
    return [Done(*row) for row in rows]
