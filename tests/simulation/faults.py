"""Where a plan's faults strike: before and after the moments of a process, at its publishings, at a second."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

import psycopg

from events.log import LogUnavailable
from tests.simulation.plan import BROKER, DATABASE, GROUP, READERS, Fault
from tests.simulation.scheduler import Process
from tests.simulation.session import SimulatedSession

if TYPE_CHECKING:
    from tests.simulation.world import World

AFTER = ("killed after", "cut after")


class Faults:
    """``struck`` counts what struck, by kind. Once ``over``, nothing strikes any more."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.struck: Counter[str] = Counter()
        self.over = False
        self.database_away_until = 0.0
        self._waiting = list(world.plan.faults)
        for fault in world.plan.faults:
            if fault.who in (DATABASE, BROKER, GROUP):
                world.scheduler.at(fault.at, lambda fault=fault: self._strike_world(fault))  # type: ignore[misc]

    def end(self) -> None:
        self.over = True
        self.database_away_until = 0.0

    def before(self, process: Process, said: str, session: SimulatedSession, *, counts: bool) -> None:
        """Be asked before a statement. Others may go first."""
        if counts:
            process.moments += 1
            if fault := self._due(process, after=False):
                self._strike(fault, process, session)
        self.world.scheduler.pause()

    def after(self, process: Process, said: str, session: SimulatedSession, *, counts: bool) -> None:
        if counts and (fault := self._due(process, after=True)):
            self._strike(fault, process, session)

    def visit(self, what: str, *, after: bool = False) -> None:
        """Be asked at a call of the broker by the process that runs."""
        process = self.world.scheduler.current.process
        counts = what in ("publish", "announce")
        if after:
            if fault := self._due(process, after=True):
                self._strike(fault, process, None)
            return
        if counts:
            process.moments += 1
            if fault := self._due(process, after=False):
                self._strike(fault, process, None)
        self.world.scheduler.pause()

    def connecting(self) -> None:
        self.world.scheduler.pause()
        if self.world.scheduler.now < self.database_away_until:
            raise psycopg.OperationalError("the database is away")

    def of(self, kinds: Collection[str], who: str, number: int) -> Fault | None:
        """Return the fault among ``kinds`` that is due to ``who`` at ``number``, once."""
        if self.over:
            return None
        found = next((f for f in self._waiting if f.who == who and f.at == number and f.kind in kinds), None)
        if found:
            self._waiting.remove(found)
            self._count(found)
        return found

    def _due(self, process: Process, *, after: bool) -> Fault | None:
        kinds = AFTER if after else ("killed before", "cut before", "frozen", "stopped")
        return self.of(kinds, process.name, process.moments)

    def _count(self, fault: Fault) -> None:
        self.struck[fault.kind] += 1
        self.world.scheduler.note("fault", fault.kind, fault.who)

    def _strike(self, fault: Fault, process: Process, session: SimulatedSession | None) -> None:
        scheduler = self.world.scheduler
        if fault.kind.startswith("killed"):
            self.world.begin_again(process.name, fault.seconds)
            scheduler.kill(process)
        elif fault.kind.startswith("cut"):
            self._cut(fault, session)
        elif fault.kind == "frozen":
            ground, silent = self.world.ground, self._sessions(process)
            for one in silent:
                ground.silent(one)
            if process.name in READERS and fault.seconds > 1:
                self.world.group.turned += 1  # meanwhile its partitions are given to another
            scheduler.freeze(fault.seconds)
            for one in silent:
                ground.speaks(one)
        elif fault.kind == "stopped":
            self.world.stop_of(process).set()

    def _cut(self, fault: Fault, session: SimulatedSession | None) -> None:
        if session is None:
            raise LogUnavailable("the connection broke")
        session.end()
        if fault.kind in AFTER:
            # What was sent is done, and nobody was told.
            session.pgconn.finish()
            raise psycopg.OperationalError("server closed the connection unexpectedly")

    def _sessions(self, process: Process) -> list[SimulatedSession]:
        return [one for one in process.sessions if isinstance(one, SimulatedSession) and not one.closed]

    def _strike_world(self, fault: Fault) -> None:
        if self.over:
            return
        self._waiting.remove(fault)
        self._count(fault)
        if fault.who == BROKER:
            self.world.broker.strike(fault)
        elif fault.who == GROUP:
            self.world.group.turned += 1
        else:
            self.database_away_until = self.world.scheduler.now + fault.seconds
            everyone: list[Any] = [s for p in self.world.scheduler.processes.values() for s in self._sessions(p)]
            for session in everyone:
                session.end()
