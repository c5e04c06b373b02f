"""The key of a side's entrance: it seals the secrets of the one-time codes, so that a copy of the database has none."""

import secrets
from pathlib import Path

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
