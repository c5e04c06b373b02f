"""One simulation from beginning to end: the product's processes, a plan's faults, and what the judge finds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from unittest.mock import patch

import psycopg

from events.announcing import Announcer
from events.database import leads
from events.locks import Lock
from events.log import Log
from events.log.embedded import EmbeddedLog
from events.relay import Relay
from events.sequencer import Sequencer, admit_all
from projections.following import Worker
from projections.leased_reader import LeasedReader
from tests.simulation import judge
from tests.simulation.broker import Broker, BrokerLog, BrokerPublisher, Group
from tests.simulation.bureaus import Bureau, History
from tests.simulation.faults import Faults
from tests.simulation.ground import Ground
from tests.simulation.judge import Finding
from tests.simulation.lists import Listing
from tests.simulation.member import Member
from tests.simulation.plan import EMBEDDED, READERS, Plan
from tests.simulation.scheduler import Process, Scheduler
from tests.simulation.standing_in import SimulatedEvent, small_and_simulated

HEALS_WITHIN = 60.0
"""Simulated seconds after the last fault until everything must be level."""
FAULTS_LAST = 6.0
"""Simulated seconds after the last append in which faults may still strike."""
MOST_STEPS = 100_000
"""In one moment. A whole simulation has some 450: more are somebody's who tries again and again, while time waits."""
LOOK_SECONDS = 4.0
LONGEST = 45.0
"""Simulated seconds after which faults end in any case."""


def believes(connection: psycopg.Connection, lock: Lock) -> bool:
    """Number as if one led, whoever does: as one whose lock went with a session that it does not know is gone."""
    return lock is Lock.NUMBERING or leads(connection, lock)


@dataclass
class Outcome:
    """``digest``: of the trace. ``healed``: simulated seconds after the last fault until everything was level."""

    digest: str
    findings: list[Finding]
    struck: Counter[str]
    healed: float | None
    trace: list[tuple[object, ...]] = field(repr=False)

    def found(self, kind: str) -> bool:
        return any(finding.kind == kind for finding in self.findings)


class World:
    def __init__(self, ground: Ground, plan: Plan, *, bureau_looks: bool = True) -> None:
        self.ground = ground
        self.plan = plan
        self.bureau_looks = bureau_looks
        self.scheduler = Scheduler(plan.seed, ground.set_clock)
        self.history = History()
        self.broker = Broker(self)
        self.group = Group(self, READERS)
        self.findings: list[Finding] = []
        self.faults = Faults(self)

    def run(self) -> Outcome:
        """Simulate the plan; leave nothing behind but sessions for the next one."""
        self.ground.begin(self)
        try:
            with ExitStack() as stack:
                stack.enter_context(
                    small_and_simulated(self.scheduler, self.plan.page, self.plan.idle, self.ground.connect)
                )
                if self.plan.believing:
                    stack.enter_context(patch("events.leading.leads", believes))
                for name in self.plan.processes:
                    self.scheduler.start(name, self._life(name))
                healed = self._until_level()
                self.findings += judge.at_the_end(self, level=healed is not None)
        finally:
            self._clear()
        return Outcome(self.scheduler.digest(), self.findings, self.faults.struck, healed, self.scheduler.trace)

    def begin_again(self, name: str, seconds: float) -> None:
        self.scheduler.at(self.scheduler.now + seconds, lambda: self._begin(name))

    def refused(self, said: str, error: Exception) -> None:
        """Note a statement that the database does not understand: the product would wait it out for ever."""
        self.findings.append(Finding("ended", f"{self.scheduler.current.name}, {said}: {error}"))

    def stop_of(self, process: Process) -> SimulatedEvent:
        assert isinstance(process.stop, SimulatedEvent)
        return process.stop

    def _begin(self, name: str) -> None:
        self.scheduler.start(name, self._life(name))

    def _until_level(self) -> float | None:
        """Run until everything is level after the last fault, and return how long that took; None when it did not."""
        healing_since: float | None = None
        looked, asked, striking = 0.0, -1.0, True
        moment, steps = -1.0, 0
        while self.scheduler.step():
            self._bury()
            now = self.scheduler.now
            moment, steps = now, steps + 1 if now == moment else 0
            if steps > MOST_STEPS:
                self.findings.append(Finding("stuck", f"somebody tries without end at {now:.1f} s"))
                return None
            if healing_since is None:
                if now - looked >= LOOK_SECONDS:
                    looked = now
                    self.findings += judge.meanwhile(self)
                if now < LONGEST and now != asked:
                    asked = now
                    striking = self._still_struck()
                if striking and now < LONGEST:
                    continue
                healing_since = now
                self._heal()
            if now - looked >= 1.0 or now == healing_since:
                looked = now
                if judge.level(self):
                    return now - healing_since
                if now - healing_since >= HEALS_WITHIN:
                    return None
        self.findings.append(Finding("stuck", "nobody can go on"))
        return None

    def _still_struck(self) -> bool:
        """Tell whether faults go on: with time left for them, or with somebody still frozen, while not all is level."""
        now = self.scheduler.now
        frozen = any(process.frozen_until > now for process in self.scheduler.processes.values())
        if frozen or now < self.plan.until + 1:
            return True
        return now < self.plan.until + FAULTS_LAST and not judge.level(self)

    def _heal(self) -> None:
        self.faults.end()
        self.broker.away_until = 0.0
        self.scheduler.thaw_all()
        self.scheduler.note("no more faults")
        self.scheduler.at(self.scheduler.now + HEALS_WITHIN, lambda: None)

    def _bury(self) -> None:
        """Begin again who ended by itself, as whoever watches over processes does."""
        for name, process in list(self.scheduler.processes.items()):
            if process.tasks and process.tasks[0].over and not process.dead:
                if process.ended:
                    self.findings.append(Finding("ended", f"{name}: {process.ended}"))
                    self.scheduler.note("ended", name, process.ended)
                process.dead = True
                self.scheduler.kill(process)
                if not self._done(name):
                    self.begin_again(name, 1.0)

    def _done(self, name: str) -> bool:
        return name.startswith("bureau") and all(
            mark in self.history.acknowledged for mark, _ in Bureau(self, name).mine
        )

    def _clear(self) -> None:
        for process in self.scheduler.processes.values():
            kept, process.sessions = process.sessions, []
            self.scheduler.kill(process)
            for session in kept:
                self.ground.keep(session)  # type: ignore[arg-type]
        self.ground.bury()
        self.ground.world = None

    def _life(self, name: str) -> Callable[[], None]:
        def live() -> None:
            stop = SimulatedEvent(self.scheduler, self.plan.idle)
            self.scheduler.current.process.stop = stop
            kind = name.split()[0]
            getattr(self, f"_{kind}")(name, stop)

        return live

    def _bureau(self, name: str, stop: SimulatedEvent) -> None:
        Bureau(self, name, looks=self.bureau_looks).run(stop)

    def _sequencer(self, name: str, stop: SimulatedEvent) -> None:
        Sequencer(self.ground.side_url("approval"), "approval", self._bulk_room).run(stop)  # type: ignore[arg-type]

    def _bulk_room(self, head: int) -> int:
        return self.scheduler.chance.choice((0, 1, admit_all(head)))

    def _relay(self, name: str, stop: SimulatedEvent) -> None:
        Relay(
            self.ground.side_url("approval"),
            "approval",
            lambda: BrokerPublisher(self.broker, "approval"),
            lambda: self.log("supervision"),
        ).run(stop)  # type: ignore[arg-type]

    def _announcer(self, name: str, stop: SimulatedEvent) -> None:
        Announcer(
            self.ground.side_url("supervision"),
            "supervision",
            lambda: self.log("supervision"),
            lambda: self.log("approval"),
        ).run(stop)  # type: ignore[arg-type]

    def _reader(self, name: str, stop: SimulatedEvent) -> None:
        url, engine = self.ground.side_url("supervision"), self.ground.engine(name, "supervision")
        if self.plan.log == EMBEDDED:
            Worker(url, engine, Listing(), lambda: self.log("approval"), name=name).run(stop)  # type: ignore[arg-type]
            return
        reader = LeasedReader(url, engine, Listing())
        reader.name = name
        Member(self, reader).run(stop)

    def log(self, source: str) -> Log:
        if self.plan.log == EMBEDDED:
            return EmbeddedLog(self.ground.side_url(source), source)
        return BrokerLog(self.broker, source)
