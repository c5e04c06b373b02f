"""The machine keys of a side in its database: made, found, replaced, revoked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import psycopg

from services.access.actions import Action
from services.access.machine_keys import AT_ONCE, LONGEST_OVERLAP, KeyState, MachineKey, NoKey, new_key

_COLUMNS = "key, name, body, actions, digest, made_at, made_by, expires_at, revoked_at, last_used_at, certificate"


def find(connection: psycopg.Connection, id: str) -> MachineKey | None:
    found = _read(connection, "key = %s", (id,))
    return found[0] if found else None


def find_by_certificate(connection: psycopg.Connection, names: Sequence[str]) -> MachineKey | None:
    """Return the key bound to one of the names of a certificate: the one that is valid longest."""
    which = "certificate = ANY(%s) ORDER BY revoked_at IS NULL DESC, expires_at DESC LIMIT 1"
    found = _read(connection, which, (list(names),))
    return found[0] if found else None


def keys(connection: psycopg.Connection) -> list[MachineKey]:
    """Return every key that was ever made, by body and name, the newest of a name first."""
    return _read(connection, "true ORDER BY body, name, made_at DESC", ())


def add(connection: psycopg.Connection, made: MachineKey) -> None:
    """Keep a new key, or raise ``NoKey``: of one name two are valid at once at most."""
    # One at a time: of two that are made at once each would see one other.
    connection.execute("SELECT pg_advisory_xact_lock(hashtext('machine_keys'))")
    valid = [one for one in _of_name(connection, made.body, made.name) if one.state(made.made_at) is KeyState.VALID]
    if len(valid) >= AT_ONCE:
        raise NoKey(f"{made.name} has {AT_ONCE} valid keys ({', '.join(one.id for one in valid)}): revoke one first")
    connection.execute(
        f"INSERT INTO machine_keys ({_COLUMNS}) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)".encode(),
        (made.id, made.name, made.body, sorted(made.actions), made.digest, made.made_at, made.made_by,
         made.expires_at, made.revoked_at, made.last_used_at, made.certificate),
    )  # fmt: skip


def rotate(
    connection: psycopg.Connection, id: str, by: str, now: datetime, lasting: timedelta, overlap: timedelta
) -> tuple[MachineKey, str]:
    """Make the key that replaces ``id``; that one ends after ``overlap``. ``NoKey`` when it cannot be replaced."""
    old = find(connection, id)
    if old is None or old.state(now) is not KeyState.VALID:
        raise NoKey(f"{id} is no valid key: make a new one")
    if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
        raise NoKey(f"both may be valid for {LONGEST_OVERLAP.days} days at most")
    made, text = new_key(old.name, old.body, old.actions, by, now, lasting, old.certificate)
    add(connection, made)
    connection.execute("UPDATE machine_keys SET expires_at = least(expires_at, %s) WHERE key = %s", (now + overlap, id))
    return made, text


def revoke(connection: psycopg.Connection, id: str, by: str, now: datetime) -> bool:
    """End a key at once; the next request that shows it is refused. False when there is none, or it was revoked."""
    done = connection.execute(
        "UPDATE machine_keys SET revoked_at = %s, revoked_by = %s WHERE key = %s AND revoked_at IS NULL", (now, by, id)
    )
    return done.rowcount == 1


def note_use(connection: psycopg.Connection, key: MachineKey, now: datetime) -> None:
    connection.execute("UPDATE machine_keys SET last_used_at = %s WHERE key = %s", (now, key.id))


def _of_name(connection: psycopg.Connection, body: str, name: str) -> list[MachineKey]:
    return _read(connection, "body = %s AND name = %s", (body, name))


def _read(connection: psycopg.Connection, which: str, parameters: Sequence[object]) -> list[MachineKey]:
    rows = connection.execute(f"SELECT {_COLUMNS} FROM machine_keys WHERE {which}".encode(), parameters)
    return [
        MachineKey(id, name, body, frozenset(map(Action, actions)), bytes(digest), *more)
        for id, name, body, actions, digest, *more in rows
    ]
