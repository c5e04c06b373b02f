"""The proof of a push and of what a department did about it: content, place in the tree, and the checkpoint over it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg

from events import store
from events.envelope import Record, digest_of
from events.proof.checkpoint import read_note
from events.proof.spoken import in_base64
from services.checkpoints.ledger_tree import LedgerTree
from services.checkpoints.own import first_covering, newest_signed
from services.checkpoints.signing_keys import signing_keys
from services.proof_file.layout import Head, Proven, push_receipt
from services.supervision.sheets import SOURCE, steps_of


@dataclass(frozen=True, slots=True)
class ReceiptProof:
    """``records``: the push, then each step, as far as they are under the checkpoint of ``head``. ``waits``: versions
    of those that no checkpoint covers yet, for a minute at most."""

    head: Head
    records: Sequence[Proven]
    waits: Sequence[int]

    def as_file(self) -> dict[str, Any]:
        """Return the file that ``deploy/verify_linkage.py`` checks by itself."""
        return push_receipt(self.head, self.records)

    def as_shown(self) -> dict[str, Any]:
        """Return the proof without the content, as it stands beside a case and on paper. ``index``: of the leaf, from 0
        on; ``path``: hashes in base64, from the leaf to the root (RFC 9162, 2.1.3)."""
        checkpoint = read_note(self.head.checkpoint)[0]
        return {
            "checkpoint": {
                "origin": checkpoint.origin,
                "size": checkpoint.size,
                "root": checkpoint.root.hex(),
                "at": checkpoint.at,
            },
            "records": [
                {
                    "type": one.record.type,
                    "version": one.record.version,
                    "digest": digest_of(one.record, SOURCE).hex(),
                    "index": one.record.position - 1,
                    "path": in_base64(list(one.proof)),
                }
                for one in self.records
            ],
            "waits": list(self.waits),
        }


def receipt_proof(connection: psycopg.Connection, permit: UUID, push: int, department: str) -> ReceiptProof | None:
    """Return the proof of a push and its steps in one department; None while no checkpoint covers the push.

    All are proven under the first checkpoint that covers the last of them: the one that the sheet names.
    """
    return receipt_proofs(connection, permit, [(push, department)])[0]


def receipt_proofs(
    connection: psycopg.Connection, permit: UUID, pushes: Sequence[tuple[int, str]]
) -> Sequence[ReceiptProof | None]:
    """Return the proofs of several pushes (version, department) of one permit, whose stream is read once."""
    newest = newest_signed(connection)
    if newest is None:
        return [None] * len(pushes)
    records = store.load_streams(connection, SOURCE, [permit])[permit]
    tree = LedgerTree(connection)
    return [_proof(connection, tree, steps_of(records, push, department), newest.size) for push, department in pushes]


def _proof(
    connection: psycopg.Connection, tree: LedgerTree, records: Sequence[Record], signed: int
) -> ReceiptProof | None:
    covered = [one for one in records if 0 < one.position <= signed]
    if not covered or covered[0] is not records[0]:
        return None
    checkpoint = first_covering(connection, max(one.position for one in covered))
    assert checkpoint is not None, "the newest covers them"
    head = Head(SOURCE, tree.origin, tree.hash, signing_keys(connection), checkpoint.note, (), {})
    proven = [Proven(one, b"", tree.inclusion(one.position, checkpoint.size)) for one in covered]
    return ReceiptProof(head, proven, [one.version for one in records if one not in covered])
