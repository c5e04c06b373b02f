"""The approval side's exception queue: rows of files that a person must decide about. Nothing in it is dropped.

A row holds personal facts and is kept encrypted under the master key. When the register of bodies or the mapping of
matters changes, every row is tried again by itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg

from events import columns, sealing
from events.envelope import canonical

OLDER_LIST = "#older-list"
"""Stands among the cells of a row whose file uses the older list of 当前状态: a bare 1 stays unclear in a retry."""


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """A row that waits: why, for whom, and what the file said. ``body``: whose decision it is; empty of rows that
    waited before that was kept."""

    id: UUID
    batch: UUID
    row_number: int
    reason: str
    candidates: tuple[str, ...]
    owner: str
    opening_stock: bool
    correction: bool
    cells: Mapping[str, str]
    body: str = ""


@dataclass(frozen=True, slots=True)
class ShownRow:
    """What is shown of a row that waits. Its contents stay sealed."""

    id: UUID
    batch: UUID
    row_number: int
    reason: str
    candidates: tuple[str, ...]
    owner: str
    since: datetime

    def as_json(self) -> dict[str, Any]:
        return {
            "id": str(self.id), "batch": str(self.batch), "row": self.row_number, "reason": self.reason,
            "candidates": self.candidates, "owner": self.owner, "since": self.since.isoformat(),
        }  # fmt: skip


def keep(connection: psycopg.Connection, master: bytes, rows: Sequence[WaitingRow]) -> None:
    """Put ``rows`` into the queue; one that waits already keeps its clock and gets the newer reason."""
    if not rows:
        return
    connection.execute(
        """INSERT INTO waiting_rows (id, batch, row_number, reason, candidates, owner, opening_stock, correction,
                                     sealed, body)
           SELECT id, batch, row_number, reason, ARRAY(SELECT jsonb_array_elements_text(candidates::jsonb)), owner,
                  opening_stock, correction, sealed, body
           FROM unnest(%s::uuid[], %s::uuid[], %s::integer[], %s::text[], %s::text[], %s::text[], %s::boolean[],
                       %s::boolean[], %s::bytea[], %s::text[])
                AS t (id, batch, row_number, reason, candidates, owner, opening_stock, correction, sealed, body)
           ON CONFLICT (id) DO UPDATE SET reason = excluded.reason, candidates = excluded.candidates""",
        columns.of_rows(
            ("uuid", "uuid", "integer", "text", "text", "text", "boolean", "boolean", "bytea", "text"),
            [
                (
                    row.id,
                    row.batch,
                    row.row_number,
                    row.reason,
                    canonical(row.candidates).decode(),
                    row.owner,
                    row.opening_stock,
                    row.correction,
                    sealing.seal(master, row.id, row.cells),
                    row.body,
                )
                for row in rows
            ],
        ),
    )


def ids_in_order(connection: psycopg.Connection) -> list[UUID]:
    """Return every waiting row, file by file as they came and in the order of each file.

    A grant must be tried before its renewal: the other way round the renewal would be recorded as the grant.
    """
    rows = connection.execute(
        """SELECT id FROM (SELECT id, batch, row_number, min(since) OVER (PARTITION BY batch) AS came
                           FROM waiting_rows) AS of_file ORDER BY came, batch, row_number"""
    )
    return [row[0] for row in rows]


def waiting(connection: psycopg.Connection, master: bytes, ids: Sequence[UUID]) -> list[WaitingRow]:
    """Return those of ``ids`` that wait, in that order."""
    rows = connection.execute(
        """SELECT w.id, batch, row_number, reason, candidates, owner, opening_stock, correction, sealed, body
           FROM waiting_rows w JOIN unnest(%s::uuid[]) WITH ORDINALITY AS asked (id, place) ON asked.id = w.id
           ORDER BY asked.place""",
        (list(ids),),
    )
    return [
        WaitingRow(
            id=row[0],
            batch=row[1],
            row_number=row[2],
            reason=row[3],
            candidates=tuple(row[4]),
            owner=row[5],
            opening_stock=row[6],
            correction=row[7],
            cells=sealing.unseal(master, row[0], row[8]),
        )
        for row in rows
    ]


def shown(connection: psycopg.Connection, limit: int = 500) -> list[ShownRow]:
    """Return the first rows of the queue, file by file, those that wait longest first."""
    rows = connection.execute(
        """SELECT w.id, batch, row_number, reason, candidates, owner, since
           FROM waiting_rows w JOIN unnest(%s::uuid[]) WITH ORDINALITY AS asked (id, place) ON asked.id = w.id
           ORDER BY asked.place""",
        (ids_in_order(connection)[:limit],),
    )
    return [
        ShownRow(row, batch, number, reason, tuple(candidates), owner, since)
        for row, batch, number, reason, candidates, owner, since in rows
    ]


def settled(connection: psycopg.Connection, ids: Sequence[UUID]) -> None:
    """Take rows out of the queue that became decisions."""
    connection.execute("DELETE FROM waiting_rows WHERE id = ANY(%s)", (list(ids),))
