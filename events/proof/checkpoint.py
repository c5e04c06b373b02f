"""A signed head of a ledger's tree, as a note that a person can read and any C2SP implementation can check.

The text is C2SP ``tlog-checkpoint``: origin, size and root on a line each, then two lines of our own, hash and time;
the signatures follow as C2SP ``signed-note`` writes them. Whoever keeps a note can prove later what it was a head of.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from events.proof.signing import KeyRing, PublicKey, SignatureWrong, Signer
from events.proof.tree import TreeHash

LONGEST_NOTE = 4096
_TEXT = re.compile(
    r"(?P<origin>[!-~]{1,200})\n(?P<size>0|[1-9]\d{0,17})\n(?P<root>[A-Za-z0-9+/]{43}=)\n"
    r"hash (?P<hash>sha256|sm3)\ntime (?P<at>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)\n"
)
_SIGNATURE = re.compile(r"— (?P<name>[!-~]{1,200}) (?P<signed>[A-Za-z0-9+/]{8,400}={0,2})\n")
_KEY_HASH = 4


class NoCheckpoint(ValueError):
    """The text is no checkpoint. Never repeats it."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The tree of ``origin`` had ``size`` leaves and ``root`` at ``at`` (whole seconds, with a zone)."""

    origin: str
    size: int
    root: bytes
    at: datetime
    hash: TreeHash = TreeHash.SHA256

    @property
    def text(self) -> str:
        """What is signed."""
        moment = self.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        root = base64.b64encode(self.root).decode()
        return f"{self.origin}\n{self.size}\n{root}\nhash {self.hash}\ntime {moment}\n"


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """``key_hash``: the first eight hexadecimal digits of the key's id."""

    name: str
    key_hash: str
    signature: bytes


def signed(checkpoint: Checkpoint, *signers: Signer) -> str:
    """Return the note: the checkpoint's text, an empty line, and a line for each signer."""
    text = checkpoint.text
    return text + "\n" + "".join(_signature_line(one.key, one.sign(text.encode())) for one in signers)


def read_note(note: str) -> tuple[Checkpoint, Sequence[NoteSignature]]:
    """Return what a note says and who says so, unchecked; or raise ``NoCheckpoint``.

    A note has one way to be written: what would not be written the same again is refused.
    """
    if len(note) > LONGEST_NOTE:
        raise NoCheckpoint("too long")
    text, gap, lines = note.partition("\n\n")
    found = _TEXT.fullmatch(text + "\n")
    if not found or not gap:
        raise NoCheckpoint("not the lines of a checkpoint")
    try:
        at = datetime.strptime(found["at"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        checkpoint = Checkpoint(
            found["origin"], int(found["size"]), base64.b64decode(found["root"]), at, TreeHash(found["hash"])
        )
        signatures = [_read_signature(line) for line in lines.splitlines(keepends=True)]
    except ValueError:
        raise NoCheckpoint("not the values of a checkpoint") from None
    if checkpoint.text != text + "\n" or not signatures:
        raise NoCheckpoint("written otherwise, or signed by nobody")
    return checkpoint, signatures


def check_note(note: str, keys: KeyRing) -> tuple[Checkpoint, Sequence[PublicKey]]:
    """Return what a note says and which of ``keys`` signed it, one at least; or raise ``NoCheckpoint`` or
    ``SignatureWrong``. A signature of a key that is unknown here is passed over, a wrong one of a known key is not."""
    checkpoint, signatures = read_note(note)
    found = []
    for one in signatures:
        for key_id, key in keys.keys.items():
            if key.name == one.name and key_id.startswith(one.key_hash):
                found.append(keys.check(key_id, checkpoint.text.encode(), one.signature, checkpoint.at))
    if not found:
        raise SignatureWrong("unknown_key", signatures[0].key_hash)
    return checkpoint, found


def _signature_line(key: PublicKey, signature: bytes) -> str:
    return f"— {key.name} {base64.b64encode(bytes.fromhex(key.id)[:_KEY_HASH] + signature).decode()}\n"


def _read_signature(line: str) -> NoteSignature:
    found = _SIGNATURE.fullmatch(line)
    if not found:
        raise NoCheckpoint("not the line of a signature")
    try:
        signed_bytes = base64.b64decode(found["signed"], validate=True)
    except binascii.Error:
        raise NoCheckpoint("not the line of a signature") from None
    if base64.b64encode(signed_bytes).decode() != found["signed"] or len(signed_bytes) <= _KEY_HASH:
        raise NoCheckpoint("not the line of a signature")
    return NoteSignature(found["name"], signed_bytes[:_KEY_HASH].hex(), signed_bytes[_KEY_HASH:])
