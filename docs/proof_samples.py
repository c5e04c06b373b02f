"""The sample files of ``docs/samples``: a proof file and a receipt as they should be, and the same tampered with.

All is invented, the key too: its secret stands here, so that whatever it signs proves nothing but how files look.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import orjson

from events.envelope import GENESIS, Record, canonical, digest_of, leaf, link
from events.proof.checkpoint import Checkpoint, signed
from events.proof.signing import Algorithm, Signer, signer
from events.proof.tree import Tree, TreeHash
from services.proof_file.layout import Earlier, Head, Proven, push_receipt, receipt
from services.proof_file.writing import proof_file

FOLDER = Path(__file__).parent / "samples"
ORIGIN, PUSHING = "linkage-1nvented/approval", "linkage-1nvented/supervision"
DEPARTMENT = "11990100MB0000101A"
BEGAN = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
KEY = signer(ORIGIN, Algorithm.ED25519, hashlib.sha256(b"invented").digest(), BEGAN)
PUSH_KEY = signer(PUSHING, Algorithm.ED25519, hashlib.sha256(b"invented push").digest(), BEGAN)
STRANGER = signer(ORIGIN, Algorithm.ED25519, hashlib.sha256(b"somebody else").digest(), BEGAN)


@dataclass(slots=True)
class InventedLedger:
    """A ledger in memory: its records, chained, and the tree over them."""

    records: Sequence[Record]
    hash: TreeHash = TreeHash.SHA256
    source: str = "approval"
    digests: list[bytes] = field(init=False)
    links: list[bytes] = field(init=False)
    _trees: dict[int, Tree] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.digests = [digest_of(record, self.source) for record in self.records]
        self.links, previous = [], GENESIS
        for record, digest in zip(self.records, self.digests, strict=True):
            previous = link(previous, record.position, record.recorded_at, digest)
            self.links.append(previous)

    def tree(self, size: int) -> Tree:
        if size not in self._trees:
            rows = zip(self.records[:size], self.digests, strict=False)
            leaves = [leaf(record.position, record.recorded_at, digest) for record, digest in rows]
            self._trees[size] = Tree.over(leaves, self.hash)
        return self._trees[size]

    def note(self, size: int, key: Signer) -> str:
        at = self.records[size - 1].recorded_at.replace(microsecond=0) + timedelta(minutes=1)
        return signed(Checkpoint(key.key.name, size, self.tree(size).root, at, self.hash), key)

    def head(self, size: int, key: Signer, first: int, last: int, earlier: Sequence[int] = ()) -> Head:
        tree = self.tree(size)
        before = [Earlier(self.note(one, key), tree.consistency(one)) for one in earlier]
        chosen = {"from": first, "to": last}
        return Head(self.source, key.key.name, self.hash, [key.key], self.note(size, key), before, chosen)

    def file(self, size: int, key: Signer, first: int, last: int, earlier: Sequence[int] = ()) -> bytes:
        """Return a proof file of the records ``first`` … ``last`` under the checkpoint of ``size``."""
        tree = self.tree(size)
        chosen = [Proven(self.records[at], self.links[at], tree.inclusion(at)) for at in range(first - 1, last)]
        now = self.records[size - 1].recorded_at + timedelta(hours=1)
        return b"".join(proof_file(self.head(size, key, first, last, earlier), chosen, key, now))

    def receipt(self, size: int, key: Signer, position: int) -> bytes:
        at = position - 1
        head = self.head(size, key, position, position)
        said = receipt(head, position, self.records[at].recorded_at, self.digests[at], self.tree(size).inclusion(at))
        return orjson.dumps(said, option=orjson.OPT_INDENT_2) + b"\n"

    def of_push(self, size: int, key: Signer, *positions: int) -> bytes:
        """Return the file of a push, whose record comes first, and of what a department did about it."""
        tree = self.tree(size)
        chosen = [Proven(self.records[at - 1], b"", tree.inclusion(at - 1)) for at in positions]
        said = push_receipt(self.head(size, key, positions[0], positions[-1]), chosen)
        return orjson.dumps(said, option=orjson.OPT_INDENT_2) + b"\n"


def invented_records(many: int) -> list[Record]:
    """Return records a minute apart, two of each permit, the second with a personal part."""
    found = []
    for at in range(many):
        recorded = BEGAN + timedelta(minutes=at, microseconds=(at * 7919 + 123457) % 1_000_000)
        found.append(
            Record(
                source="approval",
                position=at + 1,
                partition=0,
                stream=UUID(int=at // 2 + 1),
                version=at % 2 + 1,
                type=("permit_granted", "permit_corrected")[at % 2],
                schema=1,
                occurred_at=recorded - timedelta(hours=3, microseconds=1),
                recorded_at=recorded,
                data=canonical({"matter": "食品经营许可", "number": f"样例许〔2026〕{at // 2 + 1}号", "note": "虚构"}),
                personal=b"ciphertext %d" % at if at % 2 else None,
                causation=UUID(int=at + 7) if at % 3 == 0 else None,
            )
        )
    return found


def invented_pushes(many: int) -> list[Record]:
    """Return records of the supervision side: of each permit a push, its reading and its signing, a minute apart."""
    found = []
    for at in range(many):
        about = {"push_version": 1, "department": DEPARTMENT, "officer": "0102"}
        receivers = [{"department": DEPARTMENT, "role": "lead", "push_number": at // 3 + 1}]
        said = about if at % 3 else {"decision": {"note": "虚构"}, "receivers": receivers, "left": []}
        recorded = BEGAN + timedelta(minutes=at, microseconds=at * 7919 + 123457)
        found.append(
            Record(
                source="supervision",
                position=at + 1,
                partition=0,
                stream=UUID(int=at // 3 + 1),
                version=at % 3 + 1,
                type=("push_made", "push_read", "push_signed")[at % 3],
                schema=1,
                occurred_at=recorded,
                recorded_at=recorded,
                data=canonical(said),
            )
        )
    return found


def rewritten(records: Sequence[Record], position: int) -> list[Record]:
    """Return the records with one of them changed, as its owner might wish it had been."""
    changed = list(records)
    changed[position - 1] = replace(changed[position - 1], data=b'{"invented":"otherwise"}')
    return changed


def samples() -> Mapping[str, bytes]:
    ledger = InventedLedger(invented_records(12))
    clean = ledger.file(12, KEY, 3, 9, earlier=(4, 8))
    lines = clean.splitlines(keepends=True)
    forged = InventedLedger(rewritten(ledger.records, 5))
    receipt_ = ledger.receipt(12, KEY, 5)
    pushes = InventedLedger(invented_pushes(9), source="supervision")
    push_receipt_ = pushes.of_push(9, PUSH_KEY, 4, 5, 6)
    other = replace(pushes.records[5], data=pushes.records[5].data.replace(b'"0102"', b'"0103"'))
    forged_pushes = InventedLedger([*pushes.records[:5], other, *pushes.records[6:]], source="supervision")
    digest = ledger.digests[4].hex().encode()
    torn = clean.index(b'"data"', sum(map(len, lines[:4]))) + 12
    middle = clean.index(b'"type":"', len(lines[0]) * 2) + 8
    return {
        "proof.jsonl": clean,
        "proof-one-letter-changed.jsonl": clean[:middle] + b"q" + clean[middle + 1 :],
        "proof-record-left-out.jsonl": b"".join(lines[:4] + lines[5:]),
        "proof-records-swapped.jsonl": b"".join([*lines[:2], lines[3], lines[2], *lines[4:]]),
        "proof-end-cut-off.jsonl": b"".join(lines[:-2]),
        "proof-torn-in-a-record.jsonl": clean[:torn],
        "proof-rewritten-and-signed-by-another-key.jsonl": forged.file(12, STRANGER, 3, 9, earlier=(4, 8)),
        "proof-rewritten-and-signed-by-the-same-key.jsonl": forged.file(12, KEY, 3, 9, earlier=(4, 8)),
        "receipt.json": receipt_,
        "push-receipt.json": push_receipt_,
        "push-receipt-signed-by-another-officer.json": push_receipt_.replace(b'\\"0102\\"', b'\\"0103\\"'),
        "push-receipt-without-its-push.json": pushes.of_push(9, PUSH_KEY, 5, 6),
        "push-receipt-of-another-push.json": pushes.of_push(9, PUSH_KEY, 4, 9),
        "push-receipt-rewritten-by-the-same-key.json": forged_pushes.of_push(9, PUSH_KEY, 4, 5, 6),
        "receipt-of-another-content.json": receipt_.replace(digest, forged.digests[4].hex().encode()),
    }


def readme() -> str:
    ledger = InventedLedger(invented_records(12))
    pushes = InventedLedger(invented_pushes(9), source="supervision")
    return _README.format(
        key=KEY.key.id,
        push_key=PUSH_KEY.key.id,
        root=ledger.tree(8).root.hex()[:16],
        push_root=pushes.tree(9).root.hex()[:16],
        code=ledger.digests[4].hex()[:16],
    )


def files() -> dict[Path, str]:
    """Return the files as they should be."""
    return {FOLDER / name: content.decode() for name, content in samples().items()} | {FOLDER / "README.md": readme()}


_README = """# Sample files

Invented, made by `python -m docs.generated`. Each is checked by one file that needs nothing of the product:

```
python3 deploy/verify_linkage.py docs/samples/proof.jsonl --key {key}
```

| file | what it is | result |
|---|---|---|
| `proof.jsonl` | records 3 to 9 of a ledger of 12, with two earlier checkpoints | 通过 |
| `proof-one-letter-changed.jsonl` | one letter of a record is another | 不通过 |
| `proof-record-left-out.jsonl` | a record is gone | 不通过 |
| `proof-records-swapped.jsonl` | two records have changed places | 不通过 |
| `proof-end-cut-off.jsonl` | the end is gone, from a record on | 不通过: 第 9 号记录缺失 |
| `proof-torn-in-a-record.jsonl` | the end is gone, from the middle of a record on | 不通过: 第 6 号记录不完整 |
| `proof-rewritten-and-signed-by-another-key.jsonl` | rewritten, signed by another key | 不通过; without `--key` 3 |
| `proof-rewritten-and-signed-by-the-same-key.jsonl` | the same by the same key | 通过; with `--root 8:{root}` 不通过 |
| `receipt.json` | a receipt of record 5, without its content | 通过, with `--code {code}` too |
| `receipt-of-another-content.json` | the same with another record's digest | 不通过 |
| `push-receipt.json` | a push, its reading and its signing (签收), with content; key `{push_key}` | 通过 |
| `push-receipt-signed-by-another-officer.json` | the officer of the signature is another | 不通过 |
| `push-receipt-without-its-push.json` | the steps without what they answer | 不通过 |
| `push-receipt-of-another-push.json` | a push, and the signature of another one | 不通过 |
| `push-receipt-rewritten-by-the-same-key.json` | the same, rewritten | 通过; with `--root 9:{push_root}` 不通过 |

Without `--key` a file can only be said to agree with itself: exit code 3. The file signed by the same key is why
checkpoints are kept by others: against the owner of the key only what left the house before helps, here `--root`.
"""
