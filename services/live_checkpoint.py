"""The newest signed checkpoint of a side, at hand for every open line of its departments."""

from __future__ import annotations

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from events.database import raw
from services.access.rows import seeing_everybodys
from services.checkpoints.ledger_tree import TreeBroken
from services.checkpoints.sent import Copy, newest_copy, note_sent
from services.migrating import Side
from services.scheduler import database_clock

log = structlog.get_logger()


class LiveCheckpoint:
    """Read once for everybody who watches, and only when there is another: a minute without records costs nothing."""

    def __init__(self, engine: Engine, side: Side) -> None:
        self.engine, self.side = engine, side
        self.newest: Copy | None = None
        self._signed = 0

    def take(self, signed: int) -> bool:
        """Read the checkpoint of ``signed`` records if it is new; tell whether there is another one to be told."""
        if signed == self._signed:
            return False
        since, self._signed = self._signed, signed
        try:
            with seeing_everybodys("live feed"), self.engine.connect() as connection:
                self.newest = newest_copy(raw(connection), self.side, since)
        except TreeBroken:
            return False  # told to the operator where it is signed; pushes go on
        return True

    def note_sent(self, body: str, size: int) -> None:
        """Note that it was written to a line; nobody acknowledges it."""
        try:
            with seeing_everybodys("live feed"), self.engine.begin() as connection:
                note_sent(raw(connection), body, size, "stream", database_clock(raw(connection)))
        except DBAPIError as error:
            # A database without room keeps no line from what it is told.
            log.warning("checkpoint_not_noted", error=type(error.orig).__name__)
