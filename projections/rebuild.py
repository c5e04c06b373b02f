"""The watch list made anew beside the one that is read: filled from recorded pushes, kept level, compared, exchanged.

Nothing but ``watch_list_other`` is written until the two change names, and nothing is said: a rebuild never looks a
duty up, so nobody's responsibility changes, and nobody is told anything twice. Each step is one transaction and leaves
behind where it got to; whoever is killed goes on there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import groupby
from uuid import UUID

import psycopg
from psycopg import sql
from psycopg.rows import TupleRow

from events import columns
from events.database import beside
from projections.erased import erased_parties
from projections.list_comparison import PUSH, fold_push
from projections.walls import raise_walls, walls_of
from projections.watch_list_fold import TYPES, Changes, Row

OTHER = "watch_list_other"
PUSHES = ["push_made", "push_moved"]
AT_ONCE = 20_000
"""Pushes read in one transaction: about a second's work, so that what else the process does waits no longer."""
FOLDED, FETCHED = 500, 100
"""Pushes that are folded and written together, and that are fetched together: no more of them are held at once."""
LEVELLED = 5_000
"""Events looked at in one transaction of levelling, and held at once."""
LEFT_AT_MOST = 5_000
"""Numbers of the ledger that may be behind when the lists change names: readers wait for so long."""
PATIENCE = "5s"
"""A writer or reader that holds the list for longer is not waited for: an exchange that waits holds up everybody."""


def create_other(connection: psycopg.Connection) -> None:
    """Make the empty table beside, with the same ways of being vacuumed, policies and grants; its indexes come when
    it is filled, by ``index_next``."""
    row = connection.execute("SELECT reloptions FROM pg_class WHERE oid = 'watch_list'::regclass").fetchone()
    options = f"WITH ({', '.join(row[0])})" if row and row[0] else ""
    connection.execute(f"CREATE TABLE {OTHER} (LIKE watch_list INCLUDING CONSTRAINTS) {options}".encode())
    raise_walls(connection, OTHER, walls_of(connection, "watch_list"))


def drop_other(connection: psycopg.Connection) -> None:
    connection.execute(f"DROP TABLE IF EXISTS {OTHER}")


def fill_next(connection: psycopg.Connection, through: UUID | None) -> tuple[UUID | None, int, int]:
    """Fold the permits after ``through`` and put their rows into the other table, in the caller's transaction.

    Returns the last permit that was folded (``None``: there was none left), how many they were, and how many rows.
    The pushes are read by a session beside, so that PostgreSQL reads and writes while they are folded here.
    """
    erased = erased_parties(connection)
    permits = written = 0
    last: UUID | None = None
    with beside(connection) as reading, columns.copying(connection, OTHER, TYPES) as copy:
        for records in _pushes_after(reading, through):
            folded, rows = _folded(records, erased)
            copy(rows)
            last, permits, written = records[-1][0], permits + folded, written + len(rows)
    return last, permits, written


def index_next(connection: psycopg.Connection) -> bool:
    """Make one index of the other table that the list has and it has not; False when none is missing."""
    wanted = {_other_name(name): definition for name, definition in _indexes(connection, "watch_list")}
    there = {name for name, _ in _indexes(connection, OTHER)}
    missing = sorted(wanted.keys() - there)
    if not missing:
        connection.execute(f"ANALYZE {OTHER}")
        return False
    connection.execute(_LOOSE)
    (name, *_) = missing
    if name == f"{OTHER}_pkey":
        connection.execute(f"ALTER TABLE {OTHER} ADD CONSTRAINT {name} PRIMARY KEY (department, permit)".encode())
    else:
        _, _, of = wanted[name].partition(" USING ")
        connection.execute(f"CREATE INDEX {name} ON {OTHER} USING {of}".encode())
    return True


def level_next(connection: psycopg.Connection, since: int) -> int:
    """Fold anew what was pushed after number ``since``, in the caller's transaction; return up to which number the
    other table is level now."""
    rows = connection.execute(
        "SELECT position, stream, type = ANY(%s) FROM ledger WHERE position > %s ORDER BY position LIMIT %s",
        (PUSHES, since, LEVELLED),
    ).fetchall()
    if not rows:
        return since
    _refold(connection, {stream for _, stream, pushed in rows if pushed})
    return int(rows[-1][0])


def exchange(connection: psycopg.Connection, since: int) -> int:
    """Let the two tables change names, in the caller's transaction, both level; return up to which number.

    ``OverflowError`` when more is behind than readers can wait for; psycopg's ``LockNotAvailable`` when somebody holds
    the list for longer than ``PATIENCE``; ``LookupError`` when the two have not the same columns, policies and
    grants: a list that shows more than the one before is not switched in.
    """
    connection.execute(f"SET LOCAL lock_timeout = '{PATIENCE}'")
    connection.execute(f"LOCK TABLE watch_list, {OTHER} IN ACCESS EXCLUSIVE MODE")
    for alike in (_columns, walls_of):
        if alike(connection, "watch_list") != alike(connection, OTHER):
            raise LookupError(OTHER)
    behind = _head(connection) - since
    if behind > LEFT_AT_MOST:
        raise OverflowError(behind)
    # What is recorded and not numbered yet is in the list that is read, and must be in the other. Asked before the
    # ledger: what is numbered between the two questions is then found twice, and never missed.
    unnumbered = connection.execute("SELECT DISTINCT stream FROM outbox WHERE type = ANY(%s)", (PUSHES,)).fetchall()
    level = level_next(connection, since)
    _refold(connection, {stream for (stream,) in unnumbered})
    _rename(connection, "watch_list", "watch_list_between")
    _rename(connection, OTHER, "watch_list")
    _rename(connection, "watch_list_between", OTHER)
    return level


def compare(connection: psycopg.Connection, since: int) -> dict[str, dict[str, int]]:
    """Return, by department, how many rows the two lists have in common, and how many are missing from the one that is
    read, surplus in it, or different. Permits that were pushed after number ``since`` are left out: the other list
    has not heard of that yet. Departments without a difference are told too."""
    rows = connection.execute(
        f"""WITH moving AS (SELECT stream FROM ledger WHERE position > %(since)s AND type = ANY(%(pushes)s)
                            UNION SELECT stream FROM outbox WHERE type = ANY(%(pushes)s)),
            beside AS (SELECT department, w.permit IS NOT NULL AS read, o.permit IS NOT NULL AS made,
                           w.* IS NOT DISTINCT FROM o.* AS same
                       FROM watch_list w FULL JOIN {OTHER} o USING (department, permit)
                       WHERE permit NOT IN (SELECT stream FROM moving))
            SELECT department, count(*) FILTER (WHERE same), count(*) FILTER (WHERE NOT read),
                count(*) FILTER (WHERE NOT made), count(*) FILTER (WHERE read AND made AND NOT same)
            FROM beside GROUP BY 1 ORDER BY 1""".encode(),
        {"since": since, "pushes": PUSHES},
    ).fetchall()
    return {row[0]: dict(zip(("equal", "missing", "surplus", "different"), row[1:], strict=True)) for row in rows}


def _pushes_after(reading: psycopg.Connection, through: UUID | None) -> Iterator[list[TupleRow]]:
    """Yield the pushes of the permits after ``through``, of some whole permits at a time, about ``AT_ONCE`` in all.

    They are taken as they come: what is not folded yet waits at the server, not here.
    """
    rows = reading.cursor(binary=True).stream(
        f"""SELECT {PUSH} FROM ledger WHERE (%(through)s::uuid IS NULL OR stream > %(through)s)
              AND type = ANY(%(pushes)s) ORDER BY stream, version LIMIT %(limit)s""".encode(),
        {"through": through, "pushes": PUSHES, "limit": AT_ONCE},
        size=FETCHED,
    )
    came, records = 0, list[TupleRow]()
    for row in rows:
        came += 1
        if len(records) >= FOLDED and row[0] != records[-1][0]:
            yield records
            records = []
        records.append(row)
    if came == AT_ONCE:  # the last permit may have more
        last = records[-1][0]
        alone = len(records) == came and records[0][0] == last
        # One permit with thousands of pushes: all of them at once.
        records = _folded_from(reading, [last]) if alone else [one for one in records if one[0] != last]
    if records:
        yield records


def _folded_from(connection: psycopg.Connection, permits: Collection[UUID]) -> list[TupleRow]:
    return (
        connection.cursor(binary=True)
        .execute(
            f"""SELECT * FROM (SELECT {PUSH} FROM ledger WHERE stream = ANY(%(permits)s) AND type = ANY(%(pushes)s)
                           UNION ALL
                           SELECT {PUSH} FROM outbox WHERE stream = ANY(%(permits)s) AND type = ANY(%(pushes)s)) AS said
            ORDER BY stream, version""".encode(),
            {"permits": columns.uuids(permits), "pushes": PUSHES},
        )
        .fetchall()
    )


def _folded(records: Iterable[TupleRow], erased: Collection[UUID]) -> tuple[int, Sequence[Row]]:
    """Return of how many permits the records are, and the rows that they make: a permit's records stand together."""
    permits, rows = 0, list[Row]()
    for _, pushes in groupby(records, _permit):
        changes = Changes(erased)
        for push in pushes:
            fold_push(changes, *push)
        permits += 1
        rows += changes.rows.values()
    return permits, rows


def _permit(record: TupleRow) -> int:
    permit: UUID = record[0]
    return permit.int


def _refold(connection: psycopg.Connection, permits: Collection[UUID]) -> None:
    if permits:
        connection.execute(f"DELETE FROM {OTHER} WHERE permit = ANY(%s)", (columns.uuids(permits),))
        _, rows = _folded(_folded_from(connection, permits), erased_parties(connection))
        with columns.copying(connection, OTHER, TYPES) as copy:
            copy(rows)


def _head(connection: psycopg.Connection) -> int:
    row = connection.execute("SELECT position FROM ledger_head").fetchone()
    assert row is not None
    return int(row[0])


def _indexes(connection: psycopg.Connection, table: str) -> list[tuple[str, str]]:
    return connection.execute(
        "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema() AND tablename = %s", (table,)
    ).fetchall()


def _columns(connection: psycopg.Connection, table: str) -> list[tuple[str, str]]:
    return connection.execute(
        """SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute
           WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum""",
        (table,),
    ).fetchall()


_LOOSE = """SELECT set_config('wal_compression', 'off', true)
            WHERE has_parameter_privilege('wal_compression', 'SET')"""
"""For as long as an index is built: compressing its pages for the write-ahead log costs more than building it. Where
our role may not say so, it is built all the same."""


def _other_name(index: str) -> str:
    return index.replace("watch_list", OTHER, 1)


def _rename(connection: psycopg.Connection, old: str, new: str) -> None:
    """Rename a table with its indexes: a later migration calls them by their names."""
    for index, _ in _indexes(connection, old):
        renamed = index.replace(old, new, 1)
        connection.execute(
            sql.SQL("ALTER INDEX {} RENAME TO {}").format(sql.Identifier(index), sql.Identifier(renamed))
        )
    connection.execute(sql.SQL("ALTER TABLE {} RENAME TO {}").format(sql.Identifier(old), sql.Identifier(new)))
