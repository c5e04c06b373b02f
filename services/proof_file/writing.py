"""Making a proof file: line by line, so that a ledger of millions is no question of memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from events.proof.checkpoint import Checkpoint, signed
from events.proof.signing import Signer
from events.proof.tree import Frontier, leaf_hash
from services.proof_file.layout import MANIFEST, Head, Proven, head_line, manifest_line, record_line


def proof_file(head: Head, records: Iterable[Proven], signer: Signer, now: datetime) -> Iterator[bytes]:
    """Yield the lines of a file, each with its line feed."""
    lines = Frontier([], 0, head.hash)
    for line in _lines(head, records):
        lines.append(leaf_hash(line, head.hash))
        yield line + b"\n"
    manifest = Checkpoint(head.origin + MANIFEST, lines.size, lines.root, now.replace(microsecond=0), head.hash)
    yield manifest_line(signed(manifest, signer)) + b"\n"


def _lines(head: Head, records: Iterable[Proven]) -> Iterator[bytes]:
    yield head_line(head)
    for one in records:
        yield record_line(one)
