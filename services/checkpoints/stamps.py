"""Time stamps of this side's checkpoints, as they are kept: the note that was stamped, and the authority's answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import psycopg
from cryptography import x509

from events.proof.checkpoint import NoCheckpoint, read_note
from services.checkpoints.ledger_tree import LedgerTree, TreeBroken
from services.checkpoints.time_stamps import StampWrong, check

STAMPS_1 = """
CREATE TABLE checkpoint_stamps (
    size bigint PRIMARY KEY,
    note text NOT NULL,
    answer bytea NOT NULL,
    at timestamptz NOT NULL,
    by_authority text NOT NULL,
    kept_at timestamptz NOT NULL
);
COMMENT ON COLUMN checkpoint_stamps.at IS 'the time that the authority says';
COMMENT ON COLUMN checkpoint_stamps.answer IS 'TimeStampResp (RFC 3161) in DER, with the certificate of the authority';

CREATE TABLE stamping (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    tried_at timestamptz NOT NULL,
    reason text,
    failing_since timestamptz
);
COMMENT ON TABLE stamping IS 'how the last try to have a checkpoint stamped ended; no row: none was made';
"""


class Stamp(NamedTuple):
    """``at``, ``by``: time and name as the authority says them."""

    size: int
    note: str
    answer: bytes
    at: datetime
    by: str


class Stamping(NamedTuple):
    """``reason`` of the last failure, None after a success."""

    tried_at: datetime
    reason: str | None
    failing_since: datetime | None


NOT_ASKED_ANY_MORE = timedelta(hours=1)
_STAMP = "SELECT size, note, answer, at, by_authority FROM checkpoint_stamps"


def newest_stamp(connection: psycopg.Connection) -> Stamp | None:
    row = connection.execute(f"{_STAMP} ORDER BY size DESC LIMIT 1").fetchone()
    return Stamp(*row) if row else None


def first_stamp_over(connection: psycopg.Connection, position: int) -> Stamp | None:
    """Return the first stamp that covers a record: nearest to the time at which it was recorded."""
    row = connection.execute(f"{_STAMP} WHERE size >= %s ORDER BY size LIMIT 1", (position,)).fetchone()
    return Stamp(*row) if row else None


def keep(connection: psycopg.Connection, one: Stamp, now: datetime) -> None:
    with connection.transaction():
        connection.execute(
            """INSERT INTO checkpoint_stamps (size, note, answer, at, by_authority, kept_at)
               VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING""",
            (*one, now),
        )
        _note(connection, now, None)


def note_failure(connection: psycopg.Connection, reason: str, now: datetime) -> None:
    _note(connection, now, reason)


def _note(connection: psycopg.Connection, now: datetime, reason: str | None) -> None:
    connection.execute(
        """INSERT INTO stamping AS s (tried_at, reason, failing_since)
           VALUES (%(now)s, %(reason)s, CASE WHEN %(reason)s::text IS NULL THEN NULL ELSE %(now)s END)
           ON CONFLICT (only_row) DO UPDATE SET tried_at = excluded.tried_at, reason = excluded.reason,
               failing_since = CASE WHEN excluded.reason IS NULL THEN NULL
                                    ELSE coalesce(s.failing_since, excluded.failing_since) END""",
        {"now": now, "reason": reason},
    )


def stamping(connection: psycopg.Connection) -> Stamping | None:
    row = connection.execute("SELECT tried_at, reason, failing_since FROM stamping").fetchone()
    return Stamping(*row) if row else None


def unstamped_since(connection: psycopg.Connection, now: datetime) -> datetime | None:
    """Return since when every try to have a checkpoint stamped failed; None while they succeed, and on a site that asks
    no authority any more: a failure is tried again within minutes, so an old one is of a time when it asked."""
    last = stamping(connection)
    return last.failing_since if last and now - last.tried_at < NOT_ASKED_ANY_MORE else None


def stamp_faults(connection: psycopg.Connection, believed: Sequence[x509.Certificate]) -> Iterator[tuple[int, str]]:
    """Yield, by size, what is wrong with each stamp that is kept: a reason of ``StampWrong``, or ``rewritten`` where
    the ledger is not the one that was stamped."""
    tree = LedgerTree(connection)
    for row in connection.execute(f"{_STAMP} ORDER BY size").fetchall():
        one = Stamp(*row)
        try:
            check(one.answer, one.note, believed)
            if read_note(one.note)[0].root != tree.root(one.size):
                yield one.size, "rewritten"
        except StampWrong as wrong:
            yield one.size, wrong.reason
        except (NoCheckpoint, TreeBroken):
            yield one.size, "rewritten"
