"""The keys of programs: what one is, what it may, and until when. Pure.

``lk_<id>_<secret>``: the id is no secret, and is what the journal, the audit and an operator name a key by. Of the
secret, 256 random bits, only its SHA-256 is kept. For a password that would be too quick to try; of 256 random bits
nobody tries a noticeable part, and a slow digest would cost every request its time.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from services.access.actions import Action

LONGEST = timedelta(days=365)
LONGEST_OVERLAP = timedelta(days=30)
AT_ONCE = 2
"""Keys of one name that may be valid at once: the old one and the one that replaces it."""
NOTED_EVERY = timedelta(hours=1)
"""How exactly the last use is known: a write for each request would cost more than what it tells."""
_KEY = re.compile(r"lk_([0-9a-f]{12})_([0-9a-f]{64})")
_LOOKS_LIKE = re.compile(r"lk_([0-9a-f]{12})_[0-9a-f]{8,}")
_CERTIFICATE = re.compile(r"[a-z0-9][a-z0-9.:/_-]{2,252}")
_NAME = re.compile(r"[0-9A-Za-z\u4e00-\u9fff][0-9A-Za-z\u4e00-\u9fff ._-]{0,59}")


class KeyState(StrEnum):
    VALID = "valid"
    EXPIRED = "expired"
    REVOKED = "revoked"

    @property
    def words(self) -> str:
        return {"valid": "有效", "expired": "已到期", "revoked": "已撤销"}[self.value]


class NoKey(ValueError):
    """Why a key cannot be made so; an operator reads it."""


@dataclass(frozen=True, slots=True)
class MachineKey:
    """``body``: 18-character code of the body whose rows it is for; empty for a service of the site, which sees all.
    ``name``: of the system that holds it."""

    id: str
    name: str
    body: str
    actions: frozenset[Action]
    digest: bytes
    made_at: datetime
    made_by: str
    expires_at: datetime
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None
    certificate: str | None = None
    """The name in a certificate that stands for the secret; then there is none."""

    def state(self, now: datetime) -> KeyState:
        if self.revoked_at is not None:
            return KeyState.REVOKED
        return KeyState.VALID if now < self.expires_at else KeyState.EXPIRED

    def opened_by(self, secret: str) -> bool:
        return hmac.compare_digest(self.digest, digest_of(secret))

    def to_be_noted(self, now: datetime) -> bool:
        """Tell whether a use now is to be written down."""
        return self.last_used_at is None or now - self.last_used_at >= NOTED_EVERY


def digest_of(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def shown_key(text: str) -> tuple[str, str] | None:
    """Return id and secret of a key; None for what is none."""
    found = _KEY.fullmatch(text)
    return (found[1], found[2]) if found else None


def key_within(text: str) -> str | None:
    """Return the id of a key that stands somewhere in ``text``, whole or cut off; None when there is none."""
    found = _LOOKS_LIKE.search(text)
    return found[1] if found else None


def new_key(
    name: str, body: str, actions: Iterable[Action], by: str, now: datetime, lasting: timedelta,
    certificate: str | None = None,
) -> tuple[MachineKey, str]:  # fmt: skip
    """Return a key and its text, which is shown this once. ``NoKey`` says what of it cannot be. One for a
    ``certificate`` is opened by that alone: its text is thrown away."""
    allowed = frozenset(actions)
    if not _NAME.fullmatch(name):
        raise NoKey("a key bears the name of the system that holds it: up to 60 letters, digits, spaces and . _ -")
    if not allowed:
        raise NoKey("a key without an action opens nothing: name at least one")
    if not timedelta(0) < lasting <= LONGEST:
        raise NoKey("a key lasts a year at most")
    id, secret = secrets.token_hex(6), secrets.token_hex(32)
    if certificate is not None and not _CERTIFICATE.fullmatch(certificate):
        raise NoKey("name the certificate by its DNS name or URI (subjectAltName), in lower case, without *")
    made = MachineKey(id, name, body, allowed, digest_of(secret), now, by, now + lasting, certificate=certificate)
    return made, f"lk_{id}_{secret}"
