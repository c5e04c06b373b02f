"""A clerk gives the body's opinion in a consultation: load, decide, append, in one transaction."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from events import store
from events.catalogue import encode
from events.database import raw
from events.envelope import NewEvent
from events.opinions import opinion_stream
from projections.consultations_told import of_permit
from services.approval.handling import Desk
from services.approval.naming_persons import refuse_names
from services.approval.opinion import Asked, StatedOpinion, give
from services.approval.outcome import SOURCE
from services.handled_once import handled_once


def _now() -> datetime:
    return datetime.now(UTC)


class OpinionDesk:
    """Takes opinions against one approval database."""

    def __init__(self, desk: Desk, clock: Callable[[], datetime] = _now) -> None:
        self.desk = desk
        self.clock = clock

    def give(self, permit: UUID, stated: StatedOpinion, caller: str = "", key: str = "") -> dict[str, Any]:
        """Record an opinion and return it, or raise ``Refused``; a repeat gets the first answer."""

        def attempt(transaction: Connection) -> dict[str, Any]:
            connection = raw(transaction)
            known = [Asked(one.number, one.bodies, one.ruled_at is not None) for one in of_permit(connection, permit)]
            said = give(permit, known, stated)
            decisions = store.load_streams(connection, SOURCE, [permit])[permit]
            for field in ("text", "legal_basis"):
                refuse_names(connection, self.desk.master, getattr(said, field), field, decisions)
            stream = opinion_stream(permit, said.number, said.body)
            version = len(store.load_streams(connection, SOURCE, [stream])[stream]) + 1
            kind, schema, data = encode(said)
            event = NewEvent(stream, version, kind, schema, self.clock(), data, correlation=permit)
            at = store.append(connection, SOURCE, [event])
            return {
                "permit": str(permit),
                "number": said.number,
                "body": said.body,
                "clerk": said.clerk,
                "stated_at": at.isoformat(),
            }

        name = (caller, f"opinion/{key}" if key else "")
        asked = {"permit": str(permit), **stated.model_dump(mode="json")}
        return handled_once(self.desk.engine, name, asked, attempt)
