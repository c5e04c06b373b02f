"""The linkage's parts in processes of their own, as on a real site, with what a measurement wants to know of them."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from typing import Any

import structlog

from bench.ground import Pair
from events.announcing import Announcer
from events.database import open_engine
from events.log import Log
from events.log.opening import EMBEDDED, open_log, open_publisher
from events.relay import Relay
from events.sequencer import Sequencer
from projections.following import Worker
from projections.projector import Outcome
from services.supervision.intake import Intake

_SPAWN = multiprocessing.get_context("spawn")
# Forked children would share this process's sockets; spawned ones begin clean, as services do.

Part = Callable[..., Any]


class Running:
    """A part at work. ``result`` stops it and returns what it has to say."""

    def __init__(self, part: Part, *arguments: Any) -> None:
        self._ours, theirs = _SPAWN.Pipe()
        self.process = _SPAWN.Process(target=_run, args=(theirs, part, arguments), daemon=True)
        self.process.start()
        theirs.close()

    @property
    def pid(self) -> int:
        assert self.process.pid is not None
        return self.process.pid

    def wait(self, seconds: float = 600) -> Any:
        """Return what the part returned of itself."""
        if not self._ours.poll(seconds):
            raise TimeoutError(f"a part of the linkage said nothing for {seconds} s")
        ended, said = self._ours.recv()
        self.process.join(10)
        if ended != "returned":
            raise RuntimeError(said)
        return said

    def result(self) -> Any:
        if self.process.is_alive():
            os.kill(self.pid, signal.SIGTERM)
        return self.wait(60)


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


def numbering(stop: threading.Event, pair: Pair, log_url: str) -> None:
    """Approval's sequencer and announcer in one process, as ``linkage run sequencer`` has them."""
    announcer = Announcer(
        pair.approval_url, "approval", lambda: approval_log(pair, log_url), lambda: supervision_log(pair, log_url)
    )
    speaking = threading.Thread(target=announcer.run, args=(stop,))
    speaking.start()
    Sequencer(pair.approval_url, "approval", announcer.bulk_room).run(stop)
    speaking.join()


def numbering_alone(stop: threading.Event, pair: Pair) -> None:
    Sequencer(pair.approval_url, "approval").run(stop)


def relaying(stop: threading.Event, pair: Pair, log_url: str) -> None:
    Relay(
        pair.approval_url,
        "approval",
        lambda: open_publisher(log_url, "approval"),
        lambda: supervision_log(pair, log_url),
    ).run(stop)


def routing(stop: threading.Event, pair: Pair, log_url: str) -> list[tuple[float, float]]:
    """The supervision side's worker. Returns (recorded, visible) of each list row, both as seconds since 1970.

    Visible is when the commit had returned. Both clocks are this machine's, as the database's is.
    """
    seen: list[tuple[float, float]] = []

    def observe(outcome: Outcome) -> None:
        now = time.time()
        seen.extend((recorded_at.timestamp(), now) for _, recorded_at in outcome.visible)

    _worker(pair, log_url, observe).run(stop)
    return seen


def routing_unwatched(stop: threading.Event, pair: Pair, log_url: str) -> None:
    _worker(pair, log_url, lambda _: None).run(stop)


def approval_log(pair: Pair, log_url: str = EMBEDDED) -> Log:
    return open_log(log_url, "approval", pair.approval_url)


def supervision_log(pair: Pair, log_url: str = EMBEDDED) -> Log:
    return open_log(log_url, "supervision", pair.supervision_url)


def _worker(pair: Pair, log_url: str, observe: Callable[[Outcome], None]) -> Worker:
    engine = open_engine(pair.supervision_url, application="supervision-intake")
    intake = Intake("审改办", lambda: datetime.now(UTC))
    return Worker(pair.supervision_url, engine, intake, lambda: approval_log(pair, log_url), observe)


def _run(pipe: Connection, part: Part, arguments: tuple[Any, ...]) -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40), cache_logger_on_first_use=False)
    stop = threading.Event()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    try:
        pipe.send(("returned", part(stop, *arguments)))
    except Exception as error:
        pipe.send(("raised", f"{part.__name__}: {type(error).__name__}: {error}"))
        raise
