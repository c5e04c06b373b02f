"""One-time codes (动态口令): six digits of a secret and the time (TOTP, RFC 6238), each good once."""

from __future__ import annotations

from datetime import datetime

import pyotp

STEP_SECONDS = 30
_EITHER_WAY = 1
"""A telephone's clock may be a step off."""


def new_secret() -> str:
    """Return 160 random bits in base32, as authenticator programs take them."""
    return pyotp.random_base32()


def address_of(secret: str, staff: str, title: str) -> str:
    """Return the ``otpauth://`` address that a square code shows to the program."""
    return pyotp.TOTP(secret).provisioning_uri(name=staff, issuer_name=f"审管联动 {title}")


def step_of(secret: str, code: str, now: datetime) -> int | None:
    """Return the step of 30 s that ``code`` is of, now or one away; None for a code of no such step."""
    here = int(now.timestamp()) // STEP_SECONDS
    codes = pyotp.TOTP(secret)
    found = None
    for step in range(here - _EITHER_WAY, here + _EITHER_WAY + 1):  # all of them: the time must not tell which
        if codes.verify(code, for_time=step * STEP_SECONDS):
            found = step
    return found
