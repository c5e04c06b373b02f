"""The other side's checkpoints, as this side heard them: each is checked against the one held before, and kept.

What is held here is out of the other side's reach. A ledger that was rewritten over there, chain, tree and all, does
not follow from what is held, whoever signed it.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from pydantic import ValidationError

from events.proof.checkpoint import Checkpoint, NoCheckpoint, check_note
from events.proof.signing import Algorithm, KeyRing, PublicKey, SignatureWrong
from events.proof.spoken import Holding, Spoken, of_base64
from events.proof.tree import consistent
from services.checkpoints.standing import CheckpointFault, note_fault, note_good


@dataclass(frozen=True, slots=True)
class Held:
    """A checkpoint of the other side that follows from the one before."""

    origin: str
    size: int
    root: bytes
    at: datetime
    note: str
    heard_at: datetime
    newest_at: datetime

    def as_holding(self) -> Holding:
        return Holding(origin=self.origin, size=self.size, root=base64.b64encode(self.root).decode())


def read_spoken(said: Any) -> Spoken | None:
    """Return what was announced; None for what nobody can read: on a topic anybody may write anything."""
    try:
        return Spoken.model_validate(said)
    except ValidationError:
        return None


def newest_held(connection: psycopg.Connection, source: str, origin: str | None = None) -> Held | None:
    """Return the newest that is held of a side, of its ledger called ``origin`` or of the one heard last."""
    row = connection.execute(
        """SELECT origin, size, root, at, note, heard_at, newest_at FROM heard_checkpoints
           WHERE source = %(source)s AND proven AND (%(origin)s::text IS NULL OR origin = %(origin)s)
           ORDER BY heard_at DESC, size DESC LIMIT 1""",
        {"source": source, "origin": origin},
    ).fetchone()
    return Held(*row) if row else None


def trusted_keys(connection: psycopg.Connection, source: str) -> Sequence[PublicKey]:
    rows = connection.execute(
        """SELECT name, algorithm, public, valid_from, valid_until FROM heard_keys WHERE source = %s
           ORDER BY valid_from DESC, id""",
        (source,),
    ).fetchall()
    return [PublicKey(name, Algorithm(kind), bytes(public), since, until) for name, kind, public, since, until in rows]


def trust(connection: psycopg.Connection, source: str, key: PublicKey) -> None:
    """Accept a key of the other side from now on; the validity of one that is known may end, and only end."""
    connection.execute(
        """INSERT INTO heard_keys AS k (source, id, name, algorithm, public, valid_from, valid_until)
           VALUES (%s, %s, %s, %s, %s, %s, %s)
           ON CONFLICT (source, id) DO UPDATE SET valid_until = coalesce(k.valid_until, excluded.valid_until)""",
        (source, key.id, key.name, key.algorithm, key.public, key.valid_from, key.valid_until),
    )


def hear(connection: psycopg.Connection, source: str, spoken: Spoken | None, now: datetime) -> CheckpointFault | None:
    """Check what the other side says of its ledger (None: nobody can read it), keep it, and return what is wrong.

    The first key that is ever heard is trusted, and every later one only when an operator accepts it: compare the ids
    by telephone. Nothing is wrong yet with what cannot be judged, since no proof from what is held has come.
    """
    if spoken is None:
        return _fault(connection, source, now, CheckpointFault.SIGNATURE)
    if spoken.note is None:
        return None
    with connection.transaction():
        keys = trusted_keys(connection, source)
        try:
            said = [one.key() for one in spoken.keys]
            if not keys and said:
                trust(connection, source, said[0])
            for key in said:
                if key.id in {one.id for one in keys}:
                    trust(connection, source, key)
            checkpoint, _ = check_note(spoken.note, KeyRing(trusted_keys(connection, source)))
        except SignatureWrong as wrong:
            unknown = wrong.reason == "unknown_key"
            return _fault(
                connection, source, now, CheckpointFault.UNKNOWN_KEY if unknown else CheckpointFault.SIGNATURE
            )
        except (NoCheckpoint, ValueError):
            return _fault(connection, source, now, CheckpointFault.SIGNATURE)
        held = newest_held(connection, source, checkpoint.origin)
        if held is None:
            _keep(connection, source, checkpoint, spoken.note, now)
            return None
        if checkpoint.size == held.size and checkpoint.root != held.root:
            return _fault(connection, source, now, CheckpointFault.SPLIT, checkpoint, spoken.note)
        if checkpoint.size == held.size and checkpoint.at > held.newest_at:
            _keep(connection, source, checkpoint, spoken.note, now)
            return None
        if checkpoint.size <= held.size or spoken.since != held.size:
            note_fault(connection, source, now, None)  # nothing new: overdue before long
            return None
        proof = of_base64(spoken.proof)
        if not consistent(held.size, held.root, checkpoint.size, checkpoint.root, proof, checkpoint.hash):
            return _fault(connection, source, now, CheckpointFault.REWRITTEN, checkpoint, spoken.note)
        _keep(connection, source, checkpoint, spoken.note, now)
    return None


def _keep(connection: psycopg.Connection, source: str, checkpoint: Checkpoint, note: str, now: datetime) -> None:
    """Keep one that follows."""
    _write(connection, source, checkpoint, note, now, proven=True)
    note_good(connection, source, now)


def _fault(
    connection: psycopg.Connection,
    source: str,
    now: datetime,
    fault: CheckpointFault,
    evidence: Checkpoint | None = None,
    note: str = "",
) -> CheckpointFault:
    if evidence is not None:
        _write(connection, source, evidence, note, now, proven=False)
    note_fault(connection, source, now, fault)
    return fault


def _write(
    connection: psycopg.Connection, source: str, checkpoint: Checkpoint, note: str, now: datetime, *, proven: bool
) -> None:
    connection.execute(
        """INSERT INTO heard_checkpoints AS h (source, origin, size, root, at, note, heard_at, newest_at, proven)
           VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
           ON CONFLICT (source, origin, size, root) DO UPDATE SET proven = h.proven OR excluded.proven,
               newest_at = greatest(h.newest_at, excluded.newest_at)""",
        (source, checkpoint.origin, checkpoint.size, checkpoint.root, checkpoint.at, note, now, checkpoint.at, proven),
    )
