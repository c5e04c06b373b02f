"""The key of a side's entrance: it seals the secrets of the one-time codes, so that a copy of the database has none."""

import secrets
from pathlib import Path

import psycopg

from events import sealing
from services.key_files import make_once
from services.trouble import Trouble


class EntranceKeyWrong(Trouble):
    """The key file cannot be read, or holds no key."""


def open_entrance_key(path: Path) -> bytes:
    """Return the 32 bytes in ``path``, made at the first start. With another key nobody's code would be right: each
    account would have to be reset."""
    try:
        if not path.exists():
            make_once(path, secrets.token_hex(32) + "\n")
        key = bytes.fromhex(path.read_text().strip())
    except (ValueError, UnicodeDecodeError):
        key = b""
    except OSError as error:
        raise EntranceKeyWrong(
            f"the key of the entrance {path} cannot be read or made: {error.strerror} (LINKAGE_ENTRANCE_KEY_FILE names "
            "another place)"
        ) from error
    if len(key) != 32:
        raise EntranceKeyWrong(f"{path} holds no key (64 hexadecimal digits): put back your copy of it")
    return key


def fits_accounts(path: Path, connection: psycopg.Connection) -> None:
    """Raise ``EntranceKeyWrong`` unless ``path`` holds the key of the accounts' one-time codes, if there are any."""
    account = connection.execute("SELECT id, second_factor FROM accounts WHERE second_factor IS NOT NULL LIMIT 1")
    if (sealed := account.fetchone()) is None:
        return
    if not path.exists():
        raise EntranceKeyWrong(
            f"the key of the entrance {path} is gone: put back your copy of it; with a new one each account would have "
            "to be reset"
        )
    try:
        sealing.unwrap(open_entrance_key(path), *sealed)
    except sealing.Unreadable:
        raise EntranceKeyWrong(
            f"{path} is not the key that one-time codes were sealed with: put back that one"
        ) from None
