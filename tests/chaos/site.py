"""A site of its own for one scenario: databases, a broker when asked for, every part in a process of its own."""

from __future__ import annotations

import os
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Literal

import httpx
import psutil
import psycopg

from events.database import connect, open_engine
from services import broker
from services.broker import Broker
from services.embedded_postgres import EmbeddedPostgres, attach
from services.log_reader import reader_url
from services.migrating import Side, migrate
from services.supervision.duty_register import take_duties
from tests.chaos.clocks import Clock, clocks_of_both, start_under, words_by_side
from tests.chaos.disks import SmallDisk, small_disk
from tests.chaos.duties import DEPARTMENTS, duties
from tests.chaos.parts import Parts, environment_without_settings
from tests.chaos.ports import free_port

BEGIN_SECONDS = 420.0
DISK_MEGABYTES = {"database": 448, "broker": 192, "": 0}
"""Room for a scenario's few thousand decisions, and little more."""


class Postgres:
    """The site's server. It is not started again by the parts: they know its address only."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._users: list[EmbeddedPostgres] = [attach(folder)]
        self.urls: dict[Side, str] = {
            "approval": self._newest.approval_url,
            "supervision": self._newest.supervision_url,
        }

    @property
    def _newest(self) -> EmbeddedPostgres:
        return self._users[-1]

    def kill(self) -> None:
        """At once, as a power cut does to the process (not to the disk)."""
        pid = self._newest.pid
        assert pid is not None, "PostgreSQL does not run"
        os.kill(pid, signal.SIGKILL)
        until(lambda: self._newest.pid is None, 10, "PostgreSQL did not die")

    def processes(self) -> list[int]:
        """The numbers of the server's processes, the first one's first; none when it is gone."""
        pid = self._newest.pid
        if pid is None:
            return []
        try:
            return [pid, *(child.pid for child in psutil.Process(pid).children())]
        except psutil.NoSuchProcess:
            return []

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Let the server stand still with its connections open, until the block is left."""
        stopped: list[int] = []
        try:
            # The first one first: it begins no others while it stands still.
            for _ in range(2):
                for pid in self.processes():
                    if pid not in stopped:
                        os.kill(pid, signal.SIGSTOP)
                        stopped.append(pid)
            yield
        finally:
            for pid in reversed(stopped):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)

    def said(self) -> str:
        """What the server wrote into its log."""
        logs = sorted((self.folder / "postgres" / "log").glob("*.log"))
        return "".join(path.read_text(errors="replace") for path in logs)

    @property
    def ended(self) -> bool:
        return self._newest.pid is None

    def start(self) -> None:
        self._users.append(attach(self.folder))

    def go_by(self, clock: Clock) -> None:
        """Start the server again under another clock than the machine's."""
        start_under(clock, self._newest)

    def stop(self) -> None:
        for user in self._users:
            user.stop()


@dataclass
class Site:
    """A running site. ``broker`` is None with the embedded log, ``disk`` where none is small; ``clocks``, where each
    side has a machine's clock of its own."""

    folder: Path
    postgres: Postgres
    parts: Parts
    broker: Broker | None
    approval: str
    supervision: str
    disk: SmallDisk | None = None
    clocks: Mapping[Side, Clock] = field(default_factory=dict)
    client: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=5, trust_env=False))

    def connect(self, side: Side) -> psycopg.Connection:
        return connect(self.postgres.urls[side], application="chaos")

    @property
    def kafka(self) -> Broker:
        assert self.broker is not None, "this site has the embedded log"
        return self.broker

    def start_broker(self, *, erased: bool = False) -> None:
        """Start the killed broker again, ``erased`` with an empty disk."""
        if erased:
            shutil.rmtree(self.kafka.folder / "records")
        self.broker = broker.start(self.kafka.folder, self.kafka.port)

    def ready(self) -> bool:
        """Tell whether both web services can work. By one client for the site's life: to make one reads all the
        certificates that the machine believes, and who asked so twenty times a second took a core away from the parts
        that were to come back."""
        return all(self._answers(f"{address}/readyz") for address in (self.approval, self.supervision))

    def _answers(self, address: str) -> bool:
        try:
            return self.client.get(address).is_success
        except httpx.TransportError:
            return False


@contextmanager
def open_site(
    *,
    kafka: bool = False,
    projectors: int = 1,
    scheduler: bool = False,
    small: Literal["", "database", "broker"] = "",
    clocks: bool = False,
    settings: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[Site]:
    """Give a site that takes decisions, and end every process of it whatever happens. ``small``: what has a disk of
    its own with little room; ``clocks``: each side has a server, parts and a clock of its own, which can be set;
    ``settings``: what else its parts find in their environment."""
    with ExitStack() as leaving:
        # Not pytest's folder, which is shut against the account that root's PostgreSQL runs as.
        folder = Path(leaving.enter_context(TemporaryDirectory(prefix="linkage-chaos-", ignore_cleanup_errors=True)))
        place = folder / ("kafka/records" if small == "broker" else "data")
        disk = leaving.enter_context(small_disk(place, DISK_MEGABYTES[small])) if small else None
        postgres = Postgres(folder / "data")
        leaving.callback(postgres.stop)
        clock_of = clocks_of_both(folder) if clocks else {}
        if clocks:
            publishers = Postgres(folder / "publishers")
            leaving.callback(publishers.stop)
            postgres.urls["approval"] = publishers.urls["approval"]
            publishers.go_by(clock_of["approval"])
            postgres.go_by(clock_of["supervision"])
        node = leaving.enter_context(_broker(folder / "kafka")) if kafka else None
        with _migrating:
            for side, url in postgres.urls.items():
                migrate(url, side)
        engine = open_engine(postgres.urls["supervision"], application="chaos")
        take_duties(engine, duties(), DEPARTMENTS, datetime.now(UTC))
        engine.dispose()
        ports = {side: str(free_port()) for side in postgres.urls}
        environment = environment_without_settings() | {
            "LINKAGE_DATA": str(folder / "data"),
            "TMPDIR": str(folder),  # what a killed part leaves behind goes with the site
            "APPROVAL_DATABASE_URL": postgres.urls["approval"],
            "SUPERVISION_DATABASE_URL": postgres.urls["supervision"],
            "APPROVAL_LEDGER_URL": reader_url(postgres.urls["approval"]),
            "SUPERVISION_LEDGER_URL": reader_url(postgres.urls["supervision"]),
            "APPROVAL_PORT": ports["approval"],
            "SUPERVISION_PORT": ports["supervision"],
            **({"LOG_URL": node.url} if node else {}),
            **settings,
        }
        journals = folder / "journals"
        journals.mkdir()
        words = words_by_side() if clocks else _words(kafka, projectors, scheduler)
        clocked = {part: clock.environment for side, clock in clock_of.items() for part in words if side in words[part]}
        parts = Parts(environment, journals, clocked)
        approval, supervision = (f"http://127.0.0.1:{ports[side]}" for side in ("approval", "supervision"))
        site = Site(folder, postgres, parts, node, approval, supervision, disk, clock_of)
        leaving.callback(site.client.close)
        leaving.callback(parts.stop)
        parts.begin(words)
        until(site.ready, BEGIN_SECONDS, "the site does not begin")
        yield site


def _words(kafka: bool, projectors: int, scheduler: bool) -> dict[str, tuple[str, ...]]:
    names = ["approval", "supervision", "sequencer", *(["relay"] if kafka else []), "projector"]
    more = [f"projector-{number}" for number in range(2, projectors + 1)]
    last = ["scheduler"] if scheduler else []
    return {name: ("run", name.split("-")[0]) for name in (*names, *more, *last)}


@contextmanager
def _broker(folder: Path) -> Iterator[Broker]:
    try:
        yield broker.start(folder, free_port())
    finally:
        broker.stop(folder)


_migrating = threading.Lock()
"""Alembic has one context in a process: two sites that begin at once would take each other's."""


def until(holds: Callable[[], bool], seconds: float, otherwise: str) -> float:
    """Wait until it holds, and return how long that took."""
    began = time.monotonic()
    while not holds():
        if time.monotonic() - began > seconds:
            raise TimeoutError(f"{otherwise} within {seconds:.0f} s")
        time.sleep(0.05)
    return time.monotonic() - began
