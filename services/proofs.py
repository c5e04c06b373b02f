"""What was proven last, by night and by hand: that ledger, log and lists agree, and that the ledger is as recorded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import psycopg
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

RECONCILE, VERIFY = "reconcile", "verify"
KINDS = (RECONCILE, VERIFY)
KEPT = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Proof:
    """``wrong``: how many things differ, or places do not hold. ``night``: None for one that was asked for by hand."""

    kind: str
    began_at: datetime
    ended_at: datetime
    night: date | None
    wrong: int
    said: dict[str, Any]


def keep(
    connection: psycopg.Connection, kind: str, began_at: datetime, wrong: int, said: dict[str, Any],
    night: date | None = None,
) -> None:  # fmt: skip
    """Keep what was found, for 90 days. The same night twice counts once: whoever was killed in between began anew."""
    with connection.transaction():
        connection.execute(
            """INSERT INTO proofs (kind, began_at, ended_at, night, wrong, said)
               VALUES (%s, %s, clock_timestamp(), %s, %s, %s)
               ON CONFLICT (kind, night) DO UPDATE SET began_at = excluded.began_at, ended_at = excluded.ended_at,
                   wrong = excluded.wrong, said = excluded.said""",
            (kind, began_at, night, wrong, Jsonb(said)),
        )
        connection.execute("DELETE FROM proofs WHERE ended_at < clock_timestamp() - %s", (KEPT,))


def newest(connection: psycopg.Connection) -> Mapping[str, Proof]:
    """Return the newest of each kind that there is."""
    with connection.cursor(row_factory=class_row(Proof)) as rows:
        rows.execute(
            """SELECT DISTINCT ON (kind) kind, began_at, ended_at, night, wrong, said FROM proofs
               ORDER BY kind, ended_at DESC"""
        )
        return {one.kind: one for one in rows}


def proven_at(connection: psycopg.Connection, found: Mapping[str, Proof]) -> Mapping[str, datetime | None]:
    """Return when each kind was last done, of those ``found``. Before the first time it is owed since the first event;
    None without one."""
    row = connection.execute("SELECT recorded_at FROM ledger WHERE position = 1").fetchone()
    return {kind: found[kind].ended_at if kind in found else row[0] if row else None for kind in KINDS}


def done(connection: psycopg.Connection, night: date) -> frozenset[str]:
    """Return the kinds that were done for that night."""
    return frozenset(kind for (kind,) in connection.execute("SELECT kind FROM proofs WHERE night = %s", (night,)))
