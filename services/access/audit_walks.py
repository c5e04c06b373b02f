"""The last walk along the audit trail: what it found is kept; an end that was cut off since is found by the next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import psycopg

from events.ledger import Fault
from projections.following import beat
from services.access import audit_chain

PART = "audit-walk"
NAMED_AT_MOST = 1000


@dataclass(frozen=True, slots=True)
class AuditWalk:
    """It ended ``at``, went as far as position ``head`` of the chain, whose row had ``hash``, and found ``faults``."""

    at: datetime
    head: int
    hash: str
    faults: int
    kinds: Mapping[str, int]


def walk_audit(connection: psycopg.Connection) -> tuple[AuditWalk, Sequence[Fault]]:
    """Walk the whole chain, keep what was found, and return it and the first places."""
    before, last = last_audit_walk(connection), audit_chain.head(connection)
    named: list[Fault] = []
    kinds: Counter[str] = Counter()
    found = list(_end_lost(connection, before)) if before and before.head else []
    for fault in (*found, *audit_chain.verify(connection)):
        kinds[fault.kind] += 1
        if len(named) < NAMED_AT_MOST:
            named.append(fault)
    # An end that was lost stays lost: what a clean walk saw last is compared until somebody has seen to it.
    kept = (before.head, before.hash) if before and found else (last.position, last.hash.hex())
    state: dict[str, object] = {
        "head": kept[0], "hash": kept[1], "faults": sum(kinds.values()), "kinds": dict(kinds),
    }  # fmt: skip
    with connection.transaction():
        beat(connection, PART, "verify", state)
    walked = last_audit_walk(connection)
    assert walked is not None
    return walked, named


def _end_lost(connection: psycopg.Connection, before: AuditWalk) -> Sequence[Fault]:
    row = connection.execute("SELECT hash FROM audit_chain WHERE position = %s", (before.head,)).fetchone()
    if row is None:
        return [Fault(before.head, "hole")]
    return [] if row[0].hex() == before.hash else [Fault(before.head, "chain")]


def last_audit_walk(connection: psycopg.Connection) -> AuditWalk | None:
    row = connection.execute("SELECT beat_at, state FROM heartbeats WHERE part = %s", (PART,)).fetchone()
    return AuditWalk(row[0], **row[1]) if row else None
