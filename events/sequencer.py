"""The sequencer: the one place that numbers. It moves committed outbox rows into the dense, chained ledger.

A number given at append time can become visible after a higher one, and a reader that asks for "above the last I saw"
never comes back for it (measured: 24.5 % lost). Here a number is given to what is already committed, by one leader.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

import psycopg
import structlog

from events import columns, ledger
from events.envelope import links, partition_of
from events.leading import Leader, Wait, lead
from events.locks import Lock
from events.store import Lane

log = structlog.get_logger()

SILENT_SECONDS = 10.0
"""A leader that says nothing for this long is frozen: the server ends its session, and with it the lock."""

RESTORED = "linkage.restored"
"""Set on a database that was restored, until ``recovering`` has taken back what its log has beyond it."""
RECOVERY_PAUSE = 5.0

BATCH = 2000
PAUSE = 0.004
IDLE_PAUSE = 0.02

SELECT_OUTBOX = "SELECT lane, id, stream, version, digest, recorded_at FROM outbox"

OF_STREAMS = f"{SELECT_OUTBOX} WHERE stream = ANY(%s::uuid[])"
"""Asked for nothing else: with the lane or a number, too, a server that believes the outbox empty walks through it."""

BEHIND_NO_LIVE_ONE = f"AND stream NOT IN (SELECT stream FROM outbox WHERE lane = {Lane.LIVE:d})"
"""Both may have been committed since the live ones were read: the bulk event alone would be numbered, before the live
one that precedes it in its stream."""

MOVE = f"""
    WITH moved AS (
        DELETE FROM outbox WHERE lane IN ({Lane.LIVE:d}, {Lane.BULK:d}) AND id = ANY(%s::bigint[])
        RETURNING id, lane, stream, version, type, schema, occurred_at, recorded_at, data, personal, correlation,
            causation, digest
    )
    INSERT INTO ledger (position, partition, lane, stream, version, type, schema, occurred_at, recorded_at, data,
        personal, correlation, causation, digest, hash)
    SELECT n.position, n.partition, m.lane, m.stream, m.version, m.type, m.schema, m.occurred_at, m.recorded_at,
        m.data, m.personal, m.correlation, m.causation, m.digest, n.hash
    FROM moved m
    JOIN unnest(%s::bigint[], %s::bigint[], %s::smallint[], %s::bytea[]) AS n (id, position, partition, hash) USING (id)
"""

BY_INDEX = "; ".join(f"SET enable_{way} = off" for way in ("seqscan", "bitmapscan", "sort", "nestloop"))
"""The outbox is empty at noon and holds a million rows once a file is in. A statement that was planned for the empty
one, or after a vacuum that saw it so, read them all to take two hundred, half a second each time, and a single decision
waited for that. What is asked of it here has one way left, whatever the server believes of it."""


class Deposed(Exception):
    """Another leader moved the head: this one must change nothing more."""


def admit_all(head: int) -> int:
    """The gate that lets every bulk event through."""
    return BATCH


def nothing_known() -> int:
    """Where nobody else knows how far the ledger went."""
    return 0


def number_once(connection: psycopg.Connection, bulk_room: Callable[[int], int] = admit_all, batch: int = BATCH) -> int:
    """Number what is committed now, in one transaction, and return how many events that was.

    Live events go first. A bulk event goes with them when a live one of its stream waits behind it, so that the order
    within a stream holds across lanes; otherwise as many as ``bulk_room`` answers for the ledger's
    head, and only when no live one is left over.
    """
    with connection.transaction():
        rows = connection.execute(
            f"{SELECT_OUTBOX} WHERE lane = {Lane.LIVE:d} ORDER BY id LIMIT %s", (batch,)
        ).fetchall()
        taken = {row[1] for row in rows}
        if rows:
            last = {row[2]: row[1] for row in rows}
            of_streams = connection.execute(OF_STREAMS, (columns.uuids(last),)).fetchall()
            rows += [row for row in of_streams if row[1] < last[row[2]] and row[1] not in taken]
            taken.update(row[1] for row in rows)
        head = ledger.head(connection)
        room = min(bulk_room(head.position), batch - len(rows))
        if room > 0:
            bulk = connection.execute(
                f"{SELECT_OUTBOX} WHERE lane = {Lane.BULK:d} {BEHIND_NO_LIVE_ONE} ORDER BY id LIMIT %s", (room,)
            ).fetchall()
            rows += [row for row in bulk if row[1] not in taken]
        if not rows:
            return 0
        rows.sort(key=lambda row: row[1])
        positions, hashes = links(head.position, head.hash, ((row[5], row[4]) for row in rows))
        advanced = connection.execute(
            "UPDATE ledger_head SET position = %s, hash = %s, recorded_at = %s WHERE position = %s AND hash = %s",
            (positions[-1], hashes[-1], rows[-1][5], head.position, head.hash),
        ).rowcount
        if advanced != 1:
            # Before anything is moved: a row under a number that is taken would be an error that ends the process.
            raise Deposed
        moved = connection.execute(
            MOVE,
            (
                ids := columns.bigints(row[1] for row in rows),
                ids,
                columns.bigints(positions),
                columns.smallints(partition_of(row[2]) for row in rows),
                columns.blobs(hashes),
            ),
        ).rowcount
        if moved != len(rows):
            raise Deposed
    return len(rows)


class Sequencer:
    """Leads the numbering of one ledger, or waits until it may.

    ``bulk_room`` answers how many bulk events the lists can take after a given head; ``known_head`` the highest number
    of this ledger that anybody has heard of. A ledger that ends before it lost its end, and gives no number a second
    time: it is recovered first (``recovering``).
    ``numbered`` is told how many have just been numbered.
    """

    def __init__(
        self,
        url: str,
        source: str,
        bulk_room: Callable[[int], int] = admit_all,
        known_head: Callable[[], int] = nothing_known,
        numbered: Callable[[psycopg.Connection, int], None] = lambda _connection, _many: None,
    ) -> None:
        self.url = url
        self.source = source
        self.bulk_room = bulk_room
        self.known_head = known_head
        self.numbered = numbered

    def run(self, stop: threading.Event) -> None:
        """Number until ``stop``. An outage of the database is waited out."""
        lead(
            Leader(self.url, f"{self.source}-sequencer", Lock.NUMBERING, SILENT_SECONDS, stand_by_seconds=0.5),
            stop,
            lambda connection: self._lead(connection, stop),
            waits={Deposed: Wait("sequencer_deposed", 0)},
        )

    def _lead(self, connection: psycopg.Connection, stop: threading.Event) -> None:
        log.info("sequencer_leads", source=self.source)
        connection.execute(BY_INDEX)
        idle = head = 0
        row = connection.execute("SELECT current_setting(%s, true)", (RESTORED,)).fetchone()
        restored = bool(row and row[0])
        while not stop.is_set():
            known = self.known_head()
            if known > head:
                head = ledger.head(connection).position
            if restored or known > head:
                log.critical("sequencer_waits_for_recovery", source=self.source, head=head, known=known)
                stop.wait(RECOVERY_PAUSE)
                return  # on a new connection the database says whether it has been recovered
            numbered = number_once(connection, self.bulk_room) if idle == 0 or _something_waits(connection) else 0
            if numbered:
                self.numbered(connection, numbered)
            idle = 0 if numbered else idle + 1
            if numbered < BATCH:
                stop.wait(PAUSE if idle < 50 else IDLE_PAUSE)


def _something_waits(connection: psycopg.Connection) -> bool:
    """Ask in one statement what ``number_once`` asks in a transaction of several: a quiet site asks fifty times a
    second, all night."""
    row = connection.execute("SELECT EXISTS (SELECT FROM outbox)").fetchone()
    return bool(row and row[0])
