"""What stands in the audit trail, for the one role that may read it: by time, act, caller and object."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import psycopg

from services.access.audit import COLUMNS, Act, Entry, as_entry

PAGE = 2000


@dataclass(frozen=True, slots=True)
class Noted:
    """A line of the trail with when it was written. ``position``, ``hash``: in the chain; 0 and empty until linked."""

    id: int
    at: datetime
    entry: Entry
    position: int = 0
    hash: bytes = b""


@dataclass(frozen=True, slots=True)
class Sought:
    """``caller`` and ``about``: whole, or nothing; ``about`` is one of an entry's objects, with or without its name.
    ``before``: only lines with a smaller id, for the next page."""

    since: datetime | None = None
    until: datetime | None = None
    act: Act | None = None
    caller: str = ""
    about: str = ""
    before: int | None = None


def newest(connection: psycopg.Connection, sought: Sought, limit: int) -> list[Noted]:
    """Return up to ``limit`` lines, the newest first."""
    rows = connection.execute(
        f"""SELECT a.id, a.at, coalesce(c.position, 0), coalesce(c.hash, ''), {COLUMNS}
            FROM audit a LEFT JOIN audit_chain c ON c.entry = a.id
            WHERE (%(since)s::timestamptz IS NULL OR a.at >= %(since)s)
              AND (%(until)s::timestamptz IS NULL OR a.at < %(until)s)
              AND (%(act)s::text IS NULL OR a.act = %(act)s)
              AND (%(caller)s = '' OR a.caller = %(caller)s)
              AND (%(about)s = '' OR EXISTS (
                   SELECT FROM unnest(a.objects) AS o WHERE o = %(about)s OR split_part(o, '=', 2) = %(about)s))
              AND (%(before)s::bigint IS NULL OR a.id < %(before)s)
            ORDER BY a.id DESC LIMIT %(limit)s""".encode(),
        {
            "since": sought.since, "until": sought.until, "act": sought.act.value if sought.act else None,
            "caller": sought.caller, "about": sought.about, "before": sought.before, "limit": limit,
        },
    ).fetchall()  # fmt: skip
    return [Noted(row[0], row[1], as_entry(row[4:]), row[2], row[3]) for row in rows]


def linked(connection: psycopg.Connection, after: int, last: int) -> Iterator[Noted]:
    """Yield what is linked between two positions of the chain and still here, in order."""
    while rows := connection.execute(
        f"""SELECT a.id, a.at, c.position, c.hash, {COLUMNS} FROM audit_chain c JOIN audit a ON a.id = c.entry
            WHERE c.position > %s AND c.position <= %s ORDER BY c.position LIMIT {PAGE}""".encode(),
        (after, last),
    ).fetchall():
        yield from (Noted(row[0], row[1], as_entry(row[4:]), row[2], row[3]) for row in rows)
        after = rows[-1][2]


def positions_between(
    connection: psycopg.Connection, since: datetime | None, until: datetime | None
) -> tuple[int, int, bytes]:
    """Return the last position before the entries of a time, their last one (both 0: none), and the hash before them.

    Entries are linked in the order of their ids, not of their times: those of a few moments more may lie between.
    """
    row = connection.execute(
        """SELECT min(position) - 1, max(position) FROM audit_chain
           WHERE (%(since)s::timestamptz IS NULL OR recorded_at >= %(since)s)
             AND (%(until)s::timestamptz IS NULL OR recorded_at < %(until)s)
             AND position > (SELECT coalesce(max(last), 0) FROM audit_archives)""",
        {"since": since, "until": until},
    ).fetchone()
    assert row is not None
    if row[1] is None:
        return 0, 0, bytes(32)
    before = connection.execute("SELECT hash FROM audit_chain WHERE position = %s", (row[0],)).fetchone()
    return row[0], row[1], before[0] if before else bytes(32)
