"""The embedded log: the ledger itself, read across by number. No broker, nothing to publish.

It touches only ``ledger``, ``ledger_head`` and ``announcements`` of the other side's database, by a role that may
do no more.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import TupleRow
from psycopg.types.json import Jsonb

from events.database import connect
from events.envelope import PARTITIONS, Record
from events.log import Announcement, Batch, LogIdentity, LogUnavailable
from events.numbers import Run
from events.store import COLUMNS, as_record

POLL_SECONDS = 0.004
QUIET_SECONDS = 0.05
QUIET_POLL_SECONDS = 0.012
"""Where nothing has come for a while it is asked for less often: a quiet site asks all night."""


class EmbeddedLog:
    """Reads the ledger of ``source`` at ``url``. One connection, opened when first used, replaced when it breaks.

    A cursor is the number of the next record. Not for several threads at once.
    """

    partitions = PARTITIONS

    def __init__(self, url: str, source: str) -> None:
        self.url = url
        self.source = source
        self.name = f"embedded:{source}"
        self._connection: psycopg.Connection | None = None

    def identity(self) -> LogIdentity:
        """Return the database's own identity: a restored or newly made ledger is another one."""
        rows = self._rows(
            "SELECT system_identifier::text, (SELECT oid::text FROM pg_database WHERE datname = "
            "current_database()) FROM pg_control_system()"
        )
        return LogIdentity(self.name, rows[0][0], rows[0][1])

    def read(self, cursors: Mapping[int, int], limit: int, timeout: float = 0.0) -> Batch:
        if not cursors:
            return Batch((), {})
        start = min(cursors.values())
        mine = None if len(cursors) == self.partitions else sorted(cursors)
        began = time.monotonic()
        while True:
            # What lies up to this head is seen by the next statement, so a short page has all of it: the partitions of
            # one worker that stay quiet while those of another are busy would else be searched again and again.
            head = self._head() if mine else 0
            rows = self._rows(
                f"""SELECT position, {COLUMNS} FROM ledger
                    WHERE position >= %(start)s AND (%(mine)s::smallint[] IS NULL OR partition = ANY(%(mine)s))
                    ORDER BY position LIMIT %(limit)s""",
                {"start": start, "mine": mine, "limit": limit},
            )
            waited = time.monotonic() - began
            if rows or waited >= timeout:
                break
            time.sleep(POLL_SECONDS if waited < QUIET_SECONDS else QUIET_POLL_SECONDS)
        records = [as_record(self.source, row) for row in rows]
        unread = [r for r in records if r.cursor > cursors[r.partition]]
        after = dict(cursors)
        # Every record of ours below the last one of this page has been returned, whichever partition it is in.
        passed = max(records[-1].cursor if records else 0, head + 1 if len(rows) < limit else 0)
        if passed > 1:
            after = {p: max(cursor, passed) for p, cursor in cursors.items()}
        return Batch(unread, after)

    def head(self) -> Mapping[int, int]:
        return dict.fromkeys(range(self.partitions), self._head() + 1)

    def _head(self) -> int:
        return int(self._rows("SELECT position FROM ledger_head")[0][0])

    def beginning(self) -> Mapping[int, int]:
        return dict.fromkeys(range(self.partitions), 1)

    def unread(self, cursors: Mapping[int, int]) -> Mapping[int, int]:
        rows = self._rows(
            """SELECT l.partition, count(*) FROM ledger l
               JOIN unnest(%s::smallint[], %s::bigint[]) AS c (partition, cursor) ON c.partition = l.partition
               WHERE l.position >= %s AND l.position >= c.cursor GROUP BY l.partition""",
            (sorted(cursors), [cursors[p] for p in sorted(cursors)], min(cursors.values(), default=1)),
        )
        return dict(rows)

    def oldest_unread_at(self, cursors: Mapping[int, int]) -> datetime | None:
        rows = self._rows(
            """SELECT recorded_at FROM ledger l
               JOIN unnest(%s::smallint[], %s::bigint[]) AS c (partition, cursor) ON c.partition = l.partition
               WHERE l.position >= %s AND l.position >= c.cursor ORDER BY l.position LIMIT 1""",
            (sorted(cursors), [cursors[p] for p in sorted(cursors)], min(cursors.values(), default=1)),
        )
        return rows[0][0] if rows else None

    def numbered(self, runs: Sequence[Run]) -> Sequence[Record]:
        rows = self._rows(
            f"""SELECT position, {COLUMNS} FROM unnest(%s::bigint[], %s::bigint[]) AS r (first, last)
                JOIN ledger ON position BETWEEN r.first AND r.last ORDER BY position""",
            ([first for first, _ in runs], [last for _, last in runs]),
        )
        return [as_record(self.source, row) for row in rows]

    def announce(self, announcement: Announcement) -> None:
        self._rows(
            """INSERT INTO announcements (source, announced_at, said) VALUES (%s, %s, %s)
               ON CONFLICT (source) DO UPDATE SET announced_at = excluded.announced_at, said = excluded.said
               RETURNING 1""",
            (self.source, announcement.announced_at, Jsonb(announcement.as_said())),
        )

    def announcement(self) -> Announcement | None:
        rows = self._rows("SELECT announced_at, said FROM announcements WHERE source = %s", (self.source,))
        if not rows:
            return None
        return Announcement.read(self.source, *rows[0])

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _rows(self, query: str, parameters: Any = None) -> list[TupleRow]:
        try:
            if self._connection is None or self._connection.closed:
                self._connection = connect(self.url, application=f"log-of-{self.source}")
            return self._connection.execute(query, parameters).fetchall()
        except (psycopg.OperationalError, psycopg.InterfaceError) as error:
            self.close()
            raise LogUnavailable(f"the ledger of {self.source} cannot be read: {type(error).__name__}") from error
