"""A real connection to the real database, whose every statement is a place where somebody else may go first, or die."""

from __future__ import annotations

import select
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

import psycopg
from psycopg.abc import PQGen
from psycopg.pq import TransactionStatus

from tests.simulation.scheduler import Killed

if TYPE_CHECKING:
    from tests.simulation.ground import Ground
    from tests.simulation.scheduler import Process
    from tests.simulation.world import World

RV = TypeVar("RV")
PATIENCE_MS = 15
"""After so long without an answer the server is asked whether the statement waits for a lock."""
NO_FAULT_OF_OURS = "42"
"""The class of a statement that names what is not there: no simulated fault has it for a consequence."""


@lru_cache(maxsize=500)
def _words(query: str) -> str:
    words = query.split(None, 40)
    if words and words[0] == "WITH":
        return "WITH " + next((w for w in words if w in ("UPDATE", "DELETE", "INSERT")), "SELECT")
    return " ".join(words[:3]) if words[:1] != ["SELECT"] else f"SELECT {_from(words)}"


def _from(words: list[str]) -> str:
    if len(words) > 1 and "(" in words[1]:
        return words[1].split("(")[0]
    return words[words.index("FROM") + 1] if "FROM" in words[:-1] else ""


class SaidCursor(psycopg.Cursor[Any]):
    """Notes what is said, for the trace."""

    def execute(self, query: Any, *arguments: Any, **named: Any) -> Any:
        self._say(query)
        return super().execute(query, *arguments, **named)

    def executemany(self, query: Any, *arguments: Any, **named: Any) -> None:
        self._say(query)
        super().executemany(query, *arguments, **named)

    def _say(self, query: Any) -> None:
        connection = self.connection
        if isinstance(connection, SimulatedSession):
            said = query.decode() if isinstance(query, bytes) else query
            connection.saying = _words(said) if isinstance(said, str) else "composed"


class SimulatedSession(psycopg.Connection[Any]):
    """One session of a simulated process. Outside of a simulation it is a connection like any other."""

    ground: Ground
    world: World | None = None
    process: Process | None = None
    side = ""
    pid = 0
    saying = ""
    writes = False
    """Whether the open transaction has written."""
    silence = 0.0
    silence_inside = 0.0

    def wait(self, gen: PQGen[RV], interval: float = 0.0, timeout: float | None = None) -> RV:
        world = self.world
        if world is None or not world.scheduler.busy:
            return super().wait(gen)
        assert self.process is not None
        if self.process.dead:
            raise Killed
        said, self.saying = self.saying or "end of block", ""
        writing = not said.startswith("SELECT ") or said.startswith("SELECT append") or self.writes
        world.faults.before(self.process, said, self, counts=writing and not said.startswith("SET"))
        try:
            answer = self._drive(gen, world)
        except psycopg.Error as error:
            world.scheduler.note(said, error.sqlstate or type(error).__name__)
            if (error.sqlstate or "").startswith(NO_FAULT_OF_OURS):
                world.refused(said, error)
            self._after()
            raise
        world.scheduler.note(said)
        self.writes = self.writes or writing
        self._after()
        world.faults.after(self.process, said, self, counts=writing and not said.startswith("SET"))
        return answer

    def _after(self) -> None:
        if self.info.transaction_status in (TransactionStatus.IDLE, TransactionStatus.UNKNOWN):
            self.writes = False

    def _drive(self, gen: PQGen[RV], world: World) -> RV:
        try:
            ready = next(gen)
            poll = select.poll()
            while True:
                asked = (select.POLLIN if ready & 1 else 0) | (select.POLLOUT if ready & 2 else 0)
                poll.register(self.pgconn.socket, asked)
                while not (found := poll.poll(PATIENCE_MS)):
                    if not self.settled():
                        world.scheduler.blocked(self)
                events = found[0][1]
                came = (1 if events & ~select.POLLOUT else 0) | (2 if events & select.POLLOUT else 0)
                ready = gen.send(came)
        except StopIteration as end:
            result: RV = end.value
            return result

    def settled(self) -> bool:
        """Tell that what was sent is answered, or is not waiting for a lock."""
        while True:
            if self.pgconn.status == 1 or select.select([self.pgconn.socket], [], [], 0.0)[0]:
                return True
            if self.ground.waits(self.pid):
                return False
            select.select([self.pgconn.socket], [], [], 0.002)

    def limit(self) -> float:
        status = self.info.transaction_status
        if status in (TransactionStatus.INTRANS, TransactionStatus.INERROR):
            return self.silence_inside
        return self.silence if status is TransactionStatus.IDLE else 0.0

    def end(self) -> None:
        self.ground.end(self)

    def rollback(self) -> None:
        if not self._gone():
            super().rollback()

    def close(self) -> None:
        if self._gone() or self.closed:
            return
        if self.process is not None and self.side == "approval" and self.usable():
            self.ground.keep(self)
            return
        super().close()
        if self.process is not None:
            self.ground.end(self)

    def usable(self) -> bool:
        """Tell that it lives and waits for no answer."""
        return not self.closed and self.info.transaction_status not in (
            TransactionStatus.ACTIVE,
            TransactionStatus.UNKNOWN,
        )

    def _gone(self) -> bool:
        return self.process is not None and self.process.dead
