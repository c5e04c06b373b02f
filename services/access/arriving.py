"""Whoever has come in: written down, with a session of their own, and no more of them than an account may have."""

from __future__ import annotations

from datetime import datetime

import psycopg

from services.access import sessions
from services.access.account_acts import Done, line
from services.access.accounts import Account
from services.access.audit import write
from services.access.sessions import Stage, Whence


def arrive(connection: psycopg.Connection, account: Account, whence: Whence, done: Done, now: datetime) -> str:
    """Return what the browser is to hold. In a transaction that holds the account's row: of two who come in at once the
    second counts the first."""
    write(connection, line(done, str(account.id), seat=account.seat, origin=whence.address))
    token = sessions.begin(connection, account.id, Stage.IN, whence, now)
    for one in sessions.of_account(connection, account.id, now)[sessions.AT_ONCE :]:
        sessions.end(connection, one.id, account.id)
        ended = line(
            Done.END_SESSION, str(account.id), seat=account.seat, about=one.id, origin=whence.address,
            reason="more at once than may be",
        )  # fmt: skip
        write(connection, ended)
    return token
