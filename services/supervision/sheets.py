"""Which printed sheet of the supervision side is about a record, and which record a sheet's number names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

import psycopg

from events import store
from events.approval import Said
from events.catalogue import Malformed, UnknownType, decode
from events.deadlines import Urged
from events.envelope import Record
from events.handovers import HandoverListMade, HandoverListSigned
from events.oversight import ConsultationOpened, OpinionGiven, Receipt, RulingMade
from events.supervision import PushMade
from services import deadline_store
from services.checking import AT_MOST, Sheet
from services.sheet_numbers import OF_PERMITS, SHEETS, SheetKind, SheetNumber, sheet_number

SOURCE = "supervision"


def sheet_of(record: Record) -> Sheet | None:
    said = _said(record)
    if isinstance(said, ConsultationOpened | OpinionGiven | RulingMade):
        number = sheet_number(SheetKind.MINUTES, record.stream, said.number)
        return Sheet(SHEETS[SheetKind.MINUTES], number, f"/consultations/{record.stream}/{said.number}/minutes")
    if isinstance(said, Urged):
        number = sheet_number(SheetKind.DEMAND, said.item, said.clock)
        return Sheet(SHEETS[SheetKind.DEMAND], number, f"/urging/{said.item}/sheets/{said.clock}")
    if isinstance(said, HandoverListMade | HandoverListSigned):
        number = sheet_number(SheetKind.HANDOVER, record.stream, said.number)
        return Sheet(SHEETS[SheetKind.HANDOVER], number, f"/handovers/{record.stream}")
    if isinstance(said, PushMade) and said.receivers:
        number = sheet_number(SheetKind.PUSH_NOTICE, record.stream, record.version)
        place = push_place(record.stream, record.version, said.receivers[0].department)
        return Sheet(SHEETS[SheetKind.PUSH_NOTICE], number, f"{place}/notice")
    if isinstance(said, Receipt):
        number = sheet_number(SheetKind.RECEIPT, record.stream, said.push_version)
        place = push_place(record.stream, said.push_version, said.department)
        return Sheet(SHEETS[SheetKind.RECEIPT], number, f"{place}/receipt")
    return None


def _said(record: Record) -> Said | None:
    """Also a spoiled record may be asked about: of one that cannot be read, no sheet is known."""
    try:
        return decode(record.type, record.schema, record.data)
    except (UnknownType, Malformed):
        return None


def push_place(permit: UUID, push_version: int, department: str) -> str:
    """Return the address under which the sheets of a push in one department are."""
    return f"/permits/{permit}/pushes/{push_version}/{department}"


def receipts_of(connection: psycopg.Connection, permit: UUID, push_version: int) -> Mapping[str, Record]:
    """Return the newest receipt for a push of each department that gave one, by department."""
    found = {}
    for record in store.load_streams(connection, SOURCE, [permit])[permit]:
        said = _said(record)
        if isinstance(said, Receipt) and said.push_version == push_version:
            found[said.department] = record
    return found


def steps_of(records: Sequence[Record], push_version: int, department: str) -> Sequence[Record]:
    """Return, of the records of a permit, a push and every step of a department about it, in order."""
    found = []
    for record in records:
        said = _said(record)
        step = isinstance(said, Receipt) and (said.push_version, said.department) == (push_version, department)
        if step or record.version == push_version:
            found.append(record)
    return found


def push_of(connection: psycopg.Connection, permit: UUID, push_version: int) -> Record:
    """Return the record of a push that there is."""
    records = store.load_streams(connection, SOURCE, [permit])[permit]
    return next(record for record in records if record.version == push_version)


def newest_of(connection: psycopg.Connection, stream: UUID, number: str) -> Record | None:
    """Return the newest record of a stream that stands on the sheet ``number``."""
    records = store.load_streams(connection, SOURCE, [stream])[stream]
    sheets = ((record, sheet_of(record)) for record in reversed(records))
    return next((record for record, sheet in sheets if sheet and sheet.number == number), None)


def records_of(connection: psycopg.Connection, number: SheetNumber) -> Sequence[tuple[UUID, int]]:
    """Return stream and version of what a number may name: the newest record that stands on the sheet. One of a push
    names the receipts of each of its departments; the push itself while none has given one."""
    if number.kind in OF_PERMITS:
        return [one for permit in _permits(connection, number) for one in _of_push(connection, number, permit)]
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
    if number.kind is SheetKind.HANDOVER:
        rows = connection.execute(
            "SELECT list FROM handovers WHERE list BETWEEN %s AND %s AND number = %s ORDER BY list LIMIT %s",
            (*between, number.number, AT_MOST),
        )
        return [(listed, listed) for (listed,) in rows]
    if number.kind is SheetKind.DEMAND:
        rows = connection.execute(
            "SELECT item FROM deadlines WHERE item BETWEEN %s AND %s ORDER BY item LIMIT %s", (*between, AT_MOST)
        )
        return [(item, deadline_store.stream_of(item)) for (item,) in rows]
    return []


def _permits(connection: psycopg.Connection, number: SheetNumber) -> list[UUID]:
    rows = connection.execute(
        """SELECT stream FROM streams WHERE stream BETWEEN %s AND %s AND right(stream::text, 4) = %s AND version >= %s
           ORDER BY stream LIMIT %s""",
        (number.first, number.last, number.tail, number.number, AT_MOST),
    )
    return [permit for (permit,) in rows]


def _of_push(connection: psycopg.Connection, number: SheetNumber, permit: UUID) -> list[tuple[UUID, int]]:
    known = connection.execute(
        "SELECT FROM cases WHERE permit = %s AND push_version = %s LIMIT 1", (permit, number.number)
    ).fetchone()
    if known is None or number.kind is SheetKind.NOTICE:
        return []
    receipts = receipts_of(connection, permit, number.number) if number.kind is SheetKind.RECEIPT else {}
    return [(permit, record.version) for record in receipts.values()] or [(permit, number.number)]
