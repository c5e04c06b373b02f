"""Whose rows a transaction may touch: told to PostgreSQL at its beginning, and held there by row-level security.

A web service opens its database as ``linkage_web``. Each transaction of such a connection begins by saying whose rows
it is for (``linkage.scope``, as ``scope_now`` has it), for that transaction only; a connection that goes back to the
pool, be it after an error, carries nobody's scope. One that says nothing sees no row of anybody.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from typing import Any

import psycopg
from psycopg import sql
from psycopg.pq import TransactionStatus
from psycopg.rows import TupleRow
from sqlalchemy import Engine, event

from events.database import open_engine
from services.access.callers import Scope, scope_now

SETTING = "linkage.scope"
_WIDENING = """SELECT set_config('linkage.writer', coalesce(nullif(current_setting('linkage.writer', true), ''),
    nullif(current_setting('linkage.scope', true), ''), '-'), true), set_config('linkage.scope', '*', true)"""
EVERYBODYS = "*"


def setting_of(scope: Scope) -> str:
    """Return what ``linkage.scope`` says of a scope: ``*`` for everybody's rows, else the codes, parted by commas."""
    return EVERYBODYS if scope.everybody else ",".join(sorted(scope.bodies))


_writing_for: ContextVar[Scope | None] = ContextVar("writing_for", default=None)
"""For whom is written what is decided on everybody's rows; None: for those of the scope."""


@lru_cache(maxsize=1000)
def _saying(said: str, writer: str) -> sql.Composed:
    # SET and not set_config(): a query would take a snapshot, after which no isolation level can be chosen any more.
    saying = "SET LOCAL linkage.scope TO {}" + ("; SET LOCAL linkage.writer TO {}" if writer else "")
    return sql.SQL(saying).format(*map(sql.Literal, (said, writer)[: 1 + bool(writer)]))


def _writer_of(scope: Scope) -> str:
    """Return what ``linkage.writer`` says of a scope; of nobody's what is no code of any body, for empty is unsaid."""
    return setting_of(scope) or "-"


class _Scoped:
    """What the two kinds of cursors have in common: their first statement tells whose transaction it is."""

    def execute(self, query: Any, *given: Any, **options: Any) -> Any:
        _begin(self.connection)  # type: ignore[attr-defined]
        return super().execute(query, *given, **options)  # type: ignore[misc]

    def executemany(self, query: Any, *given: Any, **options: Any) -> Any:
        _begin(self.connection)  # type: ignore[attr-defined]
        return super().executemany(query, *given, **options)  # type: ignore[misc]


class ScopedCursor(_Scoped, psycopg.Cursor[TupleRow]):
    pass


class ScopedServerCursor(_Scoped, psycopg.ServerCursor[TupleRow]):
    pass


class ScopedConnection(psycopg.Connection[TupleRow]):
    """A connection whose every transaction is somebody's: those that psycopg begins by itself before a statement, and
    those of ``transaction()``. In autocommit nothing is said, and no row is seen."""

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        self.cursor_factory = ScopedCursor
        self.server_cursor_factory = ScopedServerCursor

    @contextmanager
    def transaction(
        self, savepoint_name: str | None = None, force_rollback: bool = False
    ) -> Iterator[psycopg.Transaction]:
        begins = self.info.transaction_status is TransactionStatus.IDLE
        with super().transaction(savepoint_name, force_rollback) as entered:
            if begins:
                _say(self)
            yield entered


def _begin(connection: psycopg.Connection[Any]) -> None:
    if not connection.autocommit and connection.info.transaction_status is TransactionStatus.IDLE:
        _say(connection)


def _say(connection: psycopg.Connection[Any]) -> None:
    # A plain cursor: one of ours would begin again, and again.
    with psycopg.Cursor(connection) as plain:
        writer = _writing_for.get()
        plain.execute(_saying(setting_of(scope_now.get()), _writer_of(writer) if writer else ""), prepare=False)


def open_web_engine(url: str, *, application: str, pool_size: int = 5) -> Engine:
    """Open a pool for a web process, on the address of ``linkage_web``: whatever it begins is for ``scope_now``."""
    engine = open_engine(url, application=application, pool_size=pool_size, scoped=True)
    event.listen(engine, "do_connect", lambda _dialect, _record, given, options: _connect(*given, **options))
    return engine


def _connect(*given: Any, **options: Any) -> psycopg.Connection[TupleRow]:
    return ScopedConnection.connect(*given, **options)


@contextmanager
def seeing_everybodys(purpose: str) -> Iterator[None]:
    """Let what is opened inside see everybody's rows: figures of the machinery, which name nobody's permit."""
    before = scope_now.set(Scope(everybody=True, purpose=purpose))
    try:
        yield
    finally:
        scope_now.reset(before)


@contextmanager
def all_rows(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """Let the statements inside see and write everybody's rows, and what follows again those of before: for what is
    nobody's in particular, such as the first answers to requests."""
    row = connection.execute(
        "SELECT coalesce(current_setting('linkage.scope', true), ''), set_config('linkage.scope', '*', true)"
    ).fetchone()
    yield
    connection.execute("SELECT set_config('linkage.scope', %s, true)", (row[0] if row else "",))


def decide_on_all(connection: psycopg.Connection[Any]) -> None:
    """Let the rest of this transaction see and write everybody's rows: of a command that was admitted, and has effects
    beyond whoever gave it. A return makes the lead of the duty list responsible again; decided on a part of what is
    recorded it would be decided wrongly. Where a table says for whom a row is written, that stays whoever it was."""
    if isinstance(connection, ScopedConnection):
        connection.execute(_WIDENING)


@contextmanager
def deciding_on_all() -> Iterator[None]:
    """The same for transactions that begin inside, without a question of its own: of a desk whose callers admit."""
    before = scope_now.get()
    writing = _writing_for.set(_writing_for.get() or before)
    widened = scope_now.set(Scope(everybody=True, purpose=before.purpose))
    try:
        yield
    finally:
        scope_now.reset(widened)
        _writing_for.reset(writing)
