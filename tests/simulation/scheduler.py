"""Who is next? One thread, simulated seconds, and a seed that chooses among those who could go on.

Every process is one or more tasks (greenlets). A task runs until it calls the database or the broker, or sleeps; then
the scheduler chooses. A statement that waits for another's lock is *blocked*: its task is left out until the server
answers, so nobody waits for somebody who cannot move, and the same seed meets the same locks in the same order.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from math import ceil
from random import Random
from typing import Protocol

from greenlet import getcurrent, greenlet

from tests.simulation.plan import GRID


class Killed(BaseException):
    """The process is gone: nothing catches it."""


def on_grid(second: float) -> float:
    """Return the first step of time that is not before ``second``."""
    return ceil(round(second / GRID, 6)) * GRID


class Session(Protocol):
    """A connection of a process to the database."""

    def settled(self) -> bool:
        """Tell that the statement it sent is answered, or waits for no lock."""
        ...

    def end(self) -> None:
        """End it in the server, and return when that has let everything go."""
        ...

    def limit(self) -> float:
        """How many seconds of silence the server allows it now; 0: any number."""
        ...


@dataclass(eq=False)
class Task:
    process: Process
    name: str
    run: Callable[[], None]
    wakes: float
    waits_for: object = None
    blocked: Session | None = None
    hub: greenlet | None = None

    def __post_init__(self) -> None:
        self.hub = greenlet(self.run)

    @property
    def over(self) -> bool:
        return self.hub is None or self.hub.dead


@dataclass(eq=False)
class Process:
    """``moments``: how many of its moments came, over all of its lives. ``ended``: why it ended by itself."""

    name: str
    main: Callable[[], None]
    stop: object = None
    moments: int = 0
    dead: bool = False
    frozen_until: float = 0.0
    tasks: list[Task] = field(default_factory=list)
    sessions: list[Session] = field(default_factory=list)
    ended: str = ""


class Scheduler:
    """``clock`` is told every new second, before anybody runs in it."""

    def __init__(self, seed: int, clock: Callable[[float], None]) -> None:
        self.chance = Random(f"schedule {seed}")
        self.clock = clock
        self.now = 0.0
        self.trace: list[tuple[object, ...]] = []
        self.processes: dict[str, Process] = {}
        self._timers: list[tuple[float, int, Callable[[], None]]] = []
        self._timed = 0
        self._hub = getcurrent()
        self._current: Task | None = None

    @property
    def current(self) -> Task:
        assert self._current is not None, "nobody runs"
        return self._current

    @property
    def busy(self) -> bool:
        """Whether a task runs (and not the scheduler itself, which ends sessions and looks around)."""
        return self._current is not None

    def note(self, what: str, *said: object) -> None:
        """Put a step into the trace."""
        who = self._current.name if self._current else ""
        self.trace.append((round(self.now, 3), who, what, *said))

    def digest(self) -> str:
        return sha256(repr(self.trace).encode()).hexdigest()

    def at(self, second: float, what: Callable[[], None]) -> None:
        self._timed += 1
        self._timers.append((on_grid(max(second, self.now)), self._timed, what))

    def start(self, name: str, main: Callable[[], None]) -> Process:
        """Begin a process, or a new life of it."""
        before = self.processes.get(name)
        process = Process(name, main, moments=before.moments if before else 0)
        self.processes[name] = process
        self.begin(process, name, main)
        return process

    def begin(self, process: Process, name: str, main: Callable[[], None]) -> Task:
        def run() -> None:
            try:
                main()
            except Killed:
                return
            except Exception as error:
                process.ended = f"{type(error).__name__}: {error}"

        task = Task(process, name, run, self.now)
        process.tasks.append(task)
        return task

    def pause(self) -> None:
        """Let others go first, or not."""
        task = self.current
        self._switch()
        if task.process.dead:
            raise Killed

    def sleep(self, seconds: float) -> None:
        self.current.wakes = on_grid(self.now + seconds)
        self.pause()

    def blocked(self, session: Session) -> None:
        """Come back when ``session`` is settled."""
        self.current.blocked = session
        self.note("blocked")
        self.pause()

    def freeze(self, seconds: float) -> None:
        """Stop the process of the current task; the server ends those of its sessions that are silent for too long."""
        process = self.current.process
        process.frozen_until = on_grid(self.now + seconds)
        for session in list(process.sessions):
            limit = session.limit()
            if 0 < limit < seconds:
                self.at(self.now + limit, lambda session=session: self._silent(process, session))  # type: ignore[misc]
        self.pause()

    def _silent(self, process: Process, session: Session) -> None:
        if process.frozen_until > self.now and not process.dead:
            self.note("silent session ended", process.name)
            session.end()

    def thaw_all(self) -> None:
        for process in self.processes.values():
            process.frozen_until = 0.0

    def kill(self, process: Process) -> None:
        """End a process: nothing that it still runs reaches the database or the broker, then its sessions end."""
        process.dead = True
        for task in process.tasks:
            if not task.over and task is not self._current:
                self._throw(task)
        if self._current is not None and self._current.process is process:
            raise Killed
        self._end_sessions(process)

    def _end_sessions(self, process: Process) -> None:
        for session in list(process.sessions):
            session.end()
        process.sessions.clear()

    def _throw(self, task: Task) -> None:
        before, self._current = self._current, task
        assert task.hub is not None
        task.hub.parent = getcurrent()
        if task.hub:
            task.hub.throw(Killed)
        else:
            task.hub = None  # it never began
        self._current = before

    def step(self) -> bool:
        """Let one task run, or time pass. Returns False when nothing will ever happen again."""
        self._settle()
        ready = [task for process in self.processes.values() for task in process.tasks if self._may_run(task)]
        if not ready:
            return self._pass_time()
        task = ready[self.chance.randrange(len(ready))]
        self._current = task
        assert task.hub is not None
        task.hub.parent = self._hub
        task.hub.switch()
        self._current = None
        if task.process.dead:
            self._end_sessions(task.process)
        return True

    def _may_run(self, task: Task) -> bool:
        return (
            not task.over
            and task.blocked is None
            and max(task.wakes, task.process.frozen_until) <= self.now
            and not task.process.dead
        )

    def _settle(self) -> None:
        for process in self.processes.values():
            for task in process.tasks:
                if task.blocked is not None and task.blocked.settled():
                    task.blocked = None

    def _pass_time(self) -> bool:
        moments = [
            max(task.wakes, process.frozen_until)
            for process in self.processes.values()
            for task in process.tasks
            if not task.over and task.blocked is None and not process.dead
        ]
        moments += [timer[0] for timer in self._timers]
        if not moments:
            return False
        moment = min(moments)
        if moment > self.now:
            self.now = moment
            self.clock(moment)
        due = sorted(timer for timer in self._timers if timer[0] <= self.now)
        self._timers = [timer for timer in self._timers if timer[0] > self.now]
        for _, _, what in due:
            what()
        return True

    def _switch(self) -> None:
        self._hub.switch()
