"""A document whose commands are run as they stand: its blocks, the shell that they are typed into, and the demo."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from services.broker import free_port

BLOCK = re.compile(r"^```(sh|sh demo|sh stopped|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
READY = "Ctrl-C stops it."
HIDDEN = ("LINKAGE_", "APPROVAL_", "SUPERVISION_", "LOG_URL")


@dataclass
class Step:
    """One block of commands, where it runs, and what the document says that it prints."""

    where: str
    commands: str
    shown: str = ""


def steps(text: str) -> list[Step]:
    """Return the blocks of a document in order; a ``text`` block belongs to the commands before it."""
    found: list[Step] = []
    for kind, body in BLOCK.findall(text):
        if kind == "text":
            found[-1].shown = body
        else:
            found.append(Step(kind.removeprefix("sh").strip(), body))
    return found


def holds(shown: str, printed: str) -> bool:
    """Tell whether every line of ``shown`` is printed, in order; ``…`` stands for anything, spaces do not count."""
    rest = re.sub(r"\s+", "", printed)
    for line in shown.splitlines():
        pattern = ".*?".join(re.escape(re.sub(r"\s+", "", part)) for part in line.split("…"))
        found = re.search(pattern, rest)
        if found is None:
            return False
        rest = rest[found.end() :]
    return True


@dataclass
class Terminal:
    """A shell in the folder of a document. ``run`` types a block and returns what it printed."""

    shell: subprocess.Popen[str]

    def run(self, commands: str) -> str:
        assert self.shell.stdin is not None
        assert self.shell.stdout is not None
        self.shell.stdin.write(f"{commands}\necho; echo '=== done ==='\n")
        self.shell.stdin.flush()
        printed = []
        for line in self.shell.stdout:
            if line.strip() == "=== done ===":
                break
            printed.append(line)
        return "".join(printed)


@dataclass
class Reader:
    """Somebody who reads a document and types what it says, with a demo of his own."""

    folder: Path
    ports: dict[str, str] = field(
        default_factory=lambda: {"APPROVAL_PORT": str(free_port()), "SUPERVISION_PORT": str(free_port())}
    )
    running: subprocess.Popen[str] | None = None

    def follow(self, blocks: Sequence[Step]) -> None:
        """Type ``blocks`` into a new terminal, and see that each prints what is shown."""
        with self._terminal() as terminal:
            for step in blocks:
                if step.where == "demo":
                    assert step.commands == "make demo\n"
                    self.start_demo()
                    continue
                if step.where == "stopped":
                    self._stop_demo()
                commands = step.commands.replace("8470", self.ports["APPROVAL_PORT"])
                began = time.monotonic()
                printed = terminal.run(commands.replace("8471", self.ports["SUPERVISION_PORT"]))
                took = time.monotonic() - began
                assert holds(step.shown, printed), f"{step.commands}\nprinted in {took:.0f} s:\n{printed}"

    def start_demo(self) -> None:
        """Start what ``make demo`` starts, unless it is running, and wait until it says that it is ready."""
        if self.running is not None:
            return
        self.running = subprocess.Popen(
            [Path(sys.prefix) / "bin" / "linkage", "demo", "--every", "2"],
            stdout=subprocess.PIPE,
            text=True,
            cwd=self.folder,
            env=os.environ | self.ports,
        )
        assert self.running.stdout is not None
        for line in self.running.stdout:
            if READY in line:
                return
        self.running.communicate()
        raise AssertionError("the demo ended before it was ready")

    def _stop_demo(self) -> None:
        assert self.running is not None
        self.running.send_signal(signal.SIGINT)
        assert self.running.wait(20) == 0

    def leave(self) -> None:
        if self.running is not None:
            if self.running.poll() is None:
                self.running.kill()
            self.running.communicate()

    @contextmanager
    def _terminal(self) -> Iterator[Terminal]:
        ours = {name: value for name, value in os.environ.items() if not name.startswith(HIDDEN)}
        shell = subprocess.Popen(
            ["bash"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=self.folder,
            env=ours | self.ports | {"COLUMNS": "120"},
            start_new_session=True,
        )
        try:
            yield Terminal(shell)
        finally:
            os.killpg(shell.pid, signal.SIGTERM)
            shell.communicate(timeout=20)
