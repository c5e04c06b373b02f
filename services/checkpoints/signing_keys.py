"""The key that signs a side's checkpoints: a file beside the master key, made at the first start, readable by its owner
alone. The database knows public keys only, all that there ever were, with the time in which each may sign.

Whoever has the file can sign in this side's name. It opens no personal fact, so that a lost one is replaced
(``linkage proof new-key``) and what it signed before stays valid.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import psycopg

from events.proof.signing import Algorithm, PublicKey, Signer, new_secret, signer
from services.key_files import make_once
from services.trouble import Trouble


class SigningKeyWrong(Trouble):
    """The key file is missing, unreadable, or another one than the database knows."""


def open_signing_key(
    path: Path, connection: psycopg.Connection, name: str, algorithm: Algorithm, now: datetime
) -> Signer:
    """Return what signs for the ledger called ``name``. A database that knows no key yet gets one, of ``algorithm``."""
    known = [key for key in signing_keys(connection) if key.valid_until is None]
    if not known and not path.exists():
        _make(path, algorithm)
    kind, secret = _read(path)
    found = signer(name, kind, secret, known[0].valid_from if known else _second(now))
    if not known:
        _note(connection, found.key)
    elif found.key.id != known[0].id:
        raise SigningKeyWrong(
            f"{path} is not the key that this side signs with ({known[0].id}): put back that one, or sign with a new "
            "one from now on: linkage proof new-key"
        )
    return found


def replace_signing_key(
    path: Path, connection: psycopg.Connection, name: str, algorithm: Algorithm, now: datetime
) -> PublicKey:
    """Make a new key in the place of the file, which is kept beside it, and return its public part.

    The one before may sign no more, and what it signed stays valid.
    """
    if path.exists():
        path.rename(path.with_name(f"{path.name}.{now:%Y%m%d%H%M%S}"))
    _make(path, algorithm)
    kind, secret = _read(path)
    key = signer(name, kind, secret, _second(now)).key
    with connection.transaction():
        until = _second(now) + timedelta(seconds=1)
        connection.execute("UPDATE signing_keys SET valid_until = %s WHERE valid_until IS NULL", (until,))
        _note(connection, key)
    return key


def signing_keys(connection: psycopg.Connection) -> Sequence[PublicKey]:
    """Return every public key of this side, the newest first."""
    rows = connection.execute(
        "SELECT name, algorithm, public, valid_from, valid_until FROM signing_keys ORDER BY valid_from DESC, id"
    ).fetchall()
    return [PublicKey(name, Algorithm(kind), bytes(public), since, until) for name, kind, public, since, until in rows]


def fits_checkpoints(path: Path, connection: psycopg.Connection) -> None:
    """Raise ``SigningKeyWrong`` unless ``path`` holds the key that this side signs with, if it signs at all."""
    for key in signing_keys(connection):
        if key.valid_until is None:
            open_signing_key(path, connection, key.name, key.algorithm, key.valid_from)


def signs_now(connection: psycopg.Connection, key: PublicKey) -> bool:
    """Tell whether this is the key that the side signs with: another may have taken its place meanwhile."""
    row = connection.execute("SELECT valid_until IS NULL FROM signing_keys WHERE id = %s", (key.id,)).fetchone()
    return bool(row and row[0])


def _second(at: datetime) -> datetime:
    """Return the whole second: a checkpoint bears no more, and must not lie before its key."""
    return at.replace(microsecond=0)


def _note(connection: psycopg.Connection, key: PublicKey) -> None:
    connection.execute(
        """INSERT INTO signing_keys (id, name, algorithm, public, valid_from, valid_until)
           VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING""",
        (key.id, key.name, key.algorithm, key.public, key.valid_from, key.valid_until),
    )


def _read(path: Path) -> tuple[Algorithm, bytes]:
    try:
        algorithm, secret = path.read_text().split()
        return Algorithm(algorithm), bytes.fromhex(secret)
    except FileNotFoundError:
        raise SigningKeyWrong(
            f"the signing key {path} is gone: put back your copy of it, or sign with a new one from now on: "
            "linkage proof new-key"
        ) from None
    except ValueError:
        raise SigningKeyWrong(f"{path} holds no signing key: put back your copy of it") from None
    except OSError as error:
        raise SigningKeyWrong(f"the signing key {path} cannot be read: {error.strerror}") from error


def _make(path: Path, algorithm: Algorithm) -> None:
    try:
        make_once(path, f"{algorithm} {new_secret(algorithm).hex()}\n")
    except OSError as error:
        raise SigningKeyWrong(
            f"no signing key can be made at {path}: {error.strerror} (LINKAGE_SIGNING_KEYS names another folder)"
        ) from error
