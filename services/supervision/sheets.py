"""Which printed sheet of the supervision side is about a record, and which record a sheet's number names."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import psycopg

from events import store
from events.catalogue import Malformed, UnknownType, decode
from events.deadlines import Urged
from events.envelope import Record
from events.oversight import ConsultationOpened, OpinionGiven, RulingMade
from services import deadline_store
from services.checking import AT_MOST, Sheet
from services.sheet_numbers import SHEETS, SheetKind, SheetNumber, sheet_number

SOURCE = "supervision"


def sheet_of(record: Record) -> Sheet | None:
    """Also a spoiled record may be asked about: of one that cannot be read, no sheet is known."""
    try:
        said = decode(record.type, record.schema, record.data)
    except (UnknownType, Malformed):
        return None
    if isinstance(said, ConsultationOpened | OpinionGiven | RulingMade):
        number = sheet_number(SheetKind.MINUTES, record.stream, said.number)
        return Sheet(SHEETS[SheetKind.MINUTES], number, f"/consultations/{record.stream}/{said.number}/minutes")
    if isinstance(said, Urged):
        number = sheet_number(SheetKind.DEMAND, said.item, said.clock)
        return Sheet(SHEETS[SheetKind.DEMAND], number, f"/urging/{said.item}/sheets/{said.clock}")
    return None


def newest_of(connection: psycopg.Connection, stream: UUID, number: str) -> Record | None:
    """Return the newest record of a stream that stands on the sheet ``number``."""
    records = store.load_streams(connection, SOURCE, [stream])[stream]
    sheets = ((record, sheet_of(record)) for record in reversed(records))
    return next((record for record, sheet in sheets if sheet and sheet.number == number), None)


def records_of(connection: psycopg.Connection, number: SheetNumber) -> Sequence[tuple[UUID, int]]:
    """Return stream and version of what a number may name: the newest record that stands on the sheet."""
    found = []
    for about, stream in _named(connection, number):
        newest = newest_of(connection, stream, sheet_number(number.kind, about, number.number))
        if newest is not None:
            found.append((stream, newest.version))
    return found


def _named(connection: psycopg.Connection, number: SheetNumber) -> list[tuple[UUID, UUID]]:
    """Return what a number may be about, and the stream in which that is recorded."""
    between = (number.first, number.last)
    if number.kind is SheetKind.MINUTES:
        rows = connection.execute(
            "SELECT permit FROM consultations WHERE permit BETWEEN %s AND %s AND number = %s ORDER BY permit LIMIT %s",
            (*between, number.number, AT_MOST),
        )
        return [(permit, permit) for (permit,) in rows]
    if number.kind is SheetKind.DEMAND:
        rows = connection.execute(
            "SELECT item FROM deadlines WHERE item BETWEEN %s AND %s ORDER BY item LIMIT %s", (*between, AT_MOST)
        )
        return [(item, deadline_store.stream_of(item)) for (item,) in rows]
    return []
