"""What became of the files that clerks handed in on a page (文件导入), and their refused rows until each is repaired.

Rows and file names may hold personal facts: they are kept encrypted under the master key, and no longer than a row
waits to be repaired. A row belongs to an import by its number in the file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import psycopg

from events import sealing
from services.approval.import_summary import PermitsSummary
from services.approval.importing import Manner
from services.publication_file.defects import Defect, RefusedRow
from services.tables.faults import Fault

CUT_OFF = timedelta(minutes=2)
"""An import that was not seen at work for so long, and has not ended, was cut off."""
_COLUMNS = """import, batch, body, staff, correction, opening_stock, began, heard, ended,
    rows, events, known, refused, waiting, sealed, left_over, dropped, settled"""
_COUNTED = """file_imports f CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE state = 'open') AS left_over,
               count(*) FILTER (WHERE state = 'dropped') AS dropped,
               count(*) FILTER (WHERE state = 'settled') AS settled
        FROM refused_rows r WHERE r.import = f.import
    ) AS counted"""


@dataclass(frozen=True, slots=True)
class FileImport:
    """One import. ``left``: refused rows to repair, ``dropped``: those that a clerk said need not be handed in,
    ``settled``: those that have gone through since.

    ``name``, ``notices``, ``sentences`` and ``fault`` (of the file as a whole, None when it was read to its end) are
    for the clerk of its body alone."""

    id: UUID
    batch: UUID
    body: str
    staff: str
    manner: Manner
    began: datetime
    heard: datetime
    ended: datetime | None
    rows: int
    events: int
    known: int
    refused: int
    waiting: int
    left: int
    dropped: int
    settled: int
    name: str
    notices: Sequence[str] = ()
    sentences: Sequence[str] = ()
    fault: Fault | None = None

    def cut_off(self, now: datetime) -> bool:
        return self.ended is None and now - self.heard > CUT_OFF


@dataclass(frozen=True, slots=True)
class Said:
    """What is kept encrypted of an import."""

    name: str
    notices: Sequence[str] = ()
    sentences: Sequence[str] = ()
    fault: Fault | None = field(default=None)


def import_of(batch: UUID, body: str) -> UUID:
    """Return the id of the import of a file by a body."""
    return uuid5(batch, body)


def begin(
    connection: psycopg.Connection,
    master: bytes,
    batch: UUID,
    by: tuple[str, str],
    manner: Manner,
    said: Said,
    form_key: str,
    now: datetime,
) -> bool:
    """Note that ``by`` (body, staff number) hands in the file ``batch``. False, and nothing is noted: the same form was
    sent before, or the same file is just being imported."""
    (body, staff), one = by, import_of(batch, by[0])
    begun = connection.execute(
        """INSERT INTO file_imports AS f (import, batch, body, staff, form_key, correction, opening_stock, began, heard,
                                          sealed)
           VALUES (%(import)s, %(batch)s, %(body)s, %(staff)s, %(key)s, %(correction)s, %(stock)s, %(now)s, %(now)s,
                   %(sealed)s)
           ON CONFLICT (import) DO UPDATE
           SET staff = excluded.staff, form_key = excluded.form_key, correction = excluded.correction,
               opening_stock = excluded.opening_stock, began = excluded.began, heard = excluded.heard, ended = NULL,
               rows = 0, events = 0, known = 0, refused = 0, waiting = 0, sealed = excluded.sealed
           WHERE f.form_key <> excluded.form_key AND (f.ended IS NOT NULL OR f.heard < %(cut_off)s)
           RETURNING 1""",
        {
            "import": one, "batch": batch, "body": body, "staff": staff, "key": form_key, "now": now,
            "correction": manner.correction, "stock": manner.opening_stock, "cut_off": now - CUT_OFF,
            "sealed": sealing.seal(master, one, asdict(said)),
        },
    )  # fmt: skip
    return begun.fetchone() is not None


def note(connection: psycopg.Connection, one: UUID, so_far: PermitsSummary, now: datetime) -> None:
    """Note how far an import is."""
    connection.execute(
        """UPDATE file_imports SET heard = %s, rows = %s, events = %s, known = %s, refused = %s, waiting = %s
           WHERE import = %s""",
        (now, so_far.rows, so_far.events, so_far.known, so_far.refused, so_far.waiting, one),
    )


def end(connection: psycopg.Connection, master: bytes, one: UUID, said: Said, now: datetime) -> None:
    """Note that an import has ended; rows of an earlier import of the file that were not refused again went through."""
    connection.execute(
        "UPDATE file_imports SET heard = %s, ended = %s, sealed = %s WHERE import = %s",
        (now, now, sealing.seal(master, one, asdict(said)), one),
    )
    if said.fault is None:
        connection.execute(
            """UPDATE refused_rows r SET state = 'settled', sealed = NULL, changed = %s
               FROM file_imports f WHERE r.import = %s AND f.import = r.import AND r.state = 'open'
               AND r.changed < f.began""",
            (now, one),
        )


def forget(connection: psycopg.Connection, one: UUID) -> None:
    """Forget an import of which no row was read, unless an earlier one of the same file left rows."""
    connection.execute(
        """DELETE FROM file_imports WHERE import = %s
           AND NOT EXISTS (SELECT 1 FROM refused_rows r WHERE r.import = file_imports.import)""",
        (one,),
    )


def keep(
    connection: psycopg.Connection, master: bytes, one: UUID, rows: Iterable[RefusedRow], staff: str, now: datetime
) -> None:
    """Keep refused rows to be repaired. One that was repaired or dropped before stays so: the file alone is older."""
    with connection.cursor() as cursor:
        cursor.executemany(
            """INSERT INTO refused_rows AS r (import, row_number, state, staff, changed, sealed)
               VALUES (%s, %s, 'open', %s, %s, %s)
               ON CONFLICT (import, row_number) DO UPDATE
               SET sealed = excluded.sealed, staff = excluded.staff, changed = excluded.changed
               WHERE r.state = 'open'""",
            [(one, row.row, staff, now, sealing.seal(master, one, _as_json(row))) for row in rows],
        )


def close(
    connection: psycopg.Connection, one: UUID, numbers: Iterable[int], state: str, staff: str, now: datetime
) -> None:
    """Close rows as ``settled`` (they went through) or ``dropped`` (they need not be handed in). Their cells go."""
    connection.execute(
        """UPDATE refused_rows SET state = %s, staff = %s, changed = %s, sealed = NULL
           WHERE import = %s AND row_number = ANY(%s) AND state = 'open'""",
        (state, staff, now, one, list(numbers)),
    )


def find(connection: psycopg.Connection, master: bytes, one: UUID, body: str) -> FileImport | None:
    """Return an import of ``body``, or None."""
    return next(iter(_read(connection, master, "import = %s AND body = %s", (one, body))), None)


def of_body(
    connection: psycopg.Connection, master: bytes, body: str, limit: int, *, left: bool = False
) -> list[FileImport]:
    """Return the newest imports of a body; with ``left`` only those that have rows to repair."""
    some = "EXISTS (SELECT 1 FROM refused_rows r WHERE r.import = f.import AND r.state = 'open')"
    return _read(connection, master, f"body = %s AND {some if left else 'true'} ORDER BY began DESC LIMIT %s",
                 (body, limit))  # fmt: skip


def of_batches(
    connection: psycopg.Connection, master: bytes, body: str, batches: Iterable[UUID]
) -> dict[UUID, FileImport]:
    """Return the imports of a body by the batch of the file, of those ``batches`` that came by page."""
    found = _read(connection, master, "body = %s AND batch = ANY(%s)", (body, list(set(batches))))
    return {one.batch: one for one in found}


def rows_left(connection: psycopg.Connection, body: str) -> int:
    """Return how many refused rows of a body's files are to be repaired."""
    found = connection.execute(
        "SELECT count(*) FROM refused_rows JOIN file_imports USING (import) WHERE body = %s AND state = 'open'", (body,)
    ).fetchone()
    return int(found[0]) if found else 0


def refused(
    connection: psycopg.Connection,
    master: bytes,
    one: UUID,
    *,
    only: Sequence[int] | None = None,
    after: int = 0,
    limit: int | None = None,
) -> list[RefusedRow]:
    """Return the rows of an import that are to be repaired, in the order of the file: those behind ``after``, ``only``
    those of these numbers."""
    rows = connection.execute(
        """SELECT row_number, sealed FROM refused_rows
           WHERE import = %(one)s AND state = 'open' AND row_number > %(after)s
           AND (%(only)s::integer[] IS NULL OR row_number = ANY(%(only)s)) ORDER BY row_number LIMIT %(limit)s""",
        {"one": one, "after": after, "only": None if only is None else list(only), "limit": limit},
    )
    return [_refused(number, sealing.unseal(master, one, sealed)) for number, sealed in rows]


def _read(connection: psycopg.Connection, master: bytes, which: str, asked: Sequence[Any]) -> list[FileImport]:
    rows = connection.execute(f"SELECT {_COLUMNS} FROM {_COUNTED} WHERE {which}".encode(), asked)
    return [_import(row, sealing.unseal(master, row[0], row[14])) for row in rows]


def _import(row: Sequence[Any], said: Mapping[str, Any]) -> FileImport:
    one, batch, body, staff, correction, stock, began, heard, ended, *counts = row
    rows, events, known, refused_rows, waiting, _, left, dropped, settled = counts
    fault = said["fault"] and Fault(**said["fault"])
    return FileImport(
        one, batch, body, staff, Manner(stock, correction), began, heard, ended, rows, events, known, refused_rows,
        waiting, left, dropped, settled, said["name"], said["notices"], said["sentences"], fault,
    )  # fmt: skip


def _as_json(row: RefusedRow) -> dict[str, Any]:
    return {"cells": dict(row.cells), "defects": [asdict(defect) for defect in row.defects]}


def _refused(number: int, kept: Mapping[str, Any]) -> RefusedRow:
    return RefusedRow(number, kept["cells"], tuple(Defect(**defect) for defect in kept["defects"]))
