"""Did the body itself hand this in? A batch is signed by its body, and checked once, on entry. Pure.

What is signed is the root of the Merkle tree (RFC 6962) over the items as RFC 8785 writes them, in the order in which
they were handed in, with the body and the count: a signature of one body or of one batch fits no other. One signature
covers a thousand decisions, and each of them can be shown to be one of these without the others.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from events.envelope import canonical
from events.proof.canonical_json import NotCanonical, canonical_json
from events.proof.signing import KeyRing, PublicKey, SignatureWrong, Signer
from events.proof.tree import Tree
from services.refusing import Refused, Rule

HEADER = "Linkage-Signature"
_WRITTEN = re.compile(r"key=([0-9a-f]{16}),sig=([A-Za-z0-9+/=]{1,200})")

MALFORMED = Rule(
    "signature_malformed", "签名的写法不对, 本次没有受理任何内容。", "请写作 key=16 位密钥编号,sig=Base64 签名。"
)
NO_CANONICAL_FORM = Rule(
    "signature_no_canonical_form",
    "签名的内容无法化为规范 JSON (RFC 8785), 本次没有受理任何内容。",
    "请检查数字和文字编码。",
)
SIGNATURE_WRONG = Rule(
    "signature_wrong",
    "签名与内容不符, 本次没有受理任何内容。",
    "请核对签名是否覆盖全部条目及其次序; 内容可能在途中被改动, 请通知本单位的系统管理员。",
)
KEY_NOT_KNOWN = Rule(
    "signing_key_unknown", "没有登记这个签名密钥, 本次没有受理任何内容。", "请先登记公钥, 或核对密钥编号。"
)
KEY_NOT_VALID = Rule(
    "signing_key_not_valid", "签名密钥不在有效期内或已撤销, 本次没有受理任何内容。", "请改用有效的签名密钥。"
)
SIGNED_BY_ANOTHER = Rule(
    "signed_by_another_body",
    "签名密钥不属于决定中的许可机关, 本次没有受理任何内容。",
    "请由许可机关以自己的密钥签名; 不同许可机关的决定请分开报送。",
)
SIGNATURE_NEEDED = Rule(
    "signature_needed", "该许可机关的报送须有其签名, 本次没有受理任何内容。", "请由许可机关的系统签名后重新报送。"
)
_EXACT = 2**53
SIGNATURE_RULES = (
    MALFORMED, NO_CANONICAL_FORM, SIGNATURE_WRONG, KEY_NOT_KNOWN, KEY_NOT_VALID, SIGNED_BY_ANOTHER, SIGNATURE_NEEDED,
)  # fmt: skip
_OF_REASON = {
    "unknown_key": KEY_NOT_KNOWN,
    "not_valid_then": KEY_NOT_VALID,
    "wrong_signature": SIGNATURE_WRONG,
}


class Demand(StrEnum):
    """Of whom a signature is demanded: of nobody, of each body that has registered a key, of everybody. One that is
    there is checked in any case."""

    NOBODY = "nobody"
    REGISTERED = "registered"
    EVERYBODY = "everybody"


@dataclass(frozen=True, slots=True)
class SignedBatch:
    """A batch whose signature holds. ``leaves``: the hash of each item."""

    body: str
    key: PublicKey
    root: bytes
    signature: bytes
    leaves: Sequence[bytes]
    at: datetime
    id: UUID = field(default_factory=uuid4)


@dataclass(frozen=True, slots=True)
class SignedItem:
    """One item of a signed batch."""

    batch: SignedBatch
    index: int


@dataclass(frozen=True, slots=True)
class BodyKeys:
    """The keys of the bodies at hand. ``owners``: whose each key is, by its id; ``signing``: bodies that have a key
    now."""

    ring: KeyRing
    owners: Mapping[str, str]
    signing: Collection[str]


def tree_of(items: Sequence[Any]) -> Tree:
    """Return the tree over what parsed JSON states; ``NotCanonical`` when an item has no canonical text."""
    return Tree.over(_text(item) for item in items)


def _text(item: Any) -> bytes:
    """Return the RFC 8785 text of an item: of what has nothing but the plain, ten times as quickly."""
    try:
        if _plain(item):
            return canonical(item)
    except (TypeError, RecursionError):
        pass  # half a surrogate pair, or too deep: the other one says so in its own way
    return canonical_json(item)


def _plain(said: Any) -> bool:
    """Tell whether ``events.envelope.canonical`` writes the same text: no fractions, no number beyond 2**53, names of
    ASCII."""
    if said is None or isinstance(said, str | bool):
        return True
    if isinstance(said, int):
        return -_EXACT < said < _EXACT
    if isinstance(said, dict):
        return all(name.isascii() and _plain(value) for name, value in said.items())
    return isinstance(said, list) and all(map(_plain, said))


def message(body: str, size: int, root: bytes) -> bytes:
    """Return what a body signs: purpose, body, count and root, a line each."""
    return f"linkage-batch/1\n{body}\n{size}\n{root.hex()}\n".encode()


def sign(signer: Signer, body: str, items: Sequence[Any]) -> str:
    """Return the header of a batch, as the system of a body makes it."""
    tree = tree_of(items)
    signature = signer.sign(message(body, tree.size, tree.root))
    return f"key={signer.key.id},sig={base64.b64encode(signature).decode()}"


def key_named(header: str) -> str:
    """Return the id of the key that a header names; ``Refused`` when it is no signature."""
    return _read(header)[0]


def check(header: str, items: Sequence[Any], keys: BodyKeys, now: datetime) -> SignedBatch:
    """Return the batch of ``items`` that ``header`` signs, or raise ``Refused``; then nothing of it is to be kept."""
    key_id, signature = _read(header)
    owner = keys.owners.get(key_id)
    if owner is None:
        raise Refused(KEY_NOT_KNOWN)
    try:
        tree = tree_of(items)
    except NotCanonical:
        raise Refused(NO_CANONICAL_FORM) from None
    try:
        key = keys.ring.check(key_id, message(owner, tree.size, tree.root), signature, now)
    except SignatureWrong as wrong:
        raise Refused(_OF_REASON[wrong.reason]) from None
    return SignedBatch(owner, key, tree.root, signature, tree.levels[0], now)


def fits(batch: SignedBatch | None, bodies: Collection[str], signing: Collection[str], demand: Demand) -> None:
    """Raise ``Refused`` when decisions of ``bodies`` are not signed by the body itself, or not at all where that is
    demanded. ``signing``: those of them that have a key now."""
    if batch is not None:
        if any(body != batch.body for body in bodies):
            raise Refused(SIGNED_BY_ANOTHER, field="deciding_body")
    elif demand is Demand.EVERYBODY or (demand is Demand.REGISTERED and any(one in signing for one in bodies)):
        raise Refused(SIGNATURE_NEEDED)


def _read(header: str) -> tuple[str, bytes]:
    found = _WRITTEN.fullmatch(header.strip())
    try:
        if found:
            return found[1], base64.b64decode(found[2], validate=True)
    except binascii.Error:
        pass
    raise Refused(MALFORMED)
