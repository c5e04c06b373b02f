"""A ledger that was restored to an older head takes back, out of its log, what it had numbered after that.

The same numbers, the same hashes: the chain covers number, time of recording and digest, and a record carries all of
them. Until that is done nothing new may be numbered, or two events would bear one number (``sequencer``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import psycopg
from psycopg import sql

from events import columns, ledger
from events.envelope import Record, digest_of, link
from events.locks import Lock
from events.log import Log, LogIdentity
from events.numbers import in_words, runs_of
from events.sequencer import RESTORED
from events.store import Lane

PAGE = 5000


class CannotRecover(Exception):
    """What the log holds does not continue this ledger. The text says why; nothing was changed."""


@dataclass(frozen=True, slots=True)
class Recovered:
    """Numbers ``first`` to ``last`` came back, none when ``last`` is before ``first``; ``found_waiting`` of them stood
    in the outbox that was restored, without a number."""

    first: int
    last: int
    found_waiting: int

    @property
    def count(self) -> int:
        return self.last - self.first + 1


def mark_restored(connection: psycopg.Connection) -> None:
    """Let nothing be numbered in this database until ``recover`` has been here."""
    _set(connection, sql.SQL("ALTER DATABASE {} SET {} = 'on'"))


def recover(
    connection: psycopg.Connection,
    source: str,
    log: Log | None,
    rebuild: Callable[[psycopg.Connection, Sequence[Record]], None] = lambda *_: None,
) -> Recovered:
    """Take back from ``log`` all that it has beyond the head of the ledger of ``source``, and allow numbering again.

    ``rebuild`` is given, in the same transaction, the records of which the restored database knew nothing, for what
    else was written when they were recorded. Without a log of its own (the ledger itself is read) there is nothing to
    take. All or nothing; repeating is harmless.
    """
    with connection.transaction():
        row = connection.execute("SELECT pg_try_advisory_xact_lock(%s)", (Lock.NUMBERING,)).fetchone()
        if not (row and row[0]):
            raise CannotRecover(f"a sequencer of {source} is running: stop it first")
        before = ledger.head(connection)
        records = _beyond(connection, log, before.position) if log else []
        waited = _take(connection, source, before, records)
        rebuild(connection, [record for record in records if (record.stream, record.version) not in waited])
        _set(connection, sql.SQL("ALTER DATABASE {} RESET {}"))
    return Recovered(before.position + 1, before.position + len(records), len(waited))


def _beyond(connection: psycopg.Connection, log: Log, head: int) -> list[Record]:
    found: dict[int, Record] = {}
    cursors: Mapping[int, int] = _from(connection, log.identity(), log.beginning())
    while log.unread(cursors):
        batch = log.read(cursors, PAGE, timeout=5.0)
        cursors = batch.cursors
        for record in batch.records:
            if record.position <= head:
                continue
            if record.defect:
                raise CannotRecover(f"a record beyond number {head} cannot be read: {record.defect}")
            known = found.setdefault(record.position, record)
            if (known.stream, known.version) != (record.stream, record.version):
                raise CannotRecover(f"number {record.position} is in the log twice, for two events")
    if missing := runs_of(set(range(head + 1, max(found, default=head) + 1)) - found.keys()):
        raise CannotRecover(
            f"the log has numbers up to {max(found)}, but lacks {in_words(missing)}: restore to a later time first"
        )
    return [found[number] for number in sorted(found)]


def _from(connection: psycopg.Connection, identity: LogIdentity, beginning: Mapping[int, int]) -> dict[int, int]:
    """Where the relay stood when the backup was made: what lies before that, this ledger has."""
    rows = connection.execute(
        "SELECT partition, cursor FROM checkpoints WHERE reader = 'relay' AND log = %s AND cluster = %s AND topic = %s",
        (identity.log, identity.cluster, identity.topic),
    ).fetchall()
    return dict(beginning) | {partition: max(beginning[partition], cursor) for partition, cursor in rows}


def _take(
    connection: psycopg.Connection, source: str, head: ledger.Head, records: Sequence[Record]
) -> set[tuple[UUID, int]]:
    """Return which of them stood in the outbox: recorded, and not numbered yet, when the backup was made."""
    if not records:
        return set()
    previous, rows = head.hash, []
    for record in records:
        digest = digest_of(record, source)
        previous = link(previous, record.position, record.recorded_at, digest)
        rows.append(
            (
                record.position, record.partition, int(Lane.LIVE), record.stream, record.version, record.type,
                record.schema, record.occurred_at, record.recorded_at, record.data.decode(), record.personal,
                record.correlation, record.causation, digest, previous,
            )
        )  # fmt: skip
    with connection.cursor().copy("COPY ledger FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
    streams = columns.uuids(record.stream for record in records)
    versions = columns.integers(record.version for record in records)
    waiting = connection.execute(
        """DELETE FROM outbox o USING unnest(%s::uuid[], %s::integer[]) AS r (stream, version)
           WHERE o.stream = r.stream AND o.version = r.version RETURNING o.stream, o.version""",
        (streams, versions),
    ).fetchall()
    connection.execute(
        """INSERT INTO streams (stream, version)
           SELECT stream, max(version) FROM unnest(%s::uuid[], %s::integer[]) AS r (stream, version) GROUP BY stream
           ON CONFLICT (stream) DO UPDATE SET version = greatest(streams.version, excluded.version)""",
        (streams, versions),
    )
    connection.execute(
        "UPDATE ledger_head SET position = %s, hash = %s, recorded_at = %s",
        (records[-1].position, previous, records[-1].recorded_at),
    )
    return set(waiting)


def _set(connection: psycopg.Connection, statement: sql.SQL) -> None:
    row = connection.execute("SELECT current_database()").fetchone()
    assert row is not None
    connection.execute(statement.format(sql.Identifier(row[0]), sql.SQL(RESTORED)))
