"""The personal part of an event: encrypted for each subject before it reaches the outbox.

Every party has a key of its own (AES-256-GCM), itself wrapped by the site's master key. Destroying a party's key
erases its personal facts in ledger, log, lists and backups alike, and no link of the chain breaks.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from events.envelope import canonical

NONCE = 12


class Unreadable(Exception):
    """The key does not fit, was destroyed, or the ciphertext was changed."""


def new_key() -> bytes:
    """Return a fresh 256-bit key."""
    return os.urandom(32)


def seal(key: bytes, subject: UUID, personal: Mapping[str, Any]) -> bytes:
    """Encrypt ``personal`` for ``subject``: a nonce of 12 bytes, then ciphertext and tag."""
    nonce = os.urandom(NONCE)
    return nonce + AESGCM(key).encrypt(nonce, canonical(dict(personal)), subject.bytes)


def unseal(key: bytes, subject: UUID, box: bytes) -> dict[str, Any]:
    """Return what ``seal`` was given, or raise ``Unreadable``."""
    try:
        opened: dict[str, Any] = orjson.loads(AESGCM(key).decrypt(box[:NONCE], box[NONCE:], subject.bytes))
    except (InvalidTag, ValueError):  # ValueError: not even as long as a nonce, or a key that is none
        raise Unreadable(str(subject)) from None
    return opened


def wrap(master: bytes, subject: UUID, key: bytes) -> bytes:
    """Encrypt a subject's key under the master key."""
    nonce = os.urandom(NONCE)
    return nonce + AESGCM(master).encrypt(nonce, key, b"key" + subject.bytes)


def unwrap(master: bytes, subject: UUID, wrapped: bytes) -> bytes:
    """Return the key that ``wrap`` was given, or raise ``Unreadable``."""
    try:
        return AESGCM(master).decrypt(wrapped[:NONCE], wrapped[NONCE:], b"key" + subject.bytes)
    except (InvalidTag, ValueError):  # ValueError: not even as long as a nonce, or a key that is none
        raise Unreadable(str(subject)) from None


def mark(key: bytes, personal: Mapping[str, Any]) -> str:
    """Return a keyed mark of ``personal``: equal marks tell that nothing personal changed, and tell no more."""
    return hmac.digest(key, canonical(dict(personal)), "sha256").hex()[:24]


def fingerprint(master: bytes, purpose: str, text: str) -> bytes:
    """Return the keyed HMAC by which an identifier is found without being stored."""
    return hmac.digest(master, f"{purpose}:{text}".encode(), "sha256")


def mask_name(name: str, *, business: bool = False) -> str:
    """Mask a natural person's name (张*, 欧阳**) or a 个体工商户's (海****店)."""
    if business:
        return f"{name[:1]}****{name[-1:]}" if len(name) > 2 else "****"
    compound = name[:2] in COMPOUND_SURNAMES and len(name) > 2
    shown = 2 if compound else 1
    return name[:shown] + "*" * max(1, len(name) - shown)


COMPOUND_SURNAMES = frozenset(
    ("欧阳", "上官", "司马", "诸葛", "司徒", "东方", "夏侯", "皇甫", "尉迟", "公孙", "慕容", "令狐", "宇文", "长孙")
)
