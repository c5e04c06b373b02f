"""Clocks of running processes that can be set: a library of ours between them and the machine's (``clock.c``).

libfaketime 0.9.10 cannot stand for a machine whose time is set. Under it ``time.sleep`` ends with EINVAL; and while a
process waits for input it tells signal handlers the machine's time, so that PostgreSQL, by a clock that is behind, ends
every session with a limit of silence though it speaks every second.
"""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path

from services.embedded_postgres import EmbeddedPostgres
from services.migrating import Side
from tests.chaos.disks import NotPossible

SOURCE = Path(__file__).with_name("clock.c")
BY_SIDE: tuple[Side, ...] = ("approval", "supervision")
LOOPS = ("sequencer", "projector")


class Clock:
    """The clock of whatever is started with its ``environment``. ``file`` is made: eight bytes, its whole seconds
    ahead of the machine's."""

    def __init__(self, file: Path, library: Path) -> None:
        self.file = file
        self.environment: Mapping[str, str] = {"LD_PRELOAD": str(library), "CHAOS_CLOCK": str(file)}
        file.write_bytes(bytes(8))

    def set(self, ahead: timedelta) -> None:
        """Let it be so much ahead of the machine's at once (negative: behind), and go on from there."""
        with self.file.open("r+b", buffering=0) as told:  # in place: the processes look at these very bytes
            told.write(struct.pack("=q", int(ahead.total_seconds())))


def clocks_of_both(folder: Path) -> Mapping[Side, Clock]:
    """Give each side a clock of its own. Raises ``NotPossible`` where the library cannot be made."""
    library = make_library(folder)
    return {side: Clock(folder / f"clock-of-{side}", library) for side in BY_SIDE}


def make_library(folder: Path) -> Path:
    """Compile ``clock.c`` into ``folder``, and return where it is."""
    compiler = shutil.which("cc")
    if compiler is None:
        raise NotPossible("a clock that can be set needs a C compiler: `apt-get install gcc libc6-dev`")
    library = folder / "clock.so"
    words = [compiler, "-shared", "-fPIC", "-O2", "-o", str(library), str(SOURCE)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotPossible(f"a clock that can be set cannot be compiled here: {done.stderr.strip()}")
    return library


def start_under(clock: Clock, server: EmbeddedPostgres) -> None:
    """Stop the running server, and start it again under ``clock``."""
    server.programs.run("pg_ctl", "-w", "-m", "fast", "-D", str(server.cluster), "stop")
    account = server.programs.account
    words = [str(server.programs.folder / "pg_ctl"), "-w", "-l", str(server.cluster / "start.log")]
    subprocess.run(
        [*words, "-D", str(server.cluster), "start"],
        env={"PATH": os.environ["PATH"], "LC_ALL": "C", "TZ": "UTC", **clock.environment},
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        check=True,
        user=None if account is None else account.pw_uid,
        group=None if account is None else account.pw_gid,
        extra_groups=None if account is None else [],
    )


def words_by_side() -> dict[str, tuple[str, ...]]:
    """Return what ``linkage`` is called with for each part: none works for both sides, and one scheduler reminds."""
    words: dict[str, tuple[str, ...]] = {side: ("run", side) for side in BY_SIDE}
    words |= {f"{side}-{loop}": ("run", loop, "--side", side) for side in BY_SIDE for loop in LOOPS}
    return words | {"scheduler": ("run", "scheduler", "--side", "supervision")}


def cases() -> Iterator[tuple[timedelta, timedelta]]:
    """Yield how far the publishers' clock and the supervision side's are set: twelve, the furthest apart first."""
    hour, days, leap = timedelta(hours=1), timedelta(days=3), timedelta(minutes=10)
    yield from ((days, -leap), (-days, leap), (-hour, -leap))
    yield from ((hour, leap), (hour, -leap), (-days, -leap), (days, leap), (-hour, leap))
    yield from ((clock, timedelta()) for clock in (hour, -hour, days, -days))
