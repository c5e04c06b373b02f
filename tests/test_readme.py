"""README's tour, run as it stands: every command, in order, against a running demo."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from services.broker import free_port

README = Path(__file__).parents[1] / "README.md"
BLOCK = re.compile(r"^```(sh|sh demo|sh stopped|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
READY = "Ctrl-C stops it."


@dataclass
class Step:
    """One block of commands, where it runs, and what README says that it prints."""

    where: str
    commands: str
    shown: str = ""


def steps(text: str) -> list[Step]:
    """Return the tour's blocks in order; a ``text`` block belongs to the commands before it."""
    found: list[Step] = []
    for kind, body in BLOCK.findall(text[text.index("## Ten minutes") :]):
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
    """A shell in the folder of the tour. ``run`` types a block and returns what it printed."""

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


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / ".venv").symlink_to(sys.prefix)
    return tmp_path


@pytest.fixture
def ports() -> dict[str, str]:
    return {"APPROVAL_PORT": str(free_port()), "SUPERVISION_PORT": str(free_port())}


@pytest.fixture
def terminal(folder: Path, ports: dict[str, str]) -> Iterator[Terminal]:
    hidden = ("LINKAGE_", "APPROVAL_", "SUPERVISION_", "LOG_URL")
    ours = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
    shell = subprocess.Popen(
        ["bash"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=folder,
        env=ours | ports | {"COLUMNS": "120"},
        start_new_session=True,
    )
    yield Terminal(shell)
    os.killpg(shell.pid, signal.SIGTERM)
    shell.communicate(timeout=20)


def demo(folder: Path, ports: dict[str, str]) -> subprocess.Popen[str]:
    """Start what ``make demo`` starts, and wait until it says that it is ready."""
    running = subprocess.Popen(
        [Path(sys.prefix) / "bin" / "linkage", "demo", "--every", "0.5"],
        stdout=subprocess.PIPE,
        text=True,
        cwd=folder,
        env=os.environ | ports,
    )
    assert running.stdout is not None
    for line in running.stdout:
        if READY in line:
            return running
    running.communicate()
    raise AssertionError("the demo ended before it was ready")


@pytest.mark.timeout(420)
def test_every_command_of_the_tour_prints_what_readme_shows(
    folder: Path, ports: dict[str, str], terminal: Terminal
) -> None:
    running: subprocess.Popen[str] | None = None
    try:
        for step in steps(README.read_text()):
            if step.where == "demo":
                assert step.commands == "make demo\n"
                running = demo(folder, ports)
                continue
            if step.where == "stopped":
                assert running is not None
                running.send_signal(signal.SIGINT)
                assert running.wait(20) == 0
            commands = step.commands.replace("8470", ports["APPROVAL_PORT"]).replace("8471", ports["SUPERVISION_PORT"])
            began = time.monotonic()
            printed = terminal.run(commands)
            took = time.monotonic() - began
            assert holds(step.shown, printed), f"{step.commands}\nprinted in {took:.0f} s:\n{printed}"
    finally:
        if running is not None:
            if running.poll() is None:
                running.kill()
            running.communicate()


def test_a_line_that_is_not_printed_is_noticed() -> None:
    assert holds("a … c\nd", "a  b c\nd")
    assert not holds("a … c\nd", "d\na b c")
    assert not holds("x", "y")
