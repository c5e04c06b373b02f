"""Several loops in one process, each in a thread, that start together and stop together.

A loop is `run(stop)`: it works until `stop` is set, then leaves what it has in hand in order and returns. One that ends
before it was asked, or raises, ends them all: the process leaves with 1 and its supervisor starts it afresh, which is
safer than going on with half a service.
"""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import structlog

log = structlog.get_logger()

DRAIN_SECONDS = 5.0


@dataclass(frozen=True)
class Worker:
    """A loop and the name that it bears in the journal."""

    name: str
    run: Callable[[threading.Event], None]


class Crew:
    """`with crew.at_work():` begins; leaving the block asks all to stop and waits for them, `DRAIN_SECONDS` at most."""

    def __init__(self, workers: list[Worker], stop: threading.Event | None = None) -> None:
        self.stop = stop or threading.Event()
        self.failed = False
        self._threads = [
            # Daemons: one that hangs in a call must not keep the process from ending.
            threading.Thread(target=self._work, args=(worker,), name=worker.name, daemon=True)
            for worker in workers
        ]

    @contextmanager
    def at_work(self) -> Iterator["Crew"]:
        for thread in self._threads:
            thread.start()
        try:
            yield self
        finally:
            self.stop.set()
            deadline = time.monotonic() + DRAIN_SECONDS
            for thread in self._threads:
                thread.join(max(0.0, deadline - time.monotonic()))
            late = [thread.name for thread in self._threads if thread.is_alive()]
            if late:
                self.failed = True
                log.error("workers_did_not_stop", workers=late, seconds=DRAIN_SECONDS)

    def wait(self) -> int:
        """Until a signal or a worker's end; the exit code of the process."""
        while not self.stop.wait(0.5):
            pass
        return int(self.failed)

    def _work(self, worker: Worker) -> None:
        try:
            worker.run(self.stop)
            if not self.stop.is_set():
                self.failed = True
                log.error("worker_ended", worker=worker.name)
        except BaseException:
            self.failed = True
            log.exception("worker_failed", worker=worker.name)
        finally:
            self.stop.set()


@contextmanager
def stopped_by_signals(stop: threading.Event) -> Iterator[None]:
    """SIGTERM and Ctrl-C set `stop`; a second one ends the process at once. In the main thread only."""

    def ask(number: int, _: object) -> None:
        if stop.is_set():
            raise SystemExit(128 + number)
        stop.set()

    before = {number: signal.signal(number, ask) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
