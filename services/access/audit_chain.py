"""The chain of the audit trail: entries are linked in order, as the ledger's are, by one leader, a moment after they
were written.

Linked by the writer himself, every request that is written down would wait for the one before it: one lock for the
whole service. So an entry is safe when its transaction is, and the chain follows within a second.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator

import psycopg

from events import columns
from events.envelope import links
from events.leading import Leader, Wait, lead
from events.ledger import BEGINNING, Fault, Head, Linked, Place, faults
from events.locks import Lock
from events.sequencer import Deposed
from services.access.audit import COLUMNS, as_entry

SILENT_SECONDS = 10.0
PAUSE = 0.5
BATCH = 2000


def head(connection: psycopg.Connection) -> Head:
    row = connection.execute("SELECT position, hash, recorded_at FROM audit_head").fetchone()
    assert row is not None
    return Head(*row)


def link_once(connection: psycopg.Connection, batch: int = BATCH) -> int:
    """Link what is written and not linked yet, in one transaction, and return how many entries that was."""
    with connection.transaction():
        rows = connection.execute(
            """SELECT u.entry, a.at, a.digest FROM audit_unlinked u JOIN audit a ON a.id = u.entry
               ORDER BY u.entry LIMIT %s""",
            (batch,),
        ).fetchall()
        if not rows:
            return 0
        before = head(connection)
        positions, hashes = links(before.position, before.hash, ((at, digest) for _, at, digest in rows))
        advanced = connection.execute(
            "UPDATE audit_head SET position = %s, hash = %s, recorded_at = %s WHERE position = %s AND hash = %s",
            (positions[-1], hashes[-1], rows[-1][1], before.position, before.hash),
        ).rowcount
        if advanced != 1:
            raise Deposed
        entries = columns.bigints(row[0] for row in rows)
        connection.execute(
            """INSERT INTO audit_chain (position, entry, recorded_at, digest, hash)
               SELECT n.position, n.entry, a.at, a.digest, n.hash
               FROM unnest(%s::bigint[], %s::bigint[], %s::bytea[]) AS n (position, entry, hash)
               JOIN audit a ON a.id = n.entry""",
            (columns.bigints(positions), entries, columns.blobs(hashes)),
        )
        connection.execute("DELETE FROM audit_unlinked WHERE entry = ANY(%s::bigint[])", (entries,))
    return len(rows)


class Linker:
    """Leads the linking of one side's trail, or waits until it may."""

    def __init__(self, url: str, side: str) -> None:
        self.url, self.side = url, side

    def run(self, stop: threading.Event) -> None:
        """Link until ``stop``. An outage of the database is waited out."""
        lead(
            Leader(self.url, f"{self.side}-audit", Lock.LINKING_AUDIT, SILENT_SECONDS),
            stop,
            lambda connection: self._link(connection, stop),
            waits={Deposed: Wait("audit_linker_deposed", 0)},
        )

    def _link(self, connection: psycopg.Connection, stop: threading.Event) -> None:
        while not stop.is_set():
            if link_once(connection) < BATCH:
                stop.wait(PAUSE)


def verify(connection: psycopg.Connection, since: Place = BEGINNING) -> Iterator[Fault]:
    """Walk the chain from ``since`` to its end and yield every place that does not hold: entries that were changed,
    removed before their time, or slipped in beside the chain among them."""
    last = head(connection)
    archived = connection.execute("SELECT coalesce(max(last), 0) FROM audit_archives").fetchone()
    assert archived is not None
    if since.position:
        row = connection.execute("SELECT hash FROM audit_chain WHERE position = %s", (since.position,)).fetchone()
        if row is None or row[0] != since.hash:
            yield Fault(since.position, "chain" if row else "hole")
    yield from faults(_linked(connection, since.position, last.position, archived[0]), since, last)
    # An entry with the time of the whole chain behind it and no place in it was put there past the one way in.
    yield from (
        Fault(last.position, "hole")
        for _ in connection.execute(
            """SELECT a.id FROM audit a WHERE NOT EXISTS (SELECT FROM audit_chain c WHERE c.entry = a.id)
               AND NOT EXISTS (SELECT FROM audit_unlinked u WHERE u.entry = a.id)
               UNION ALL SELECT u.entry FROM audit_unlinked u
               WHERE NOT EXISTS (SELECT FROM audit a WHERE a.id = u.entry)"""
        )
    )


def _linked(connection: psycopg.Connection, after: int, last: int, archived: int) -> Iterator[Linked]:
    while rows := connection.execute(
        f"""SELECT c.position, c.recorded_at, c.digest, c.hash, a.id, a.at, {COLUMNS}
            FROM audit_chain c LEFT JOIN audit a ON a.id = c.entry
            WHERE c.position > %s AND c.position <= %s ORDER BY c.position LIMIT {BATCH}""".encode(),
        (after, last),
    ).fetchall():
        for position, recorded_at, digest, hash_, entry, at, *said in rows:
            if entry is None:
                # Of an archived entry the chain alone is left here; its file shows the rest.
                computed = digest if position <= archived else b""
            else:
                computed = as_entry(said).digest() if at == recorded_at else b""
            yield Linked(position, recorded_at, computed, digest, hash_)
        after = rows[-1][0]
