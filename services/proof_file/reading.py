"""Checking a proof file or a receipt with the product's own means. ``deploy/verify_linkage.py`` does the same without
the product; a test holds the two against one another."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from events.envelope import GENESIS, event_id
from events.proof.canonical_json import canonical_json
from events.proof.checkpoint import Checkpoint, NoCheckpoint, check_note
from events.proof.signing import KeyRing, PublicKey, SignatureWrong
from events.proof.spoken import SpokenKey, of_base64
from events.proof.tree import Frontier, TreeHash, consistent, included, leaf_hash
from services.proof_file.layout import MANIFEST, PROOF_FORMAT, PUSH_RECEIPT_FORMAT, RECEIPT_FORMAT, manifest_line
from services.proof_file.torn import MANIFEST as LAST_LINE
from services.proof_file.torn import Torn, torn

PUSHES = ("push_made", "push_moved")
STEPS = ("push_read", "push_signed", "push_returned", "push_handled", "push_closed")


class NotProven(Exception):
    """The file does not hold; says where, and repeats nothing of it. ``torn``: where it was cut off, if it was."""

    def __init__(self, said: str, torn: Torn | None = None) -> None:
        super().__init__(said)
        self.torn = torn


@dataclass(frozen=True, slots=True)
class Checked:
    """``checkpoints``: the roots that the file proves, by size. ``signers``: ids of the keys that signed it.
    ``stamps``: answers of time-stamp authorities with the notes that they are over, which are of this ledger; whether
    to believe them is not asked here."""

    records: int
    checkpoint: Checkpoint
    checkpoints: Mapping[int, bytes]
    signers: Sequence[str]
    stamps: Sequence[tuple[str, bytes]] = ()


def check_file(content: bytes, trusted: Collection[str] = ()) -> Checked:
    """Return what a proof file or receipt proves, or raise ``NotProven``. ``trusted``: ids of the keys that count;
    without any, every key that the file itself brings."""
    try:
        receipt = _as_receipt(content)
        if receipt is not None:
            of_push = receipt["format"] == PUSH_RECEIPT_FORMAT
            return _check_push_receipt(receipt, trusted) if of_push else _check_receipt(receipt, trusted)
        lines = content.split(b"\n")
        if len(lines) < 3 or lines[-1] or not lines[-2].startswith(LAST_LINE):
            cut = torn(content)
            raise NotProven(cut.words if cut else "the file is not whole", cut)
        return _check_proof(lines[:-1], trusted)
    except (SignatureWrong, NoCheckpoint) as wrong:
        raise NotProven(f"a signature does not hold: {wrong}") from None
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as wrong:
        raise NotProven(f"changed, or no proof file: {type(wrong).__name__}") from None


def _as_receipt(content: bytes) -> dict[str, Any] | None:
    try:
        said = orjson.loads(content)
    except orjson.JSONDecodeError:
        return None
    return said if said["format"] in (RECEIPT_FORMAT, PUSH_RECEIPT_FORMAT) else None


def _check_proof(lines: Sequence[bytes], trusted: Collection[str]) -> Checked:
    head = orjson.loads(lines[0])
    _need(head["format"] == PROOF_FORMAT, "no proof file, or of a later release")
    every, counting = _keys(head, trusted)
    hashed = TreeHash(head["hash"])
    note = orjson.loads(lines[-1])["manifest"]
    _need(manifest_line(note) == lines[-1], "the last line was changed")
    manifest, signers = check_note(note, counting)
    _need((manifest.origin, manifest.hash) == (head["origin"] + MANIFEST, hashed), "the manifest is of something else")
    _need(manifest.size == len(lines) - 1, "lines are missing or too many")
    read = Frontier([], 0, hashed)
    for line in lines[:-1]:
        read.append(leaf_hash(line, hashed))
    _need(read.root == manifest.root, "a line was changed or moved")
    checkpoint = _checkpoint(head, head["checkpoint"], counting)
    known = {checkpoint.size: checkpoint.root}
    for one in head["earlier"]:
        before = _checkpoint(head, one["note"], every)
        proof = of_base64(one["proof"])
        held = consistent(before.size, before.root, checkpoint.size, checkpoint.root, proof, hashed)
        _need(held, f"the checkpoint of {before.size} does not lead to the newest")
        known[before.size] = before.root
    stamps = []
    for one in head.get("stamps", ()):
        before = _checkpoint(head, one["note"], every)
        proof = of_base64(one["proof"])
        held = consistent(before.size, before.root, checkpoint.size, checkpoint.root, proof, hashed)
        _need(held, f"the stamped checkpoint of {before.size} does not lead to the newest")
        stamps.append((one["note"], of_base64([one["answer"]])[0]))
    records = [orjson.loads(line) for line in lines[1:-1]]
    _check_chosen(head["chosen"], records, checkpoint.size)
    _check_records(head["source"], records, checkpoint)
    return Checked(len(records), checkpoint, known, [key.id for key in signers], stamps)


def _check_records(source: str, records: Sequence[dict[str, Any]], checkpoint: Checkpoint) -> None:
    before, previous = 0, GENESIS
    for said in records:
        number, row = said["position"], _proven_row(source, said, checkpoint)
        if before == number - 1:
            linked = hashlib.sha256(previous + row).hexdigest()
            _need(linked == said["link"], f"record {number} does not follow from the one before")
        before, previous = number, bytes.fromhex(said["link"])


def _proven_row(source: str, said: dict[str, Any], checkpoint: Checkpoint) -> bytes:
    """Return the row of a record that is under the checkpoint with this very content."""
    number = said["position"]
    _need(said["id"] == str(event_id(source, UUID(said["stream"]), said["version"])), f"{number} has another id")
    row = _row(number, said["recorded_at"], _digest(source, said))
    _need(_is_under(checkpoint, row, number, said["proof"]), f"record {number} is not under the checkpoint")
    return row


def _is_under(checkpoint: Checkpoint, row: bytes, number: int, proof: list[str]) -> bool:
    leaf = leaf_hash(row, checkpoint.hash)
    return included(leaf, number - 1, checkpoint.size, of_base64(proof), checkpoint.root, checkpoint.hash)


def _check_chosen(chosen: dict[str, Any], records: Sequence[dict[str, Any]], size: int) -> None:
    positions = [said["position"] for said in records]
    _need(positions == sorted(set(positions)), "records are out of order")
    if "from" in chosen:
        # Counted first: a file may say that it has any number of them.
        _need(chosen["to"] - chosen["from"] + 1 == len(positions), "numbers are missing")
        _need(positions == list(range(chosen["from"], chosen["to"] + 1)), "numbers are missing")
    else:
        versions: dict[str, list[int]] = {stream: [] for stream in chosen["streams"]}
        for said in records:
            versions[said["stream"]].append(said["version"])
        whole = all(one and one == list(range(1, len(one) + 1)) for one in versions.values())
        _need(whole, "a stream lacks records")
    _need(not positions or positions[-1] <= size, "a record is beyond the checkpoint")


def _check_receipt(said: dict[str, Any], trusted: Collection[str]) -> Checked:
    _, counting = _keys(said, trusted)
    checkpoint = _checkpoint(said, said["checkpoint"], counting)
    one = said["record"]
    row = _row(one["position"], one["recorded_at"], bytes.fromhex(one["digest"]))
    _need(_is_under(checkpoint, row, one["position"], said["proof"]), "the record is not under the checkpoint")
    signers = check_note(said["checkpoint"], counting)[1]
    return Checked(1, checkpoint, {checkpoint.size: checkpoint.root}, [key.id for key in signers])


def _check_push_receipt(said: dict[str, Any], trusted: Collection[str]) -> Checked:
    _, counting = _keys(said, trusted)
    checkpoint = _checkpoint(said, said["checkpoint"], counting)
    push, *steps = said["records"]
    for one in said["records"]:
        _proven_row(said["source"], one, checkpoint)
    _need(push["type"] in PUSHES, "the first record is no push")
    receivers = {one["department"] for one in orjson.loads(push["data"])["receivers"]}
    given = [orjson.loads(one["data"]) for one in steps]
    _need(all(one["type"] in STEPS for one in steps), "a record is no step of a push")
    whole = all(one["stream"] == push["stream"] for one in steps) and all(
        one["push_version"] == push["version"] for one in given
    )
    _need(whole, "a step is about another push")
    _need(len({one["department"] for one in given} - receivers) == 0, "a step is of a department that was not told")
    _need(len({one["department"] for one in given}) <= 1, "steps are of several departments")
    versions = [one["version"] for one in said["records"]]
    _need(versions == sorted(set(versions)), "records are out of order")
    signers = check_note(said["checkpoint"], counting)[1]
    return Checked(len(versions), checkpoint, {checkpoint.size: checkpoint.root}, [key.id for key in signers])


def _checkpoint(head: dict[str, Any], note: str, keys: KeyRing) -> Checkpoint:
    found, _ = check_note(note, keys)
    _need((found.origin, found.hash.value) == (head["origin"], head["hash"]), "a checkpoint is of another ledger")
    return found


def _keys(head: dict[str, Any], trusted: Collection[str]) -> tuple[KeyRing, KeyRing]:
    """Return every key of the file, and those that count."""
    every: list[PublicKey] = [SpokenKey.model_validate(one).key() for one in head["keys"]]
    _need(all(key.name == head["origin"] for key in every), "a key is of another ledger")
    counting = [key for key in every if not trusted or key.id in trusted]
    _need(bool(counting), "none of the keys is one that counts here")
    return KeyRing(every), KeyRing(counting)


def _digest(source: str, said: dict[str, Any]) -> bytes:
    """Compute what ``events.envelope.digest_of`` covers from the numbers as they stand in the file: a time that became
    a datetime and a number again may differ by a microsecond."""
    names = ("causation", "correlation", "id", "occurred_at", "personal", "schema", "stream", "type", "version")
    covered = {name: said[name] for name in names}
    covered |= {"source": source, "data": hashlib.sha256(said["data"].encode()).hexdigest()}
    return hashlib.sha256(canonical_json(covered)).digest()


def _row(position: int, recorded_at: int, digest: bytes) -> bytes:
    """Return what ``events.envelope.leaf`` does."""
    return position.to_bytes(8, "big") + recorded_at.to_bytes(8, "big") + digest


def _need(holds: bool, otherwise: str) -> None:
    if not holds:
        raise NotProven(otherwise)
