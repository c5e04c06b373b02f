"""What stands in for threads, clocks and sizes while a simulation runs: the modules' own names, put back afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from functools import partial
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from tests.simulation.scheduler import Scheduler

PARTITIONS = 4
"""Fewer than the product has, so that streams share them."""


class SimulatedEvent:
    """``threading.Event`` in simulated seconds. Nobody waits for less than ``idle``: looks cost statements."""

    def __init__(self, scheduler: Scheduler, idle: float) -> None:
        self.scheduler = scheduler
        self.idle = idle
        self._set = False

    def is_set(self) -> bool:
        return self._set

    def set(self) -> None:
        self._set = True
        for process in self.scheduler.processes.values():
            for task in process.tasks:
                if task.waits_for is self:
                    task.wakes, task.waits_for = self.scheduler.now, None

    def wait(self, timeout: float = 0.0) -> bool:
        if not self._set:
            task = self.scheduler.current
            task.waits_for = self
            self.scheduler.sleep(max(timeout, self.idle))
            task.waits_for = None
        return self._set


class SimulatedThread:
    """``threading.Thread``: another task of the process that started it, and gone with it."""

    def __init__(self, scheduler: Scheduler, target: Callable[[], None], name: str = "", daemon: bool = False) -> None:
        self.scheduler = scheduler
        self.target = target
        self._task: Any = None

    def start(self) -> None:
        process = self.scheduler.current.process
        self._task = self.scheduler.begin(process, f"{process.name}, its watch", self.target)

    def join(self, timeout: float) -> None:
        until = self.scheduler.now + timeout
        while not self._task.over and self.scheduler.now < until:
            self.scheduler.sleep(0.5)


class AtOnce:
    """``ThreadPoolExecutor`` of one thread that is always quicker than its caller: what it is given is done at once."""

    def __init__(self, workers: int, name: str) -> None:
        self.name = name

    def submit(self, function: Callable[..., Any], *arguments: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(function(*arguments))
        except Exception as error:
            future.set_exception(error)
        return future

    def shutdown(self) -> None: ...

    def __enter__(self) -> AtOnce:
        return self

    def __exit__(self, *_: object) -> None: ...


@contextmanager
def small_and_simulated(scheduler: Scheduler, page: int, idle: float, connect: Callable[..., Any]) -> Iterator[None]:
    """Let the product's modules live in simulated time, in pages of ``page``, and connect by ``connect``."""
    from events import sequencer

    clock = SimpleNamespace(
        monotonic=lambda: scheduler.now + 1000, sleep=lambda seconds: scheduler.sleep(max(seconds, idle))
    )
    threads = SimpleNamespace(
        Event=lambda: SimulatedEvent(scheduler, idle),
        Thread=lambda target, name="", daemon=False: SimulatedThread(scheduler, target, name, daemon),
    )
    number_once = partial(sequencer.number_once, batch=page)
    with ExitStack() as stack:
        for name, value in (
            ("psycopg.connect", connect),
            ("events.envelope.PARTITIONS", PARTITIONS),
            ("events.sequencer.BATCH", page),
            ("events.sequencer.number_once", number_once),
            ("events.relay.BATCH", page),
            ("events.relay.time", clock),
            ("events.relay.threading", threads),
            ("events.relay.ThreadPoolExecutor", AtOnce),
            ("events.log.embedded.time", clock),
            ("events.log.embedded.EmbeddedLog.partitions", PARTITIONS),
            ("projections.following.time", clock),
            ("projections.following.LIMIT", page),
            ("projections.reading_ahead.ThreadPoolExecutor", AtOnce),
        ):
            stack.enter_context(patch(name, value))
        yield
