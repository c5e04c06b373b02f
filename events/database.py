"""How the product reaches PostgreSQL: one engine for each process and role, psycopg 3 underneath."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg.pq import TransactionStatus
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, OperationalError

from events import columns
from events.locks import Lock

FROZEN_AFTER_SECONDS = 15
"""A transaction of ours that says nothing for this long belongs to a frozen process: the server ends it, so that its
row locks keep nobody waiting."""


BELOW_RESERVE = "-c linkage.below_reserve=on"
"""Of those who bring home what was acknowledged: they append also when the disk's reserve is reached."""
EVERYBODYS_ROWS = "-c linkage.scope=*"
"""Of every process but those that answer requests: they keep the lists of all bodies, for nobody in particular."""


def open_engine(
    url: str, *, application: str, pool_size: int = 5, below_reserve: bool = False, scoped: bool = False
) -> Engine:
    """Open a pool on ``url``. ``application`` names the process in ``pg_stat_activity``. ``below_reserve``: what it
    appends follows from what was accepted, and is not refused when the disk is nearly full. ``scoped``: each of its
    transactions says for itself whose rows it is about (``services.access.rows``), and sees none before.

    A connection that died with the server is replaced before it is used (``pool_pre_ping``).
    """
    options = f"-c idle_in_transaction_session_timeout={FROZEN_AFTER_SECONDS}s -c timezone=UTC"
    if below_reserve:
        options += f" {BELOW_RESERVE}"
    if not scoped:
        options += f" {EVERYBODYS_ROWS}"
    engine = create_engine(
        make_url(url),
        pool_size=pool_size,
        max_overflow=pool_size * 2,
        pool_pre_ping=True,
        connect_args={"application_name": application, "options": options, "connect_timeout": 10},
    )
    event.listen(engine, "connect", lambda connection, _: columns.accept(connection))
    return engine


def raw(connection: Connection) -> psycopg.Connection:
    """Return the psycopg connection under ``connection``: the same transaction, for arrays and COPY."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    return driver


@contextmanager
def savepoint(connection: psycopg.Connection) -> Iterator[None]:
    """Keep what is done inside, or take it back, as a part of the caller's transaction.

    psycopg's ``transaction()`` alone would *commit* the caller's, when the caller has executed nothing yet.
    """
    if not connection.autocommit and connection.info.transaction_status is TransactionStatus.IDLE:
        connection.execute("SELECT 1")
    with connection.transaction():
        yield


@contextmanager
def snapshot(connection: psycopg.Connection) -> Iterator[None]:
    """Let all that is read inside be as of one moment; nothing can be written. Nothing may have been asked before in
    the same transaction."""
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def plain(url: str) -> str:
    """Return ``url`` as PostgreSQL's own programs and psycopg read it, the password in it."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def connect(url: str, *, application: str, session_timeout: float = 0) -> psycopg.Connection:
    """Open one connection of its own, in autocommit, for a leader that holds a session lock, or for an operator. Both
    append also below the disk's reserve.

    ``session_timeout``: seconds of silence after which the server ends the session and frees its locks.
    """
    options = (
        f"-c idle_in_transaction_session_timeout={FROZEN_AFTER_SECONDS}s"
        f" -c idle_session_timeout={int(session_timeout * 1000)} -c timezone=UTC {BELOW_RESERVE} {EVERYBODYS_ROWS}"
    )
    connection = psycopg.connect(
        plain(url), autocommit=True, application_name=application, options=options, connect_timeout=10
    )
    columns.accept(connection)
    return connection


def beside(connection: psycopg.Connection) -> psycopg.Connection:
    """Open another session like that of ``connection``, in autocommit: a context, which closes it."""
    known = connection.info
    another = psycopg.connect(known.dsn, password=known.password, autocommit=True)
    columns.accept(another)
    return another


def leads(connection: psycopg.Connection, lock: Lock) -> bool:
    """Tell whether this session holds the leader's ``lock``, and take it if nobody does. It goes with the session."""
    # Taking a lock that this session holds only counts it up.
    row = connection.execute(
        """SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()
                          AND objid = %s) OR pg_try_advisory_lock(%s)""",
        (lock, lock),
    ).fetchone()
    return bool(row and row[0])


_ENDED_BY_THE_SERVER = psycopg.errors.IdleInTransactionSessionTimeout
"""Transactions of ours that stood still longer than ``FROZEN_AFTER_SECONDS``, be it because the server itself did.
psycopg counts this among the internal errors, of which no other is an outage."""


def is_outage(error: BaseException) -> bool:
    """Tell a database that is away, or that ended our transaction, from one that refuses our data.

    An outage is waited out; it must never be mistaken for a poison event.
    """
    if isinstance(error, DBAPIError):
        ended = isinstance(error.orig, _ENDED_BY_THE_SERVER)
        return ended or isinstance(error, OperationalError) or bool(error.connection_invalidated)
    return isinstance(error, psycopg.OperationalError | psycopg.InterfaceError | _ENDED_BY_THE_SERVER)


def is_full(error: BaseException) -> bool:
    """Tell that there is no room: the disk is full, or its reserve is reached."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    return isinstance(cause, psycopg.errors.DiskFull)


REFUSED_DATA = ("22", "23", "54")
"""SQLSTATE classes that mean "these data": data exception, integrity, limits. All others speak of the database."""


def refuses_data(error: psycopg.Error) -> bool:
    """Tell an error that one event causes from one that every event would meet (no table, no right, disk full)."""
    return (error.sqlstate or "")[:2] in REFUSED_DATA
