"""The linkage's parts in processes of their own, as on a real site, with what a measurement wants to know of them."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil
import structlog

from bench.ground import Pair
from events import ledger
from events.announcing import Announcer
from events.database import open_engine
from events.envelope import Record
from events.log import Log, Publisher
from events.log.opening import EMBEDDED, follow_log, is_embedded, open_log, open_publisher
from events.relay import Relay
from events.sequencer import Sequencer
from projections.following import Worker
from projections.leased_reader import LeasedReader
from projections.projection import Outcome, Projection
from services.approval.reactions import reactions as hear_supervision
from services.checkpoints.leading import Checkpointing
from services.checkpoints.opening import key_of
from services.migrating import Side
from services.settings import read_settings
from services.supervision.reactions import reactions as hear_approval

_SPAWN = multiprocessing.get_context("spawn")
# Forked children would share this process's sockets; spawned ones begin clean, as services do.

Part = Callable[..., Any]

Passed = list[tuple[float, int]]
"""When a part had passed which number, in seconds since 1970."""

log = structlog.get_logger()

APPLIED = "batch_applied"


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


def numbering(stop: threading.Event, pair: Pair, log_url: str) -> Passed:
    """Approval's sequencer and announcer in one process, as ``linkage run sequencer`` has them."""
    passed: Passed = []
    announcer = Announcer(
        pair.approval_url, "approval", lambda: approval_log(pair, log_url), lambda: supervision_log(pair, log_url)
    )
    speaking = threading.Thread(target=announcer.run, args=(stop,))
    speaking.start()
    Sequencer(
        pair.approval_url,
        "approval",
        announcer.bulk_room,
        announcer.known_head,
        lambda connection, _: passed.append((time.time(), ledger.head(connection).position)),
    ).run(stop)
    speaking.join()
    return passed


def announcing(stop: threading.Event, pair: Pair, log_url: str) -> None:
    """What supervision says of itself: how far its lists are, by which approval's sequencer admits files."""
    Announcer(
        pair.supervision_url, "supervision", lambda: supervision_log(pair, log_url), lambda: approval_log(pair, log_url)
    ).run(stop)


def numbering_alone(stop: threading.Event, pair: Pair) -> None:
    Sequencer(pair.approval_url, "approval").run(stop)


def numbering_and_signing(stop: threading.Event, pair: Pair) -> None:
    """The sequencer, and beside it in the same process who keeps the tree and signs it, as ``linkage run sequencer``
    has them."""
    signing = threading.Thread(target=signing_checkpoints, args=(stop, pair, "approval"))
    signing.start()
    Sequencer(pair.approval_url, "approval").run(stop)
    signing.join()


def signing_checkpoints(stop: threading.Event, pair: Pair, side: Side) -> None:
    """Keep the tree over a side's ledger, and sign it with a key that is drawn for it."""
    url, other = (pair.approval_url, supervision_log) if side == "approval" else (pair.supervision_url, approval_log)
    with TemporaryDirectory() as folder:
        open_key = key_of(side, read_settings(data=Path(folder)))
        Checkpointing(url, side, open_key, lambda: other(pair)).run(stop)


def relaying(stop: threading.Event, pair: Pair, log_url: str) -> Passed:
    passed: Passed = []
    Relay(
        pair.approval_url,
        "approval",
        lambda: _Noting(open_publisher(log_url, "approval"), passed),
        lambda: supervision_log(pair, log_url),
    ).run(stop)
    return passed


class _Noting:
    """A publisher of which is noted when each batch was durable."""

    def __init__(self, publisher: Publisher, passed: Passed) -> None:
        self._publisher = publisher
        self._passed = passed
        self.identity, self.head, self.close = publisher.identity, publisher.head, publisher.close

    def publish(self, records: Sequence[Record]) -> Mapping[int, int]:
        cursors = self._publisher.publish(records)
        self._passed.append((time.time(), records[-1].position))
        return cursors


@dataclass
class Followed:
    """What a worker did: records applied by each committed batch, and when; and (recorded, visible) of each list row.

    Seconds since 1970. Visible is when the commit had returned. Both clocks are this machine's, as the database's is.
    """

    batches: list[tuple[float, int]] = field(default_factory=list)
    visible: list[tuple[float, float]] = field(default_factory=list)
    began: dict[float, float] = field(default_factory=dict)
    """When each batch was begun, by when it was committed."""

    @property
    def applied(self) -> int:
        return sum(count for _, count in self.batches)

    def per_second(self) -> float:
        """The rate from the first batch on: what a start costs is paid once."""
        (began, first), (ended, _) = self.batches[0], self.batches[-1]
        return (self.applied - first) / (ended - began)


def routing(stop: threading.Event, pair: Pair, log_url: str) -> Followed:
    """The supervision side's worker, as ``linkage run projector`` has it: decisions become pushes and lists."""
    intake = hear_approval("审改办", lambda: datetime.now(UTC))
    return _follow(stop, pair.supervision_url, intake, Origin("approval", pair.approval_url, log_url))


def telling(stop: threading.Event, pair: Pair, log_url: str) -> Followed:
    """The approval side's: pushes become who was told."""
    origin = Origin("supervision", pair.supervision_url, log_url)
    return _follow(stop, pair.approval_url, hear_supervision(lambda: datetime.now(UTC)), origin)


@dataclass(frozen=True, slots=True)
class Origin:
    """What a worker follows: a side, the database of its ledger, and the log that the site has."""

    source: str
    ledger_url: str
    log_url: str


def _follow(stop: threading.Event, url: str, projection: Projection, origin: Origin) -> Followed:
    followed = Followed()

    def observe(outcome: Outcome) -> None:
        now = time.time()
        if applied := outcome.counts["applied"]:
            followed.batches.append((now, applied))
            followed.began[now] = now - (outcome.seconds or 0.0)
            followed.visible.extend((recorded_at.timestamp(), now) for _, recorded_at in outcome.visible)
            log.info(APPLIED, count=applied)

    engine = open_engine(url, application=f"bench-{projection.name}")
    if is_embedded(origin.log_url):
        source = partial(open_log, origin.log_url, origin.source, origin.ledger_url)
        Worker(url, engine, projection, source, observe).run(stop)
    else:
        with closing(LeasedReader(url, engine, projection, observe)) as reader:
            follow_log(origin.log_url, origin.source, f"linkage.{projection.name}", reader, stop)
    engine.dispose()
    return followed


def approval_log(pair: Pair, log_url: str = EMBEDDED) -> Log:
    return open_log(log_url, "approval", pair.approval_url)


def supervision_log(pair: Pair, log_url: str = EMBEDDED) -> Log:
    return open_log(log_url, "supervision", pair.supervision_url)


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
