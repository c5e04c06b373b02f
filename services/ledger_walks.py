"""The last walk along the whole chain of a ledger: kept as what the walker said last of itself, shown where one record
is checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import psycopg

from events.ledger import Fault
from projections.following import beat

PART = "ledger-walk"


@dataclass(frozen=True, slots=True)
class Walk:
    """It ended ``at``, went as far as number ``head``, and found ``faults`` places, the first at number ``first``."""

    at: datetime
    head: int
    faults: int
    first: int | None


def note_walk(connection: psycopg.Connection, head: int, faults: Sequence[Fault]) -> None:
    first = min((fault.position for fault in faults), default=None)
    beat(connection, PART, "verify", {"head": head, "faults": len(faults), "first": first})


def last_walk(connection: psycopg.Connection) -> Walk | None:
    row = connection.execute("SELECT beat_at, state FROM heartbeats WHERE part = %s", (PART,)).fetchone()
    return Walk(row[0], **row[1]) if row else None
