"""How a receiver tells that a message came from here, and now: for systems that are written in Python.

Others take the library of Standard Webhooks for their language; ``v1a`` is what few of them know yet.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from standardwebhooks import Webhook

from services.webhooks.signing import PUBLIC, SECRET, content

TOLERANCE = timedelta(minutes=5)
MOST_SIGNATURES = 8


class NotOurs(Exception):
    """The message bears no signature that holds, or is too old, or comes from the future."""


def check(headers: Mapping[str, str], body: bytes, keys: Iterable[str], now: datetime) -> str:
    """Return the id of a message whose signature holds under one of ``keys`` (``whsec_…`` or ``whpk_…``), else raise
    ``NotOurs``. Names of headers are compared without regard to case. A repeat has the same id: it is for the caller
    to remember those of the last five minutes."""
    said = {name.lower(): value for name, value in headers.items()}
    message, stamp = said.get("webhook-id", ""), said.get("webhook-timestamp", "")
    shown = said.get("webhook-signature", "").split(" ")
    if not message or not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 12) or len(shown) > MOST_SIGNATURES:
        raise NotOurs("headers")
    if abs(int(stamp) - now.timestamp()) > TOLERANCE.total_seconds():
        raise NotOurs("timestamp")
    if not any(_holds(one, key, message, stamp, body) for key in keys for one in shown):
        raise NotOurs("signature")
    return message


def _holds(shown: str, key: str, message: str, stamp: str, body: bytes) -> bool:
    scheme, _, text = shown.partition(",")
    try:
        if scheme == "v1" and key.startswith(SECRET):
            made = Webhook(key).sign(message, datetime.fromtimestamp(int(stamp), UTC), body.decode())
            return hmac.compare_digest(made.encode(), shown.encode())
        if scheme == "v1a" and key.startswith(PUBLIC):
            public = Ed25519PublicKey.from_public_bytes(base64.b64decode(key.removeprefix(PUBLIC), validate=True))
            public.verify(base64.b64decode(text, validate=True), content(message, stamp, body))
            return True
    except (ValueError, InvalidSignature):
        # What is no base64, no UTF-8, no key of the right length: it does not hold, and nothing more is said of it.
        return False
    return False
