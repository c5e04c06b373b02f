"""The public keys of bodies, and the batches that they signed, in the approval side's database."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg

from events import columns, sealing
from events.proof.signing import Algorithm, KeyRing, PublicKey
from events.proof.tree import SHA256, Tree, included, parents
from services.approval.batch_signature import BodyKeys, SignedItem, message

Recorded = tuple[SignedItem, UUID, int]
"""An item, and the decision (permit, version) that was recorded of it."""


@dataclass(frozen=True, slots=True)
class RegisteredKey:
    key: PublicKey
    body: str
    registered_at: datetime
    registered_by: str
    revoked_at: datetime | None


def register(connection: psycopg.Connection, body: str, key: PublicKey, by: str, now: datetime) -> bool:
    """Register a body's public key. False when it is registered already, whatever its validity is there."""
    done = connection.execute(
        """INSERT INTO body_keys (key, body, algorithm, public, valid_from, valid_until, registered_at,
                                     registered_by)
           VALUES (%s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING""",
        (key.id, body, key.algorithm.value, key.public, key.valid_from, key.valid_until, now, by),
    )
    return done.rowcount == 1


def revoke(connection: psycopg.Connection, id: str, by: str, now: datetime) -> bool:
    """End a key: what it signed before holds. False when there is none, or it was revoked."""
    done = connection.execute(
        "UPDATE body_keys SET revoked_at = %s, revoked_by = %s WHERE key = %s AND revoked_at IS NULL", (now, by, id)
    )
    return done.rowcount == 1


def registered_keys(connection: psycopg.Connection) -> list[RegisteredKey]:
    return _read(connection, "true ORDER BY body, valid_from DESC", ())


def keys_for(connection: psycopg.Connection, ids: Collection[str], bodies: Collection[str], now: datetime) -> BodyKeys:
    """Return the keys of these ids, and those of these bodies."""
    found = _read(connection, "key = ANY(%s) OR body = ANY(%s)", (list(ids), list(bodies)))
    return BodyKeys(
        KeyRing(one.key for one in found),
        {one.key.id: one.body for one in found},
        {one.body for one in found if one.key.valid_at(now)},
    )


def keep(connection: psycopg.Connection, master: bytes, recorded: Iterable[Recorded]) -> None:
    """Keep the batches that decisions were recorded of, in the transaction that records them.

    The hashes of the items are sealed: of an item of which all but an identity number is known, a plain one would let
    the number be guessed.
    """
    listed = list(recorded)
    for batch in {item.batch.id: item.batch for item, _, _ in listed}.values():
        connection.execute(
            """INSERT INTO signed_batches (batch, body, key, size, root, signature, leaves, at)
               VALUES (%s, %s, %s, %s, %s, %s, %s, %s)""",
            (batch.id, batch.body, batch.key.id, len(batch.leaves), batch.root, batch.signature,
             sealing.wrap(_leaves_key(master), batch.id, b"".join(batch.leaves)), batch.at),
        )  # fmt: skip
    if listed:
        rows = [(permit, version, item.batch.id, item.index) for item, permit, version in listed]
        connection.execute(
            """INSERT INTO signed_decisions (permit, version, batch, leaf)
               SELECT * FROM unnest(%s::uuid[], %s::integer[], %s::uuid[], %s::integer[])""",
            columns.of_rows(("uuid", "integer", "uuid", "integer"), rows),
        )


def proof_of(connection: psycopg.Connection, master: bytes, permit: UUID, version: int) -> dict[str, Any] | None:
    """Return what proves that its body handed a decision in: message, signature and key, and the path from its item
    to the root (RFC 6962). None for one that was not signed. Who has the item as it was handed in needs no more."""
    row = connection.execute(
        """SELECT b.batch, b.body, b.size, b.root, b.signature, b.leaves, b.at, d.leaf, k.algorithm, k.public,
                  k.valid_from, least(k.valid_until, k.revoked_at)
           FROM signed_decisions d JOIN signed_batches b USING (batch) JOIN body_keys k USING (key)
           WHERE d.permit = %s AND d.version = %s""",
        (permit, version),
    ).fetchone()
    if row is None:
        return None
    batch, body, size, root, signature, sealed, at, leaf, algorithm, public, valid_from, valid_until = row
    joined = sealing.unwrap(_leaves_key(master), batch, sealed)
    tree = _tree([joined[place : place + len(root)] for place in range(0, len(joined), len(root))])
    key = PublicKey(body, Algorithm(algorithm), bytes(public), valid_from, valid_until)
    return {
        "permit": str(permit),
        "version": version,
        "body": body,
        "message": message(body, size, bytes(root)).decode(),
        "signature": bytes(signature).hex(),
        "key": key.id,
        "algorithm": key.algorithm.value,
        "public_key": key.pem.decode(),
        "checked_at": at.isoformat(),
        "size": size,
        "leaf": leaf,
        "root": bytes(root).hex(),
        "path": [one.hex() for one in tree.inclusion(leaf)],
    }


def holds(proof: Mapping[str, Any], leaf: bytes) -> bool:
    """Tell whether ``leaf``, the hash of an item, is the one that ``proof`` is about."""
    path = [bytes.fromhex(one) for one in proof["path"]]
    return included(leaf, proof["leaf"], proof["size"], path, bytes.fromhex(proof["root"]))


def _tree(leaves: list[bytes]) -> Tree:
    levels = [leaves]
    while len(levels[-1]) > 1:
        levels.append(parents(levels[-1]))
    return Tree(levels, SHA256)


def _leaves_key(master: bytes) -> bytes:
    return sealing.fingerprint(master, "key", "signed-batches")


def _read(connection: psycopg.Connection, which: str, parameters: Sequence[object]) -> list[RegisteredKey]:
    rows = connection.execute(
        f"""SELECT body, algorithm, public, valid_from, least(valid_until, revoked_at), registered_at, registered_by,
                   revoked_at FROM body_keys WHERE {which}""".encode(),
        parameters,
    )
    return [
        RegisteredKey(PublicKey(body, Algorithm(algorithm), bytes(public), begin, end), body, at, by, revoked)
        for body, algorithm, public, begin, end, at, by, revoked in rows
    ]
