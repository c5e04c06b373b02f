"""Rows that waited are tried again: after the register or the mapping changed, or because a person chose the kind."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import replace
from uuid import UUID

import psycopg

from events.database import raw
from events.store import Lane
from services.approval import waiting_rows
from services.approval.allowed_codes import allowed
from services.approval.decision import Kind
from services.approval.handling import Desk
from services.approval.place_register import read_places
from services.approval.places import NotFound, Places
from services.approval.publication_file.row_rules import PermitReading, Surroundings
from services.approval.row_submission import submission
from services.approval.stock import hand_over_in
from services.approval.waiting_rows import OLDER_LIST, WaitingRow
from services.publication_file.defects import RefusedRow

PAGE = 500


def retry_waiting(desk: Desk, *, one: UUID | None = None, chosen: Kind | None = None) -> tuple[int, int]:
    """Try every waiting row again, or ``one`` as the kind that a person chose. Return (settled, still waiting)."""
    with desk.engine.connect() as reading:
        ids = [one] if one is not None else waiting_rows.ids_in_order(raw(reading))
    settled = still = 0
    for start in range(0, len(ids), PAGE):
        with desk.engine.begin() as transaction:
            connection = raw(transaction)
            places = read_places(connection)
            codes = {code for code, _, _ in allowed(connection)}
            done: list[UUID] = []
            stock: set[UUID] = set()
            kept: list[WaitingRow] = []
            for row in waiting_rows.waiting(connection, desk.master, ids[start : start + PAGE]):
                why = _try(desk, row, places, codes, chosen, connection)
                if why is None:
                    done.append(row.id)
                    stock |= {row.batch} if row.opening_stock else set()
                else:
                    kept.append(replace(row, reason=why.reason, candidates=why.candidates))
            waiting_rows.settled(connection, done)
            waiting_rows.keep(connection, desk.master, kept)
            for batch in sorted(stock):
                hand_over_in(connection, batch)
        settled, still = settled + len(done), still + len(kept)
    return settled, still


def _try(
    desk: Desk,
    row: WaitingRow,
    places: Places,
    codes: Container[str],
    chosen: Kind | None,
    connection: psycopg.Connection,
) -> NotFound | None:
    around = Surroundings(desk.today(), allowed_code=codes.__contains__, older_list=OLDER_LIST in row.cells)
    read = PermitReading(around, row.row_number, row.cells).read()
    if isinstance(read, RefusedRow):
        return NotFound(read.defects[0].reason)
    handed = submission(
        read, places, row.batch, opening_stock=row.opening_stock, correction=row.correction, chosen=chosen
    )
    if isinstance(handed, NotFound):
        return handed
    (outcome,) = desk.handle([handed], lane=Lane.LIVE, connection=connection)
    if outcome.accepted or outcome.known:
        return None
    return NotFound(outcome.text, outcome.candidates)
