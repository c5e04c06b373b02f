"""The last walk along the chain of a ledger: what it found is kept, and shown where one record is checked; the next one
goes on from there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import psycopg

from events import ledger
from events.ledger import BEGINNING, FAULTS, Fault, Place
from projections.following import beat
from services.checkpoints.ledger_tree import TreeBroken
from services.checkpoints.own import signed_heads

PART = "ledger-walk"
NAMED_AT_MOST = 1000
"""Places that a walk names. Of more, the numbers are told."""


@dataclass(frozen=True, slots=True)
class Walk:
    """It ended ``at``, went from number ``since`` as far as number ``head``, and found ``faults`` places, the first at
    number ``first``; ``kinds``: how many of each. ``hash``: of the row at ``head``, where nothing was found."""

    at: datetime
    head: int
    faults: int
    first: int | None
    since: int = 0
    hash: str = ""
    kinds: Mapping[str, int] = field(default_factory=dict)

    @property
    def place(self) -> Place:
        """Where the next walk may begin: at the beginning after one that found something."""
        return BEGINNING if self.faults or not self.hash else Place(self.head, bytes.fromhex(self.hash))


def walk(connection: psycopg.Connection, source: str, *, whole: bool) -> tuple[Walk, Sequence[Fault]]:
    """Walk the chain of ``source``, all of it or from where the last walk ended; keep what was found, and return it and
    the first places."""
    before = last_walk(connection)
    since = BEGINNING if whole or before is None else before.place
    last = ledger.head(connection)
    named: list[Fault] = []
    kinds: Counter[str] = Counter()
    for fault in _faults(connection, source, since, last):
        kinds[fault.kind] += 1
        if len(named) < NAMED_AT_MOST:
            named.append(fault)
    note_walk(
        connection, last.position, named, kinds=kinds, since=since.position, hash="" if named else last.hash.hex()
    )
    walked = last_walk(connection)
    assert walked is not None
    return walked, named


def _faults(connection: psycopg.Connection, source: str, since: Place, last: ledger.Head) -> Iterator[Fault]:
    """Walk the chain, and hold what stands there against every checkpoint that was signed over it."""
    try:
        heads = signed_heads(connection, since.position)
    except TreeBroken:
        yield Fault(since.position, "tree")
        heads = None
    yield from ledger.verify(connection, source, since, last, heads)


def of_walk(walked: Walk) -> tuple[int, dict[str, Any]]:
    """Return how many places do not hold, and what is kept of a walk."""
    said = {"head": walked.head, "since": walked.since, "first": walked.first, "kinds": dict(walked.kinds)}
    return walked.faults, said


def note_walk(
    connection: psycopg.Connection, head: int, named: Sequence[Fault], *, kinds: Mapping[str, int] | None = None,
    since: int = 0, hash: str = "",
) -> None:  # fmt: skip
    """Keep that a walk went as far as number ``head`` and found what is ``named``, among others where ``kinds`` says
    so."""
    found = dict(kinds if kinds is not None else Counter(fault.kind for fault in named))
    state: dict[str, object] = {
        "head": head, "faults": sum(found.values()), "first": min((one.position for one in named), default=None),
        "since": since, "hash": hash, "kinds": found,
    }  # fmt: skip
    with connection.transaction():
        beat(connection, PART, "verify", state)
        for kind, count in sorted(found.items()):
            connection.execute(
                """INSERT INTO ledger_faults AS f (kind, found) VALUES (%s, %s)
                   ON CONFLICT (kind) DO UPDATE SET found = f.found + excluded.found""",
                (kind, count),
            )


def last_walk(connection: psycopg.Connection) -> Walk | None:
    row = connection.execute("SELECT beat_at, state FROM heartbeats WHERE part = %s", (PART,)).fetchone()
    return Walk(row[0], **row[1]) if row else None


def faults_found(connection: psycopg.Connection) -> dict[str, int]:
    """Return how many places of each kind all walks together found, a place as often as it was found."""
    rows = connection.execute("SELECT kind, found FROM ledger_faults").fetchall()
    return dict.fromkeys(FAULTS, 0) | dict(rows)
