"""The bureaus: clients that append, are told or not, and try again until they know. What they know is the history."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID, uuid5

import psycopg

from events import store
from events.database import connect, is_outage
from events.envelope import NAMESPACE, NewEvent, canonical
from events.store import Lane, VersionConflict
from tests.simulation.lists import mark_of
from tests.simulation.plan import Append
from tests.simulation.standing_in import SimulatedEvent

if TYPE_CHECKING:
    from tests.simulation.world import World

DECIDED_AT = datetime(2026, 3, 2, tzinfo=UTC)


def stream_of(number: int) -> UUID:
    return uuid5(NAMESPACE, f"simulated {number}")


@dataclass
class History:
    """What bureaus asked for and were told, by mark, and at which step of the trace."""

    begun: dict[str, int] = field(default_factory=dict)
    acknowledged: dict[str, int] = field(default_factory=dict)


class Bureau:
    """``looks``: whether it looks for what it may have appended already before it tries again."""

    def __init__(self, world: World, name: str, *, looks: bool = True) -> None:
        self.world = world
        self.name = name
        self.looks = looks
        self.mine = [(str(n), one) for n, one in enumerate(world.plan.appends) if one.bureau == name]

    def run(self, stop: SimulatedEvent) -> None:
        while waiting := [one for one in self.mine if one[0] not in self.world.history.acknowledged]:
            try:
                with connect(self.world.ground.side_url("approval"), application=self.name) as connection:
                    for mark, append in waiting:
                        while self.world.scheduler.now < append.second:
                            self.world.scheduler.sleep(append.second - self.world.scheduler.now)
                        self._append(connection, mark, append)
                        if stop.is_set():
                            return
            except psycopg.Error as error:
                if not is_outage(error):
                    raise
                # Asked to stop while the database is away, it would try for ever in one moment: time waits for it.
                if stop.wait(1.0):
                    return

    def _append(self, connection: psycopg.Connection, mark: str, append: Append) -> None:
        history, scheduler = self.world.history, self.world.scheduler
        history.begun.setdefault(mark, len(scheduler.trace))
        while mark not in history.acknowledged:
            try:
                with connection.transaction():
                    self._decide(connection, mark, append)
            except VersionConflict:
                continue
            history.acknowledged[mark] = len(scheduler.trace)
            scheduler.note("acknowledged", mark)

    def _decide(self, connection: psycopg.Connection, mark: str, append: Append) -> None:
        streams = [stream_of(number) for number in append.streams]
        known = store.load_streams(connection, "approval", streams)
        if self.looks and any(mark_of(event.data) == mark for event in known[streams[0]]):
            return
        data = canonical({"mark": mark})
        store.append(
            connection,
            "approval",
            [NewEvent(stream, len(known[stream]) + 1, "noted", 1, DECIDED_AT, data) for stream in streams],
            lane=Lane.BULK if append.bulk else Lane.LIVE,
        )
        if append.hesitates:
            self.world.scheduler.sleep(append.hesitates)
