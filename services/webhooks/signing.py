"""How a message is signed: Standard Webhooks 1.0.

What is signed is ``id.timestamp.body``. ``v1``: HMAC-SHA-256 under a secret that both ends know (``whsec_…``).
``v1a``: Ed25519 under a key of ours (``whsk_…``), checked with the public one (``whpk_…``): then nobody at the other
end can make a message. While a secret is being rotated a message bears a signature of each.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from standardwebhooks import Webhook

Scheme = Literal["v1", "v1a"]
SECRET_BYTES = 32
SECRET, PRIVATE, PUBLIC = "whsec_", "whsk_", "whpk_"


def new_secret(scheme: Scheme) -> str:
    """Return a fresh secret of 256 bits, as it is kept sealed."""
    return (SECRET if scheme == "v1" else PRIVATE) + base64.b64encode(os.urandom(SECRET_BYTES)).decode()


def given_away(secret: str) -> str:
    """Return what the receiver is told, once: the secret itself, or the public key of ours."""
    if secret.startswith(SECRET):
        return secret
    return PUBLIC + base64.b64encode(_private(secret).public_key().public_bytes_raw()).decode()


def headers(message: str, body: bytes, secrets: Iterable[str], at: datetime) -> dict[str, str]:
    """Return the three headers of a message that is sent ``at`` this moment, signed with each of ``secrets``."""
    return {
        "webhook-id": message,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(_signed(message, body, secret, at) for secret in secrets),
    }


def _signed(message: str, body: bytes, secret: str, at: datetime) -> str:
    if secret.startswith(SECRET):
        return Webhook(secret).sign(message, at.astimezone(UTC), body.decode())
    signature = _private(secret).sign(content(message, str(int(at.timestamp())), body))
    return f"v1a,{base64.b64encode(signature).decode()}"


def _private(secret: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(base64.b64decode(secret.removeprefix(PRIVATE), validate=True))


def content(message: str, stamp: str, body: bytes) -> bytes:
    """Return what is signed."""
    return b".".join((message.encode(), stamp.encode(), body))
