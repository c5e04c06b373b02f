"""Passwords: kept as argon2id (RFC 9106), compared in the same time whether or not there is an account."""

from __future__ import annotations

import secrets
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789"
"""Without those that are mistaken for one another when read from paper."""


class Passwords:
    """``at_once``: how many are computed at the same time. Each takes 64 MiB: without a bound, forty log-ins at once
    would take the memory of the machine."""

    def __init__(self, hasher: PasswordHasher | None = None, at_once: int = 2) -> None:
        self._hasher = hasher or PasswordHasher()
        self._room = BoundedSemaphore(at_once)
        self._nobodys = self.kept(secrets.token_urlsafe())

    def kept(self, password: str) -> str:
        """Return what is stored of ``password``."""
        with self._room:
            return self._hasher.hash(password)

    def matches(self, kept: str, password: str) -> bool:
        """Tell whether ``kept`` is of ``password``. An empty one, of an account that is not there, takes as long."""
        with self._room:
            try:
                self._hasher.verify(kept or self._nobodys, password)
            except (VerificationError, InvalidHashError):
                return False
        return bool(kept)


def initial_password() -> str:
    """Return a password to be handed over on paper and replaced at the first log-in: 93 bits, in groups of four."""
    drawn = "".join(secrets.choice(_LETTERS) for _ in range(16))
    return "-".join(drawn[at : at + 4] for at in range(0, 16, 4))
