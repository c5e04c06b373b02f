"""The lines of a proof file (``linkage-proof/1``), each canonical JSON (RFC 8785) with a line feed, in UTF-8.

First the head: whose ledger, keys, the checkpoint, earlier ones with consistency proofs, what was chosen. Then a line
for each record, in the order of the ledger. Last the manifest: a note like a checkpoint's, whose size is the number of
the lines before it and whose root is that of the tree over them (a leaf is a line without its line feed). So nothing of
a file can be changed, left out, put in or cut off by somebody who has not the key.

A receipt (``linkage-receipt/1``) is one JSON object: one record by its digest alone, for whoever may not read it. That
of a push (``linkage-receipt/2``) bears the push and what one department did about it, with their content.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from events.envelope import Record
from events.proof.canonical_json import canonical_json
from events.proof.signing import PublicKey
from events.proof.spoken import in_base64, spoken_key
from events.proof.tree import TreeHash

PROOF_FORMAT, RECEIPT_FORMAT, PUSH_RECEIPT_FORMAT = "linkage-proof/1", "linkage-receipt/1", "linkage-receipt/2"
MANIFEST = "/export"
"""What the manifest's origin has after the ledger's: a note over a file is none over a ledger."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """A checkpoint that was signed before, and the proof that the file's checkpoint is the same ledger, grown."""

    note: str
    proof: Sequence[bytes]


@dataclass(frozen=True, slots=True)
class Stamped:
    """A checkpoint that an authority has stamped (``answer``: TimeStampResp of RFC 3161), and the proof that the file's
    checkpoint is the same ledger, grown."""

    note: str
    answer: bytes
    proof: Sequence[bytes]


@dataclass(frozen=True, slots=True)
class Head:
    """``chosen``: ``{"from": 1, "to": 9}`` for every record between two numbers, ``{"streams": [...]}`` for every one
    of these streams up to the checkpoint."""

    source: str
    origin: str
    hash: TreeHash
    keys: Sequence[PublicKey]
    checkpoint: str
    earlier: Sequence[Earlier]
    chosen: Mapping[str, Any]
    stamps: Sequence[Stamped] = ()


@dataclass(frozen=True, slots=True)
class Proven:
    """A record, the link of its row in the hash chain, and the proof that it is under the file's checkpoint."""

    record: Record
    link: bytes
    proof: Sequence[bytes]


def head_line(head: Head) -> bytes:
    # A file without stamps is written as it was before there were any.
    stamps = [
        {"note": one.note, "answer": base64.b64encode(one.answer).decode(), "proof": in_base64(list(one.proof))}
        for one in head.stamps
    ]
    return canonical_json(
        ({"stamps": stamps} if stamps else {})
        | {
            "format": PROOF_FORMAT,
            "source": head.source,
            "origin": head.origin,
            "hash": head.hash.value,
            "keys": [spoken_key(key).model_dump(mode="json") for key in head.keys],
            "checkpoint": head.checkpoint,
            "earlier": [{"note": one.note, "proof": in_base64(list(one.proof))} for one in head.earlier],
            "chosen": dict(head.chosen),
        }
    )


def record_line(one: Proven) -> bytes:
    """Return the line of a record: what its digest covers, with its data as they were recorded, letter by letter, and
    of its personal part the digest of the ciphertext."""
    return canonical_json(_record(one) | {"link": one.link.hex()})


def _record(one: Proven) -> dict[str, Any]:
    record = one.record
    return {
        "position": record.position,
        "recorded_at": microseconds(record.recorded_at),
        "id": str(record.id),
        "stream": str(record.stream),
        "version": record.version,
        "type": record.type,
        "schema": record.schema,
        "occurred_at": microseconds(record.occurred_at),
        "data": record.data.decode(),
        "personal": hashlib.sha256(record.personal).hexdigest() if record.personal else None,
        "causation": str(record.causation) if record.causation else None,
        "correlation": str(record.correlation) if record.correlation else None,
        "proof": in_base64(list(one.proof)),
    }


def manifest_line(note: str) -> bytes:
    return canonical_json({"manifest": note})


def receipt(head: Head, position: int, recorded_at: datetime, digest: bytes, proof: Sequence[bytes]) -> dict[str, Any]:
    """Return what proves one record to whoever holds its digest, or the code of a printed sheet that begins it."""
    return _receipt(RECEIPT_FORMAT, head) | {
        "record": {"position": position, "recorded_at": microseconds(recorded_at), "digest": digest.hex()},
        "proof": in_base64(list(proof)),
    }


def push_receipt(head: Head, records: Sequence[Proven]) -> dict[str, Any]:
    """Return what proves a push, the first of ``records``, and the steps of one department about it."""
    return _receipt(PUSH_RECEIPT_FORMAT, head) | {"records": [_record(one) for one in records]}


def _receipt(named: str, head: Head) -> dict[str, Any]:
    return {
        "format": named,
        "source": head.source,
        "origin": head.origin,
        "hash": head.hash.value,
        "keys": [spoken_key(key).model_dump(mode="json") for key in head.keys],
        "checkpoint": head.checkpoint,
    }


def microseconds(at: datetime) -> int:
    """Return a time as digest and chain cover it: microseconds since 1970."""
    return int(at.timestamp() * 1_000_000)
