"""How often somebody may try: each attempt is counted before it is looked at, and too many shut the door for a while.

Counted by staff number, whether or not there is such an account, and by the address the attempt came from. Both are
kept as keyed digests: people type passwords where a staff number belongs.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import psycopg

from events.sealing import fingerprint


@dataclass(frozen=True, slots=True)
class Limit:
    """The attempt of number ``allowed`` shuts the door for a minute, each further one twice as long, an hour at most.
    Forgotten ``after`` a time without attempts."""

    kind: str
    allowed: int
    after: timedelta


OF_ACCOUNT = Limit("staff", 5, timedelta(days=1))
OF_ADDRESS = Limit("address", 100, timedelta(hours=1))
"""A whole office may sit behind one address."""


def count(connection: psycopg.Connection, key: bytes, limit: Limit, name: str, now: datetime) -> timedelta | None:
    """Count one attempt; or return how long the door stays shut. Before the password is looked at: of a hundred
    attempts at once no more are looked at than of a hundred in a row."""
    subject = fingerprint(key, limit.kind, name)
    counted = connection.execute(
        """INSERT INTO sign_in_attempts AS had (subject, failures, last_at) VALUES (%(subject)s, 1, %(now)s)
           ON CONFLICT (subject) DO UPDATE SET
               failures = CASE WHEN had.last_at < %(forgotten)s THEN 1 ELSE had.failures + 1 END,
               last_at = %(now)s,
               shut_until = CASE WHEN had.last_at >= %(forgotten)s AND had.failures + 1 >= %(allowed)s
                   THEN %(now)s + least(interval '1 hour',
                       interval '1 minute' * power(2, least(had.failures + 1 - %(allowed)s, 10))) END
           WHERE had.shut_until IS NULL OR had.shut_until <= %(now)s
           RETURNING failures""",
        {"subject": subject, "now": now, "forgotten": now - limit.after, "allowed": limit.allowed},
    ).fetchone()
    if counted is not None:
        return None
    shut = connection.execute("SELECT shut_until FROM sign_in_attempts WHERE subject = %s", (subject,)).fetchone()
    until: datetime = shut[0] if shut else now
    return max(until - now, timedelta(seconds=1))


def take_back(connection: psycopg.Connection, key: bytes, limit: Limit, name: str) -> None:
    """Count the last attempt no longer: it was right. Earlier ones stay counted, or whoever knows a password could
    guess codes without end."""
    connection.execute(
        "UPDATE sign_in_attempts SET failures = greatest(failures - 1, 0), shut_until = NULL WHERE subject = %s",
        (fingerprint(key, limit.kind, name),),
    )


def forget(connection: psycopg.Connection, key: bytes, limit: Limit, name: str, now: datetime) -> None:
    """Begin anew for who is in, and clear away what nobody tried for a week."""
    connection.execute(
        "DELETE FROM sign_in_attempts WHERE subject = %s OR last_at < %s",
        (fingerprint(key, limit.kind, name), now - timedelta(days=7)),
    )
