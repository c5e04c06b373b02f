"""Who is signed in: a row for each browser, found by the digest of what the browser holds.

A session that has not been used for half an hour is over, and every one after twelve hours (GB/T 22239-2019, 8.1.4.1;
OWASP ASVS 5.0, 7.3). What it may do is read from its account at each request, never kept with it.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID, uuid4

import psycopg
from psycopg.rows import class_row

IDLE, LONGEST = timedelta(minutes=30), timedelta(hours=12)
ON_THE_WAY = timedelta(minutes=10)
"""From the password to the code."""
AT_ONCE = 5
"""Sessions of one account: an office, a telephone, a desk at the counter, and what was forgotten (ASVS 5.0, 7.1.2)."""
SEEN_EVERY = timedelta(minutes=1)
"""How exactly it is kept when a session was last used: not one write for each request."""


class Stage(StrEnum):
    CODE = "code"
    FIRST = "first"
    IN = "in"


_LASTS = {Stage.CODE: ON_THE_WAY, Stage.FIRST: IDLE, Stage.IN: LONGEST}
"""At the first time a program may have to be installed on the telephone."""


@dataclass(frozen=True, slots=True)
class Whence:
    """From where a log-in comes: the address of the network, and which browser it says it is."""

    address: str
    browser: str


@dataclass(frozen=True, slots=True)
class Session:
    id: UUID
    account: UUID
    stage: str
    began_at: datetime
    seen_at: datetime
    ends_at: datetime
    address: str
    browser: str
    drawn: bytes | None


_COLUMNS = ", ".join(Session.__slots__)


def digest_of(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def begin(
    connection: psycopg.Connection, account: UUID, stage: Stage, whence: Whence, now: datetime, *,
    drawn: bytes | None = None,
) -> str:  # fmt: skip
    """Return what the browser is to hold, 256 bits that were never held before: a session that somebody planted in the
    browser beforehand stays worthless."""
    connection.execute("DELETE FROM account_sessions WHERE ends_at < %s", (now,))
    token = secrets.token_urlsafe(32)
    connection.execute(
        """INSERT INTO account_sessions (id, token, account, stage, began_at, seen_at, ends_at, address, browser, drawn)
           VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)""",
        (
            uuid4(), digest_of(token), account, stage.value, now, now,
            now + _LASTS[stage], whence.address, whence.browser, drawn,
        ),
    )  # fmt: skip
    return token


def find(connection: psycopg.Connection, token: str, now: datetime) -> Session | None:
    """Return the session that ``token`` opens, unless it is over or its account was disabled."""
    with connection.cursor(row_factory=class_row(Session)) as cursor:
        return cursor.execute(
            f"""SELECT {_COLUMNS} FROM account_sessions
                WHERE token = %s AND ends_at > %s AND seen_at > %s
                  AND EXISTS (SELECT FROM accounts WHERE accounts.id = account AND disabled_at IS NULL)""",
            (digest_of(token), now, now - IDLE),
        ).fetchone()


def seen(connection: psycopg.Connection, session: Session, now: datetime) -> None:
    connection.execute("UPDATE account_sessions SET seen_at = %s WHERE id = %s", (now, session.id))


def of_account(connection: psycopg.Connection, account: UUID, now: datetime) -> list[Session]:
    """Return where an account is signed in, the newest first."""
    with connection.cursor(row_factory=class_row(Session)) as cursor:
        return cursor.execute(
            f"""SELECT {_COLUMNS} FROM account_sessions
                WHERE account = %s AND stage = 'in' AND ends_at > %s AND seen_at > %s ORDER BY began_at DESC""",
            (account, now, now - IDLE),
        ).fetchall()


def end(connection: psycopg.Connection, session: UUID, account: UUID) -> bool:
    """End a session of ``account``; tell whether there was one."""
    return (
        connection.execute("DELETE FROM account_sessions WHERE id = %s AND account = %s", (session, account)).rowcount
        > 0
    )
