"""Bookmarks: where each reader of a log resumes, fenced so that a thawed worker changes nothing.

A bookmark says where to read on; what is true is said by the version of each stream. Every batch locks the rows it
advances and starts from the cursor *and* the epoch that its worker took over with. A worker that was frozen while
another took its partitions finds another epoch and must roll back.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

import psycopg

from events.log import LogIdentity

LEASE_SECONDS = 10
_FREE = """(owner IS NULL OR lease_until < clock_timestamp()
            OR NOT EXISTS (SELECT 1 FROM pg_stat_activity WHERE pid = owner_backend))"""


FROZEN_SECONDS = 10
"""A session that holds our rows while the server has waited so long for its next word belongs to a frozen process."""


LOCK_SECONDS = 5


class Fenced(Exception):
    """Another worker owns the partition now. Roll back, drop what is buffered, and take partitions anew."""


@dataclass(slots=True)
class Lease:
    """The partitions that one worker of a reader owns: the epoch, the cursor and the ledger position of each."""

    reader: str
    log: str
    epochs: dict[int, int] = field(default_factory=dict)
    cursors: dict[int, int] = field(default_factory=dict)
    positions: dict[int, int] = field(default_factory=dict)

    @property
    def partitions(self) -> frozenset[int]:
        return frozenset(self.cursors)

    def join(self, other: Lease) -> None:
        """Own what ``other`` owns, too."""
        self.epochs |= other.epochs
        self.cursors |= other.cursors
        self.positions |= other.positions

    def drop(self, partitions: Iterable[int]) -> None:
        for partition in partitions:
            for known in (self.epochs, self.cursors, self.positions):
                known.pop(partition, None)


def take(
    connection: psycopg.Connection,
    reader: str,
    identity: LogIdentity,
    beginning: Mapping[int, int],
    owner: str,
    *,
    assigned: bool = False,
    most: int | None = None,
) -> Lease:
    """Take the partitions of ``beginning`` that are free, at ``most`` so many, and return the lease on them.

    Free: never owned, given back, owned by a session that no longer exists, or silent past its lease, and not in the
    middle of a batch: who works on other partitions must not wait for a frozen transaction. ``assigned`` takes them
    from a living owner too: a consumer group gave them to us, so the other may live but does not own them.

    A log with another identity than the bookmark's starts at its beginning; versions skip what was applied before.
    """
    partitions = sorted(beginning)
    _end_frozen(connection, reader, identity.log, partitions)
    with connection.transaction():
        # Who is frozen is found out after a while only, and by nobody who waits for it meanwhile.
        connection.execute(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'")
        # Rows that are there are left alone: ON CONFLICT waits for whoever is changing one.
        connection.execute(
            """INSERT INTO checkpoints (reader, log, partition, cursor, cluster, topic)
               SELECT %s, %s, p, c, %s, %s FROM unnest(%s::smallint[], %s::bigint[]) AS t (p, c)
               WHERE NOT EXISTS (SELECT FROM checkpoints WHERE reader = %s AND log = %s AND partition = p)
               ON CONFLICT DO NOTHING""",
            (
                reader,
                identity.log,
                identity.cluster,
                identity.topic,
                partitions,
                [beginning[p] for p in partitions],
                reader,
                identity.log,
            ),
        )
        rows = connection.execute(
            f"""WITH free AS (
                   SELECT partition FROM checkpoints
                   WHERE reader = %(reader)s AND log = %(log)s AND partition = ANY(%(partitions)s)
                     AND (%(assigned)s OR owner = %(owner)s OR {_FREE})
                   ORDER BY partition LIMIT %(most)s FOR UPDATE {"" if assigned else "SKIP LOCKED"}
               )
               UPDATE checkpoints c SET
                   epoch = epoch + 1, owner = %(owner)s, owner_backend = pg_backend_pid(),
                   lease_until = clock_timestamp() + make_interval(secs => %(lease)s),
                   cursor = CASE WHEN cluster = %(cluster)s AND topic = %(topic)s THEN cursor ELSE b.cursor_b END,
                   cluster = %(cluster)s, topic = %(topic)s
               FROM free, unnest(%(partitions)s::smallint[], %(beginning)s::bigint[]) AS b (partition_b, cursor_b)
               WHERE c.reader = %(reader)s AND c.log = %(log)s AND c.partition = free.partition
                 AND b.partition_b = free.partition
               RETURNING c.partition, c.epoch, c.cursor, c.ledger_position""",
            {
                "reader": reader,
                "log": identity.log,
                "cluster": identity.cluster,
                "topic": identity.topic,
                "partitions": partitions,
                "beginning": [beginning[p] for p in partitions],
                "owner": owner,
                "lease": LEASE_SECONDS,
                "assigned": assigned,
                "most": most,
            },
        ).fetchall()
    lease = Lease(reader, identity.log)
    for partition, epoch, cursor, position in rows:
        lease.epochs[partition], lease.cursors[partition] = epoch, cursor
        lease.positions[partition] = position
    return lease


def free(connection: psycopg.Connection, lease: Lease, partitions: Collection[int]) -> bool:
    """Tell whether one of ``partitions`` can be taken by the reader of ``lease``. Waits for nobody."""
    if not partitions:
        return False
    _end_frozen(connection, lease.reader, lease.log, partitions)
    found = connection.execute(
        f"SELECT 1 FROM checkpoints WHERE reader = %s AND log = %s AND partition = ANY(%s) AND {_FREE}"
        " LIMIT 1 FOR UPDATE SKIP LOCKED",
        (lease.reader, lease.log, sorted(partitions)),
    )
    return found.fetchone() is not None


def _end_frozen(connection: psycopg.Connection, reader: str, log: str, partitions: Collection[int]) -> None:
    """End the sessions that hold rows of ``partitions`` and say nothing.

    The server does so by itself with a session that is idle in its transaction. One whose process was stopped in the
    middle of a long message is not idle for it: it would hold the rows, and keep everybody out, for ever.
    """
    connection.execute(
        """SELECT pg_terminate_backend(a.pid) FROM pg_stat_activity a
           WHERE a.wait_event = 'ClientRead' AND a.state_change < clock_timestamp() - make_interval(secs => %s)
             AND a.pid IN (
               SELECT l.pid FROM checkpoints c JOIN pg_locks l
                   ON l.locktype = 'transactionid' AND l.granted AND l.transactionid = c.xmax
               WHERE c.reader = %s AND c.log = %s AND c.partition = ANY(%s))""",
        (FROZEN_SECONDS, reader, log, sorted(partitions)),
    )


def resume_within(
    connection: psycopg.Connection, lease: Lease, beginning: Mapping[int, int], head: Mapping[int, int]
) -> dict[int, int]:
    """Go back to the beginning wherever the log no longer has what lies at the cursor, and return the cursors that were
    given up: before the beginning (no longer kept) or after the head (the log lost its end)."""
    lost = {p: cursor for p, cursor in lease.cursors.items() if not beginning[p] <= cursor <= head[p]}
    if lost:
        resumed = {p: beginning[p] for p in lost}
        with connection.transaction():
            advance(connection, lease, resumed, {})
        moved(lease, resumed, {})
    return lost


def advance(
    connection: psycopg.Connection, lease: Lease, cursors: Mapping[int, int], positions: Mapping[int, int]
) -> None:
    """Move the bookmark inside the caller's transaction, as its first statement. ``Fenced`` when it is not ours.

    The caller puts the new cursors into the lease after the commit (``moved``), not before.
    """
    moving = sorted(cursors)
    changed = connection.execute(
        """UPDATE checkpoints c SET
               cursor = m.after, ledger_position = greatest(c.ledger_position, m.position),
               advanced_at = clock_timestamp(), lease_until = clock_timestamp() + make_interval(secs => %s)
           FROM unnest(%s::smallint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[])
               AS m (partition, epoch, before, after, position)
           WHERE c.reader = %s AND c.log = %s AND c.partition = m.partition
             AND c.epoch = m.epoch AND c.cursor = m.before
        """,
        (
            LEASE_SECONDS,
            moving,
            [lease.epochs[p] for p in moving],
            [lease.cursors[p] for p in moving],
            [cursors[p] for p in moving],
            [positions.get(p, 0) for p in moving],
            lease.reader,
            lease.log,
        ),
    ).rowcount
    if changed != len(moving):
        raise Fenced(lease.reader)


def moved(lease: Lease, cursors: Mapping[int, int], positions: Mapping[int, int]) -> None:
    """Note in memory what ``advance`` committed."""
    lease.cursors.update(cursors)
    for partition, position in positions.items():
        lease.positions[partition] = max(position, lease.positions.get(partition, 0))


def renew(connection: psycopg.Connection, lease: Lease) -> None:
    """Keep an idle lease. ``Fenced`` when some of it is no longer ours."""
    held = sorted(lease.partitions)
    kept = connection.execute(
        """UPDATE checkpoints c SET lease_until = clock_timestamp() + make_interval(secs => %s)
           FROM unnest(%s::smallint[], %s::bigint[]) AS m (partition, epoch)
           WHERE c.reader = %s AND c.log = %s AND c.partition = m.partition AND c.epoch = m.epoch""",
        (LEASE_SECONDS, held, [lease.epochs[p] for p in held], lease.reader, lease.log),
    ).rowcount
    if kept != len(held):
        raise Fenced(lease.reader)


def release(connection: psycopg.Connection, lease: Lease, partitions: Iterable[int] | None = None) -> None:
    """Give partitions back, so that another worker need not wait for the lease to lapse."""
    giving = sorted(lease.partitions if partitions is None else set(partitions) & lease.partitions)
    connection.execute(
        """UPDATE checkpoints c SET owner = NULL, owner_backend = NULL, lease_until = NULL
           FROM unnest(%s::smallint[], %s::bigint[]) AS m (partition, epoch)
           WHERE c.reader = %s AND c.log = %s AND c.partition = m.partition AND c.epoch = m.epoch""",
        (giving, [lease.epochs[p] for p in giving], lease.reader, lease.log),
    )
    lease.drop(giving)


def passed(connection: psycopg.Connection, log: str) -> tuple[int, int]:
    """Return the lowest ledger position that every partition of every reader of ``log`` has passed, and the highest
    that all readers have reached in some partition."""
    row = connection.execute(
        """SELECT coalesce(min(lowest), 0), coalesce(min(highest), 0) FROM (
               SELECT min(ledger_position) AS lowest, max(ledger_position) AS highest
               FROM checkpoints WHERE log = %s GROUP BY reader) AS readers""",
        (log,),
    ).fetchone()
    return (int(row[0]), int(row[1])) if row else (0, 0)
