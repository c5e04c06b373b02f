"""The site's master key: a file of 64 hexadecimal digits, made once, without which no personal fact can be read."""

from pathlib import Path

import psycopg

from events import sealing
from services.approval.parties import new_master_key, read_master_key
from services.key_files import make_once
from services.trouble import Trouble


class MasterKeyWrong(Trouble):
    """The key file is missing, unreadable, or of another database."""


def open_master_key(path: Path, connection: psycopg.Connection) -> bytes:
    """The 32 bytes of the key in `path`, tried on the approval database behind `connection`.

    A database that knows no party yet gets a new key. One that does is refused any other key: with it, parties would be
    registered a second time and nothing personal could be read.
    """
    party = connection.execute(
        "SELECT party, wrapped_key FROM parties WHERE wrapped_key IS NOT NULL LIMIT 1"
    ).fetchone()
    if party is None and not path.exists():
        make_once(path, new_master_key() + "\n")
    try:
        key = read_master_key(path.read_text().strip())
    except FileNotFoundError:
        raise MasterKeyWrong(
            f"the master key {path} is gone, and the database holds what it sealed: put back your copy of it "
            "(LINKAGE_MASTER_KEY_FILE names the place)"
        ) from None
    except ValueError:
        raise MasterKeyWrong(f"{path} holds no master key (64 hexadecimal digits): put back your copy of it") from None
    except OSError as error:
        raise MasterKeyWrong(f"the master key {path} cannot be read: {error.strerror}") from error
    if party is not None:
        try:
            sealing.unwrap(key, *party)
        except sealing.Unreadable:
            raise MasterKeyWrong(
                f"the master key {path} is not the one that this database was sealed with: put back that one"
            ) from None
    return key
