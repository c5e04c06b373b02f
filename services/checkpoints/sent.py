"""Copies of this side's checkpoints that leave the house: what a department or bureau is sent, and what it was sent.

A ledger that its owner rewrites, tree, signatures and all, does not agree with what somebody else kept before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple
from uuid import UUID, uuid5

import psycopg

from events.envelope import NAMESPACE
from events.proof.checkpoint import read_note
from events.proof.signing import PublicKey
from events.proof.spoken import in_base64, spoken_key
from services.checkpoints.heard import newest_held, trusted_keys
from services.checkpoints.ledger_tree import LedgerTree
from services.checkpoints.own import newest_signed
from services.checkpoints.signing_keys import signing_keys
from services.completeness_answers import other_side
from services.migrating import Side

FORMAT, COPIES_FORMAT = "linkage-checkpoint/1", "linkage-checkpoints/1"
"""Of one as it is sent, and of the list of those that were."""
MOST_KEYS = 8
Way = Literal["webhook", "stream"]


@dataclass(frozen=True, slots=True)
class Copy:
    """``said``: what is sent, and what ``deploy/verify_linkage.py --kept`` reads."""

    origin: str
    size: int
    at: datetime
    said: Mapping[str, Any]


class Sent(NamedTuple):
    """``root``, ``note``: of the checkpoint as this side has it now; None when it has none of that size any more."""

    body: str
    size: int
    way: Way
    sent_at: datetime
    root: bytes | None
    note: str | None


def newest_copy(connection: psycopg.Connection, side: Side, since: int = 0) -> Copy | None:
    """Return the newest checkpoint of ``side`` with the keys that sign it, the proof that it continues the one of
    ``since`` records (0: none was sent before), and what this side holds of the other; None before the first."""
    newest = newest_signed(connection)
    if newest is None:
        return None
    tree = LedgerTree(connection)
    continues = 0 < since < newest.size
    other = other_side(side)
    held = newest_held(connection, other)
    said = _checkpoint(side, newest.newest_note, signing_keys(connection))
    said |= {
        "since": since if continues else 0,
        "proof": in_base64(tree.consistency(since, newest.size)) if continues else [],
        "other": _checkpoint(other, held.note, trusted_keys(connection, other)) if held else None,
    }
    return Copy(tree.origin, newest.size, newest.newest_at, said)


def _checkpoint(source: Side, note: str, keys: Sequence[PublicKey]) -> dict[str, Any]:
    checkpoint, _ = read_note(note)
    return {
        "format": FORMAT,
        "source": source,
        "origin": checkpoint.origin,
        "hash": checkpoint.hash.value,
        "size": checkpoint.size,
        "root": checkpoint.root.hex(),
        "note": note,
        "keys": [spoken_key(key).model_dump(mode="json") for key in keys[:MOST_KEYS]],
    }


def event_of(origin: str, size: int) -> UUID:
    """Return the id by which a repeat of the same checkpoint is known."""
    return uuid5(NAMESPACE, f"checkpoint/{origin}/{size}")


def note_sent(connection: psycopg.Connection, body: str, size: int, way: Way, now: datetime) -> None:
    connection.execute(
        "INSERT INTO checkpoints_sent (body, size, way, sent_at) VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING",
        (body, size, way, now),
    )


_SENT = """SELECT c.body, c.size, c.way, c.sent_at, s.root, s.note
    FROM checkpoints_sent c LEFT JOIN signed_checkpoints s USING (size)"""


def sent_to(connection: psycopg.Connection, body: str, before: int | None = None, most: int = 1000) -> Sequence[Sent]:
    """Return what a body was sent, the newest first; ``before``: only of fewer records than that."""
    rows = connection.execute(
        f"""{_SENT} WHERE c.body = %(body)s AND (%(before)s::bigint IS NULL OR c.size < %(before)s)
            ORDER BY c.size DESC, c.sent_at DESC LIMIT %(most)s""",
        {"body": body, "before": before, "most": most},
    )
    return [Sent(*row) for row in rows.fetchall()]


def last_sent(connection: psycopg.Connection) -> Sequence[Sent]:
    """Return the newest that each body was sent, by body."""
    rows = connection.execute(
        f"""{_SENT} WHERE (c.body, c.size) IN (SELECT body, max(size) FROM checkpoints_sent GROUP BY body)
            ORDER BY c.body, c.sent_at DESC"""
    )
    found: dict[str, Sent] = {}
    for row in rows.fetchall():
        found.setdefault(row[0], Sent(*row))
    return list(found.values())


def forget_sent(connection: psycopg.Connection, before: datetime) -> None:
    """Forget what was sent before then, but of each body the newest."""
    connection.execute(
        """DELETE FROM checkpoints_sent c WHERE sent_at < %s
           AND size < (SELECT max(size) FROM checkpoints_sent WHERE body = c.body)""",
        (before,),
    )
