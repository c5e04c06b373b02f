"""The parts of a site as processes, each started again when it ends, as a service manager does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

LINKAGE = str(Path(sys.executable).with_name("linkage"))
LOOK_SECONDS = 0.1
RESTART_SECONDS = 0.3
RESTARTED_SECONDS = 30.0
DRAIN_SECONDS = 8.0


@dataclass(frozen=True, slots=True)
class Ended:
    """A part that ended by itself, though nobody killed it."""

    name: str
    code: int


@dataclass(slots=True)
class _Part:
    words: tuple[str, ...]
    process: subprocess.Popen[bytes]
    started_at: float
    killed: bool = False
    held: bool = False
    ended_at: float | None = None


class Parts:
    """Runs parts until ``stop``. Signals go to the processes started here and to nobody else. ``more``: what single
    parts find in their environment besides."""

    def __init__(
        self,
        environment: Mapping[str, str],
        journals: Path,
        more: Mapping[str, Mapping[str, str]] = MappingProxyType({}),
    ) -> None:
        self.environment = dict(environment)
        self.more = more
        self.journals = journals
        self.ended: list[Ended] = []
        self._parts: dict[str, _Part] = {}
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._keeper = threading.Thread(target=self._keep, name="service-manager", daemon=True)

    def begin(self, parts: Mapping[str, tuple[str, ...]]) -> None:
        """Start each part: a name, and what ``linkage`` is called with."""
        for name, words in parts.items():
            self._parts[name] = _Part(words, self._launch(name, words), time.monotonic())
        self._keeper.start()

    @property
    def names(self) -> list[str]:
        return list(self._parts)

    def kill(self, name: str) -> float:
        """End the part as a power cut does, wait until it runs again, and return when it was started again."""
        before = self._signal(name, signal.SIGKILL, killed=True)
        return self.restarted(name, before)

    def restarted(self, name: str, before: float) -> float:
        deadline = time.monotonic() + RESTARTED_SECONDS
        while (started_at := self._parts[name].started_at) == before:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{name} was not started again")
            time.sleep(0.02)
        return started_at

    def freeze(self, name: str) -> None:
        self._signal(name, signal.SIGSTOP)

    def thaw(self, name: str) -> None:
        self._signal(name, signal.SIGCONT)

    @contextmanager
    def held(self, name: str) -> Iterator[None]:
        """Kill the part and keep it down until the block is left."""
        self._parts[name].held = True
        try:
            self._signal(name, signal.SIGKILL, killed=True)
            yield
        finally:
            self._parts[name].held = False

    def retire(self, name: str) -> None:
        """Kill the part, and never start it again."""
        self._parts[name].held = True
        self._signal(name, signal.SIGKILL, killed=True)

    def again(self, name: str) -> None:
        """Start a part that was retired."""
        self._parts[name].held = False

    def pids(self) -> dict[str, int]:
        """Return the process number of each part that runs."""
        return {name: part.process.pid for name, part in self._parts.items() if part.process.poll() is None}

    def stop(self) -> None:
        """Ask all to end; kill those that do not, or that are frozen."""
        self._stopping.set()
        if self._keeper.ident is not None:
            self._keeper.join()
        processes = [part.process for part in self._parts.values() if part.process.poll() is None]
        for process in processes:
            process.send_signal(signal.SIGCONT)
            process.terminate()
        deadline = time.monotonic() + DRAIN_SECONDS
        for process in processes:
            try:
                process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def by_pid(self, pid: int) -> str:
        """Return the part that runs under this process number now, or nothing."""
        return next((name for name, part in self._parts.items() if part.process.pid == pid), "")

    def journal(self, name: str) -> str:
        return (self.journals / f"{name}.log").read_text(errors="replace")

    def _signal(self, name: str, number: signal.Signals, *, killed: bool = False) -> float:
        with self._lock:
            part = self._parts[name]
            part.killed = part.killed or killed
            if part.process.poll() is None:
                part.process.send_signal(number)
            return part.started_at

    def _keep(self) -> None:
        while not self._stopping.wait(LOOK_SECONDS):
            for name, part in self._parts.items():
                with self._lock:
                    self._look_after(name, part)

    def _look_after(self, name: str, part: _Part) -> None:
        code = part.process.poll()
        if code is None:
            return
        now = time.monotonic()
        if part.ended_at is None:
            part.ended_at = now
            if not part.killed:
                self.ended.append(Ended(name, code))
        if not part.held and now - part.ended_at > RESTART_SECONDS:
            part.process, part.started_at = self._launch(name, part.words), now
            part.killed, part.ended_at = False, None

    def _launch(self, name: str, words: tuple[str, ...]) -> subprocess.Popen[bytes]:
        # In the caller's process group: what ends the whole group (Ctrl-C, a time limit) leaves none behind.
        with (self.journals / f"{name}.log").open("ab") as journal:
            environment = {**self.environment, **self.more.get(name, {})}
            return subprocess.Popen(
                [LINKAGE, *words], env=environment, stdin=subprocess.DEVNULL, stdout=journal, stderr=journal
            )


def environment_without_settings() -> dict[str, str]:
    """The caller's environment without any setting of the product: a site under test has its own.

    Nor what forbids Python to keep compiled modules. An installed release has them (pip, and the image, compile); a
    part that is killed would else compile four hundred files before it works again, which is a third of its start.
    """
    own = ("LINKAGE_", "APPROVAL_", "SUPERVISION_", "LOG_URL", "PYTHONDONTWRITEBYTECODE")
    return {name: value for name, value in os.environ.items() if not name.startswith(own)}
