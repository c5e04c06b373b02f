"""Reports of pending applications are taken: load, decide, append, and the row, in one transaction."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy import Connection, Engine

from events import store
from events.catalogue import encode
from events.database import raw
from events.envelope import NewEvent
from events.pending_applications import pending_stream
from projections import pending_applications
from services.approval.outcome import SOURCE
from services.approval.pending_count import PendingReport, count
from services.approval.place_register import registered
from services.handled_once import handled_once


def _now() -> datetime:
    return datetime.now(UTC)


class PendingDesk:
    """Takes reports against one approval database."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime] = _now) -> None:
        self.engine = engine
        self.clock = clock

    def report(self, stated: PendingReport, caller: str = "", key: str = "") -> dict[str, Any]:
        """Record how many applications a body has pending, or raise ``Refused``; a repeat gets the first answer."""

        def attempt(transaction: Connection) -> dict[str, Any]:
            connection = raw(transaction)
            stream = pending_stream(stated.body)
            # The version first: a report that comes in between makes the append fail, never an older one win.
            version = _version(connection, stream)
            last = pending_applications.read(connection, [stated.body]).get(stated.body)
            known = bool(registered(connection, [stated.body]))
            said = count(stated, known, last.counted_at if last else None, self.clock())
            name, schema, data = encode(said)
            at = store.append(connection, SOURCE, [NewEvent(stream, version + 1, name, schema, said.counted_at, data)])
            pending_applications.write(connection, said, at)
            return {
                "body": said.body,
                "counted_at": said.counted_at.isoformat(),
                "matters": len(said.counts),
                "applications": sum(one.count for one in said.counts),
                "recorded_at": at.isoformat(),
            }

        name = (caller, f"pending/{key}" if key else "")
        return handled_once(self.engine, name, stated.model_dump(mode="json"), attempt)


def _version(connection: psycopg.Connection, stream: UUID) -> int:
    row = connection.execute("SELECT version FROM streams WHERE stream = %s", (stream,)).fetchone()
    return int(row[0]) if row else 0
