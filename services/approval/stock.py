"""A batch of opening stock (存量移交) is said to be whole: supervision then makes one handover list per department."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
from sqlalchemy import Engine

from events import store
from events.catalogue import decode, encode
from events.database import raw
from events.envelope import NewEvent
from events.stock import StockHandedOver, stock_stream
from events.store import VersionConflict
from services.approval.outcome import SOURCE
from services.handled_once import ATTEMPTS, BUSY
from services.refusing import Refused


class HandedOver(NamedTuple):
    """How many decisions of a body a batch of opening stock holds."""

    body: str
    body_name: str
    decisions: int

    def as_json(self) -> dict[str, Any]:
        return self._asdict()


def hand_over(engine: Engine, batch: UUID) -> list[HandedOver]:
    """Say how much opening stock ``batch`` holds, by body; nothing is said twice. Empty when it holds none."""
    for _ in range(ATTEMPTS):
        try:
            with engine.begin() as transaction:
                return hand_over_in(raw(transaction), batch)
        except VersionConflict:
            continue
    raise Refused(BUSY)


def hand_over_in(connection: psycopg.Connection, batch: UUID) -> list[HandedOver]:
    """The same as a part of the caller's transaction, which may have recorded more of the batch."""
    counted = _count(connection, batch)
    streams = {stock_stream(batch, one.body): one for one in counted}
    events = []
    for stream, records in store.load_streams(connection, SOURCE, streams).items():
        one = streams[stream]
        last = decode(records[-1].type, records[-1].schema, records[-1].data) if records else None
        if isinstance(last, StockHandedOver) and last.decisions == one.decisions:
            continue
        said = StockHandedOver(batch=batch, **one._asdict())
        kind, schema, data = encode(said)
        now = datetime.now(UTC)
        events.append(NewEvent(stream, len(records) + 1, kind, schema, now, data, correlation=batch))
    if events:
        store.append(connection, SOURCE, events)
    return counted


def _count(connection: psycopg.Connection, batch: UUID) -> list[HandedOver]:
    """Count what was recorded, also what was taken back since: that was handed over too."""
    rows = connection.execute(
        """SELECT facts->>'deciding_body' AS body, max(facts->>'deciding_body_name'), count(*)
           FROM batch_entries b
           CROSS JOIN LATERAL (
               SELECT data FROM ledger WHERE stream = b.permit AND version = b.version AND type = 'permit_granted'
               UNION ALL
               SELECT data FROM outbox WHERE stream = b.permit AND version = b.version AND type = 'permit_granted'
           ) AS said
           CROSS JOIN LATERAL (
               SELECT data::jsonb->'facts' AS facts WHERE (data::jsonb->>'opening_stock')::boolean
           ) AS stock
           WHERE b.batch = %s GROUP BY 1 ORDER BY 1""",
        (batch,),
    )
    return [HandedOver(*row) for row in rows]
