"""The checkpoints of a side's own ledger: signed each minute, kept, and told to the other side."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime, timedelta

import psycopg
from psycopg.types.json import Jsonb

from events import ledger
from events.proof.checkpoint import Checkpoint, signed
from events.proof.signing import Signer
from events.proof.spoken import Holding, Spoken, as_said, in_base64, spoken_key
from events.proof.tree import Frontier, consistent
from services.checkpoints.ledger_tree import LedgerTree, TreeBroken
from services.checkpoints.signing_keys import signing_keys

EVERY = timedelta(minutes=1)


class OwnRewritten(Exception):
    """The ledger is not the one of a checkpoint that this side signed, or that the other side holds: nothing is
    signed."""


@dataclass(frozen=True, slots=True)
class Signed:
    """A checkpoint of this side: the first of its size, and the newest of the same size."""

    size: int
    root: bytes
    at: datetime
    note: str
    newest_at: datetime
    newest_note: str


_SIGNED = "SELECT size, root, at, note, newest_at, newest_note FROM signed_checkpoints"


def newest_signed(connection: psycopg.Connection) -> Signed | None:
    row = connection.execute(f"{_SIGNED} ORDER BY size DESC LIMIT 1").fetchone()
    return Signed(*row) if row else None


def first_covering(connection: psycopg.Connection, position: int) -> Signed | None:
    """Return the first checkpoint that the record numbered ``position`` is in; None while there is none."""
    row = connection.execute(f"{_SIGNED} WHERE size >= %s ORDER BY size LIMIT 1", (position,)).fetchone()
    return Signed(*row) if row else None


def signed_at(connection: psycopg.Connection, size: int) -> Signed | None:
    row = connection.execute(f"{_SIGNED} WHERE size = %s", (size,)).fetchone()
    return Signed(*row) if row else None


def sign_if_due(
    connection: psycopg.Connection, tree: LedgerTree, size: int, signer: Signer, now: datetime
) -> Signed | None:
    """Sign the first ``size`` records, all there are, when a minute has passed since the last; return what was signed.

    Raises ``OwnRewritten`` for a ledger that does not follow from the last one signed, ``TreeBroken`` for one that has
    no root.
    """
    last = newest_signed(connection)
    if size == 0 or (last is not None and now - last.newest_at < EVERY):
        return None
    if last is not None:
        if size < last.size:
            return None  # restored, and not whole yet: what is missing comes back under its numbers
        proof = tree.consistency(last.size, size)
        if not consistent(last.size, last.root, size, tree.root(size), proof, tree.hash):
            raise OwnRewritten
    found = Checkpoint(tree.origin, size, tree.root(size), now.replace(microsecond=0), tree.hash)
    note = signed(found, signer)
    connection.execute(
        """INSERT INTO signed_checkpoints (size, root, at, note, newest_at, newest_note)
           VALUES (%(size)s, %(root)s, %(at)s, %(note)s, %(now)s, %(note)s)
           ON CONFLICT (size) DO UPDATE SET newest_at = excluded.newest_at, newest_note = excluded.newest_note""",
        {"size": size, "root": found.root, "at": found.at, "note": note, "now": now},
    )
    return newest_signed(connection)


def signed_heads(connection: psycopg.Connection, since: int) -> ledger.Heads | None:
    """Return every root that was signed over more than the first ``since`` records; None before the first.

    Raises ``TreeBroken`` where the tree that is kept is not the one that was signed last.
    """
    tree, newest = LedgerTree(connection), newest_signed(connection)
    if newest is None:
        return None
    if tree.root(newest.size) != newest.root:
        raise TreeBroken("the tree is not the one that was signed")
    roots = connection.execute("SELECT size, root FROM signed_checkpoints WHERE size > %s", (since,)).fetchall()
    return ledger.Heads(Frontier.at(tree.node, since, tree.hash), dict(roots))


def speak(connection: psycopg.Connection, tree: LedgerTree, other_holds: Holding | None, holds: Holding | None) -> None:
    """Write down what is announced: the newest checkpoint, a proof from what the other side holds of it, and what this
    side holds of the other's. Raises ``OwnRewritten`` when the other side holds another ledger than this one."""
    newest = newest_signed(connection)
    since, proof = 0, list[bytes]()
    if (
        newest is not None
        and other_holds is not None
        and other_holds.origin == tree.origin
        and other_holds.size <= newest.size
    ):
        if base64.b64decode(other_holds.root) != tree.root(other_holds.size):
            raise OwnRewritten
        since, proof = other_holds.size, tree.consistency(other_holds.size, newest.size)
    said = Spoken(
        note=newest.newest_note if newest else None,
        keys=[spoken_key(key) for key in signing_keys(connection)[:8]],
        since=since,
        proof=in_base64(proof),
        holds=holds,
    )
    connection.execute(
        """INSERT INTO spoken_checkpoint (said) VALUES (%s)
           ON CONFLICT (only_row) DO UPDATE SET said = excluded.said WHERE spoken_checkpoint.said <> excluded.said""",
        (Jsonb(as_said(said)),),
    )
