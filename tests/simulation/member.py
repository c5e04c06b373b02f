"""A member of a consumer group: the product's ``LeasedReader``, fed as its follower on Kafka feeds it.

``events.log.kafka.follower`` itself needs an event loop, Faust and a broker; its rules are these: take what the group
assigned, read from the own checkpoints, apply, tend every half second; after a failure read again from there, and ask
anew for partitions when somebody has ours or the log is another.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

import psycopg
from sqlalchemy.exc import DBAPIError

from events.bookmark import Fenced
from events.log import CursorsOutOfRange, LogUnavailable
from events.store import VersionConflict
from projections.leased_reader import LeasedReader
from tests.simulation.broker import BrokerLog
from tests.simulation.standing_in import SimulatedEvent

if TYPE_CHECKING:
    from tests.simulation.world import World


TEND_SECONDS = 3.0


class Member:
    def __init__(self, world: World, reader: LeasedReader) -> None:
        self.world = world
        self.reader = reader
        self.log = BrokerLog(world.broker, "approval")
        self.held: dict[int, int] = {}
        self.assigned: tuple[int, ...] | None = None
        self.tended = 0.0

    def run(self, stop: SimulatedEvent) -> None:
        name = self.reader.name
        while not stop.is_set():
            try:
                self._turn(name)
            except (Fenced, CursorsOutOfRange):
                self.assigned = None
                stop.wait(1.0)
            except (LogUnavailable, VersionConflict, psycopg.Error, DBAPIError):
                stop.wait(1.0)
        with suppress(psycopg.Error):  # then the leases lapse by themselves
            self.reader.give_back()
        self.world.group.leave(name)

    def _turn(self, name: str) -> None:
        assigned = self.world.group.poll(name)
        if assigned != self.assigned:
            self.assigned = None
            self.held = self.take(assigned)
            self.world.scheduler.note("took", *sorted(self.held.items()))
            self.assigned = assigned
        batch = self.log.read(self.held, self.world.plan.page, self.world.plan.idle)
        if batch.records:
            self.reader.receive(batch)
            self.held |= batch.cursors
        elif self.world.scheduler.now - self.tended >= TEND_SECONDS:
            self.tended = self.world.scheduler.now
            self.reader.tend()

    def take(self, assigned: Sequence[int]) -> dict[int, int]:
        """Return where each partition that the group assigned resumes."""
        return dict(self.reader.take(self.log, assigned, assigned=True))
