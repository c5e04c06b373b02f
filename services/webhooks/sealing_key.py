"""The key that the secrets of webhooks are sealed with in a side's database: a file, made with the first of them."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import psycopg

from events import sealing
from services.key_files import make_once
from services.trouble import Trouble


class WebhookKeyWrong(Trouble):
    """The key file is missing, unreadable, or not the one that the secrets were sealed with."""


def read_key(path: Path) -> bytes:
    try:
        key = bytes.fromhex(path.read_text("ascii").strip())
    except FileNotFoundError:
        raise WebhookKeyWrong(
            f"the key of the webhooks' secrets {path} is gone: put back your copy, or rotate each endpoint's secret"
        ) from None
    except (OSError, ValueError):
        raise WebhookKeyWrong(f"{path} holds no key of webhooks' secrets (64 hexadecimal digits)") from None
    if len(key) != 32:
        raise WebhookKeyWrong(f"{path} holds no key of webhooks' secrets (64 hexadecimal digits)")
    return key


def read_or_make(path: Path) -> bytes:
    """Return the key, made now if there is none yet. Two that make it at once end with the first one's."""
    if not path.exists():
        try:
            make_once(path, sealing.new_key().hex() + "\n")
        except OSError as error:
            raise WebhookKeyWrong(
                f"no key of webhooks' secrets can be made at {path}: {error.strerror} (LINKAGE_WEBHOOK_KEY_FILE names "
                "another place)"
            ) from error
    return read_key(path)


def fits_endpoints(path: Path, connection: psycopg.Connection) -> None:
    """Raise ``WebhookKeyWrong`` unless ``path`` holds the key of the endpoints' secrets, if there are any."""
    sealed = connection.execute("SELECT endpoint, sealed FROM webhook_secrets LIMIT 1").fetchone()
    if sealed is not None:
        unseal(read_key(path), *sealed)


def seal(key: bytes, endpoint: UUID, secret: str) -> bytes:
    return sealing.seal(key, endpoint, {"secret": secret})


def unseal(key: bytes, endpoint: UUID, sealed: bytes) -> str:
    try:
        return str(sealing.unseal(key, endpoint, sealed)["secret"])
    except sealing.Unreadable:
        raise WebhookKeyWrong("the key of the webhooks' secrets is not the one that they were sealed with") from None
