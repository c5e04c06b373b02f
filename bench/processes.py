"""A part of the linkage in a process of its own: begun, heard, measured, and ended with what it returns."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from typing import Any

import psutil
import structlog

_SPAWN = multiprocessing.get_context("spawn")
# Forked children would share this process's sockets; spawned ones begin clean, as services do.

Part = Callable[..., Any]

APPLIED = "batch_applied"
"""What a worker logs of each batch, with the ``count`` of its records."""


class Running:
    """A part at work. What it logs, and at last what it returns or why it failed, is heard in a thread of its own."""

    def __init__(self, part: Part, *arguments: Any) -> None:
        self.name = part.__name__
        self.logged: list[tuple[float, str]] = []
        """Each event that the part logged, and when."""
        self.applied = 0
        """Records that a worker applied so far."""
        self._ended: tuple[str, Any] | None = None
        self._changed = threading.Condition()
        self._ours, theirs = _SPAWN.Pipe()
        self.process = _SPAWN.Process(target=_run, args=(theirs, part, arguments), daemon=True)
        self.process.start()
        theirs.close()
        threading.Thread(target=self._listen, daemon=True).start()

    @property
    def pid(self) -> int:
        assert self.process.pid is not None
        return self.process.pid

    @property
    def ended(self) -> bool:
        return self._ended is not None

    def until_logged(self, event: str, seconds: float) -> None:
        self._until(lambda: any(said == event for _, said in self.logged), seconds, f"logs no {event}")

    def until_applied(self, count: int, seconds: float) -> None:
        self._until(lambda: self.applied >= count, seconds, f"has not applied {count:,} records")

    def wait(self, seconds: float) -> Any:
        """Return what the part returns of itself."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._ended is not None, seconds):
                raise TimeoutError(f"{self.name} does not end within {seconds:.0f} s")
        assert self._ended is not None
        how, said = self._ended
        if how != "returned":
            raise RuntimeError(said)
        return said

    def result(self) -> Any:
        """Ask the part to stop, and return what it returns."""
        if self.process.is_alive():
            os.kill(self.pid, signal.SIGTERM)
        return self.wait(30)

    def memory(self) -> float:
        """The megabytes that the process holds now; 0 once it is gone."""
        try:
            return float(psutil.Process(self.pid).memory_info().rss) / 2**20
        except psutil.NoSuchProcess:
            return 0.0

    def _until(self, holds: Callable[[], bool], seconds: float, else_: str) -> None:
        with self._changed:
            self._changed.wait_for(lambda: holds() or self._ended is not None, seconds)
            if holds():
                return
        if self._ended is not None:
            self.wait(0)
        said = ", ".join(dict.fromkeys(event for _, event in self.logged[-5:])) or "nothing"
        raise TimeoutError(f"{self.name} {else_} within {seconds:.0f} s; applied {self.applied:,}, logged last: {said}")

    def _listen(self) -> None:
        while self._ended is None:
            try:
                how, said = self._ours.recv()
            except EOFError:
                how, said = "raised", f"{self.name} ended without a word"
            with self._changed:
                if how == "applied":
                    self.applied += said
                elif how == "logged":
                    self.logged.append(said)
                else:
                    self._ended = how, said
                self._changed.notify_all()


@contextmanager
def at_work(part: Part, *arguments: Any) -> Iterator[Running]:
    """Run ``part(stop, *arguments)`` in a process until the block is left."""
    running = Running(part, *arguments)
    try:
        yield running
    finally:
        if running.process.is_alive():
            os.kill(running.pid, signal.SIGTERM)
            running.process.join(15)
            running.process.kill()


def gate(waiting: int) -> Barrier:
    """Let ``waiting`` threads of several parts begin at once, when all of them are there."""
    return _SPAWN.Barrier(waiting)


def _run(pipe: Connection, part: Part, arguments: tuple[Any, ...]) -> None:
    speaking = threading.Lock()

    def tell(how: str, said: Any) -> None:
        with speaking:
            pipe.send((how, said))

    def hear(_: Any, __: str, said: MutableMapping[str, Any]) -> Mapping[str, Any]:
        if said["event"] == APPLIED:
            tell("applied", said["count"])
        else:
            tell("logged", (time.time(), said["event"]))
        raise structlog.DropEvent

    structlog.configure(processors=[hear], cache_logger_on_first_use=False)
    stop = threading.Event()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    try:
        tell("returned", part(stop, *arguments))
    except Exception as error:
        tell("raised", f"{part.__name__}: {type(error).__name__}: {error}")
        raise
