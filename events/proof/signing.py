"""Who signed this, and could that key sign then? Keys with ids and validity, and signers behind one interface.

A signer may hold its key in a file, in an HSM or in a 签名验签服务器: whoever signs needs ``key`` and ``sign`` of it,
no more. Ed25519 is RFC 8032 (``cryptography``); SM2 with SM3 is GB/T 32918 (``events.proof.sm2``, extra
``linkage[gm]``).
"""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from events.proof import sm2


class Algorithm(StrEnum):
    """ED25519: 32 bytes of public key, 64 of signature. SM2: x and y of the point, 64 bytes; signature in DER."""

    ED25519 = "ed25519"
    SM2 = "sm2"


_TYPE_IN_NOTES = {Algorithm.ED25519: b"\x01", Algorithm.SM2: b"\xfflinkage/sm2-with-sm3"}
_PUBLIC_LENGTH = {Algorithm.ED25519: 32, Algorithm.SM2: 64}
_DER_BEFORE = {
    Algorithm.ED25519: bytes.fromhex("302a300506032b6570032100"),
    Algorithm.SM2: bytes.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d03420004"),
}
_ED25519_SECRET = 32


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key that signatures are checked with. ``name``: whose it is, without white space or ``+`` (C2SP signed-note).

    ``valid_from`` … ``valid_until`` (with a zone, the end excluded, None: until it is replaced): when it may sign.
    """

    name: str
    algorithm: Algorithm
    public: bytes = field(repr=False)
    valid_from: datetime
    valid_until: datetime | None = None

    def __post_init__(self) -> None:
        if len(self.public) != _PUBLIC_LENGTH[self.algorithm]:
            raise ValueError(f"no public key of {self.algorithm}")
        if not self.name or any(letter.isspace() or letter == "+" for letter in self.name):
            raise ValueError("a key's name has no white space and no +")

    @property
    def typed(self) -> bytes:
        """The key with its type before it, as C2SP signed-note writes it."""
        return _TYPE_IN_NOTES[self.algorithm] + self.public

    @property
    def id(self) -> str:
        """16 hexadecimal digits. The first eight are the key id of C2SP signed-note: SHA-256 of name, line feed, type
        and key."""
        return hashlib.sha256(self.name.encode() + b"\n" + self.typed).hexdigest()[:16]

    @property
    def pem(self) -> bytes:
        """The key as ``openssl`` reads it: SubjectPublicKeyInfo (RFC 8410, GB/T 35276) in PEM."""
        der = _DER_BEFORE[self.algorithm] + self.public
        return b"-----BEGIN PUBLIC KEY-----\n" + base64.encodebytes(der) + b"-----END PUBLIC KEY-----\n"

    def valid_at(self, at: datetime) -> bool:
        return self.valid_from <= at and (self.valid_until is None or at < self.valid_until)

    def verifies(self, message: bytes, signature: bytes) -> bool:
        """Tell whether this key made ``signature``, whenever that was. Raises ``sm2.Missing`` without the extra."""
        if self.algorithm is Algorithm.SM2:
            return sm2.verifies(self.public, message, signature)
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except InvalidSignature:
            return False
        return True


class Signer(Protocol):
    """What signs. Its private key is nobody's business but its own."""

    @property
    def key(self) -> PublicKey: ...

    def sign(self, message: bytes) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Ed25519Signer:
    key: PublicKey
    _private: Ed25519PrivateKey = field(repr=False)

    def sign(self, message: bytes) -> bytes:
        return self._private.sign(message)


@dataclass(frozen=True, slots=True)
class Sm2Signer:
    key: PublicKey
    _private: bytes = field(repr=False)

    def sign(self, message: bytes) -> bytes:
        return sm2.sign(self._private, self.key.public, message)


def new_secret(algorithm: Algorithm) -> bytes:
    """Return the secret bytes of a new key: 32 of Ed25519, ``sm2.SECRET_LENGTH`` of SM2."""
    return sm2.new_secret() if algorithm is Algorithm.SM2 else os.urandom(_ED25519_SECRET)


def signer(
    name: str, algorithm: Algorithm, secret: bytes, valid_from: datetime, valid_until: datetime | None = None
) -> Signer:
    """Return what signs with the key whose secret bytes these are; ``ValueError`` where they are none."""
    if len(secret) != (sm2.SECRET_LENGTH if algorithm is Algorithm.SM2 else _ED25519_SECRET):
        raise ValueError(f"no secret of {algorithm}")
    if algorithm is Algorithm.SM2:
        return Sm2Signer(PublicKey(name, algorithm, secret[32:], valid_from, valid_until), secret[:32])
    private = Ed25519PrivateKey.from_private_bytes(secret)
    public = private.public_key().public_bytes_raw()
    return Ed25519Signer(PublicKey(name, algorithm, public, valid_from, valid_until), private)


class SignatureWrong(Exception):
    """``reason``: ``unknown_key``, ``not_valid_then``, ``wrong_signature``."""

    def __init__(self, reason: str, key_id: str) -> None:
        super().__init__(f"{reason} {key_id}")
        self.reason = reason
        self.key_id = key_id


class KeyRing:
    """Keys by their ids, several of one owner while one replaces another."""

    def __init__(self, keys: Iterable[PublicKey]) -> None:
        self.keys: Mapping[str, PublicKey] = {key.id: key for key in keys}

    def check(self, key_id: str, message: bytes, signature: bytes, at: datetime) -> PublicKey:
        """Return the key that signed ``message`` and was valid ``at``, or raise ``SignatureWrong``."""
        key = self.keys.get(key_id)
        if key is None:
            raise SignatureWrong("unknown_key", key_id)
        if not key.valid_at(at):
            raise SignatureWrong("not_valid_then", key_id)
        if not key.verifies(message, signature):
            raise SignatureWrong("wrong_signature", key_id)
        return key
