"""Readers of the other side's log that die in the middle of a batch, or just after it, and their successors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from random import Random
from typing import Any

import psycopg
from sqlalchemy import Engine

from events import bookmark
from events.database import connect
from events.log import Batch, Log
from projections.projection import Projection, Unit
from projections.projector import Projector
from services.approval.reactions import reactions as hear_supervision
from services.supervision.reactions import reactions as hear_approval
from tests.linkage import Linkage, unread


class Died(BaseException):
    """The process is gone: nothing catches it."""


class Dying:
    """A projection whose process dies when its batch is written and not committed."""

    def __init__(self, real: Projection) -> None:
        self.real = real
        self.name = real.name
        self.concerns, self.tend = real.concerns, real.tend

    def open(self, connection: psycopg.Connection, streams: Any) -> Unit:
        unit = self.real.open(connection, streams)
        write = unit.write

        class Last:
            apply, visible = unit.apply, unit.visible

            def write(self, connection: psycopg.Connection) -> None:
                write(connection)
                raise Died

        return Last()


@dataclass
class Ear:
    """How one side hears the other: its database, the other's log, and what follows from it."""

    url: str
    engine: Engine
    log: Log
    projection: Projection

    def hear(self, page: int, death: str) -> None:
        """Hear everything, so many records at a time. ``death``: the first reader dies ``before`` its first batch is
        committed, or ``after`` it, and another goes on."""
        if death:
            with suppress(Died):
                self._die(page, before_it_is_committed=death == "before")
        with self._reader(self.projection) as projector:
            for batch in unread(self.log, dict(projector.lease.cursors), page):
                projector.receive(batch)

    def hear_again(self, chance: Random, most: int) -> None:
        """Hear some of what was heard before once more, in any order."""
        with self._reader(self.projection) as projector:
            said = self.log.read(self.log.beginning(), 100_000).records
            old = [record for record in said if record.cursor <= projector.lease.cursors[record.partition]]
            projector.receive(Batch(chance.sample(old, min(len(old), most)), {}))

    def _die(self, page: int, *, before_it_is_committed: bool) -> None:
        with self._reader(Dying(self.projection) if before_it_is_committed else self.projection) as projector:
            projector.receive(self.log.read(projector.lease.cursors, page))
            raise Died

    @contextmanager
    def _reader(self, projection: Projection) -> Iterator[Projector]:
        # Its session ends with it: so ends its hold on the partitions, however it ended.
        with connect(self.url, application="reader") as connection:
            beginning, identity = self.log.beginning(), self.log.identity()
            yield Projector(
                self.engine, projection, bookmark.take(connection, projection.name, identity, beginning, "reader")
            )


def supervision_ear(linkage: Linkage) -> Ear:
    projection = hear_approval("审改办", linkage.now)
    return Ear(linkage.supervision_url, linkage.supervision, linkage.log, projection)


def approval_ear(linkage: Linkage) -> Ear:
    return Ear(linkage.approval_url, linkage.approval, linkage.back, hear_supervision(linkage.now))
