"""Which printed sheet of the approval side is about a record, and which record a sheet's number names."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import psycopg

from events.catalogue import DECISIONS
from events.envelope import Record
from services.checking import AT_MOST, Sheet
from services.sheet_numbers import SHEETS, SheetKind, SheetNumber, sheet_number


def sheet_of(record: Record) -> Sheet | None:
    if record.type not in DECISIONS:
        return None
    number = sheet_number(SheetKind.NOTICE, record.stream, record.version)
    return Sheet(SHEETS[SheetKind.NOTICE], number, f"/permits/{record.stream}/notices/{record.version}")


def records_of(connection: psycopg.Connection, number: SheetNumber) -> Sequence[tuple[UUID, int]]:
    """Return stream and version of what a number may name."""
    if number.kind is not SheetKind.NOTICE:
        return []
    found = connection.execute(
        """SELECT stream FROM streams WHERE stream BETWEEN %s AND %s AND right(stream::text, 4) = %s AND version >= %s
           ORDER BY stream LIMIT %s""",
        (number.first, number.last, number.tail, number.number, AT_MOST),
    )
    return [(stream, number.number) for (stream,) in found]
