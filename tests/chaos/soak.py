"""Hours of load with faults drawn at random: nothing is lost, and neither memory nor open files pile up."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from statistics import median

import psutil

from tests.chaos.judge import Finding
from tests.chaos.profile import Profile
from tests.chaos.siege import Siege

LOOK_SECONDS = 5.0
PEACE_SECONDS = (10.0, 30.0)
KILLED_UNTIL = 0.25
"""In this share of the time parts are killed too. From then on each lives to the end, through every other fault: of
lives that a kill ends after twenty minutes nobody can say whether memory grows."""
WARMING_SECONDS = 900.0
"""Until a life has met the first outage of each kind, what it holds still grows to what it needs for one."""
LONG_SECONDS = 2_400.0
"""A slope over less than the rest of this is noise: it is said, and not judged."""
MEGABYTES_AN_HOUR = 5.0
FILES = 20
"""More open files than that in most of the last quarter of a life than in most of its second are a leak. The most at
any moment says nothing: whoever comes back from an outage has old and new connections for a while."""


@dataclass(slots=True)
class Life:
    """What one process held: seconds since it was first seen, megabytes, open files."""

    part: str
    seen: list[tuple[float, float, int]] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        return self.seen[-1][0] - self.seen[0][0]

    @property
    def slope(self) -> float:
        """Megabytes an hour, by least squares, after it has warmed up."""
        warm = [(at / 3600, held) for at, held, _ in self.seen if at >= min(WARMING_SECONDS, self.seconds / 3)]
        mean_at, mean_held = (sum(column) / len(warm) for column in zip(*warm, strict=True))
        spread = sum((at - mean_at) ** 2 for at, _ in warm)
        return sum((at - mean_at) * (held - mean_held) for at, held in warm) / spread if spread else 0.0

    @property
    def more_files(self) -> int:
        quarter = max(1, len(self.seen) // 4)
        files = [count for *_, count in self.seen]
        return round(median(files[-quarter:]) - median(files[quarter : 2 * quarter] or files[:1]))


def soak(siege: Siege, profile: Profile) -> None:
    """Faults are drawn at random, one after another, for as long as was asked."""
    began, asked = time.monotonic(), profile.minutes * 60
    with _watched(siege) as lives:
        while (left := began + asked - time.monotonic()) > 0:
            time.sleep(min(left, siege.draw.uniform(*PEACE_SECONDS)))
            _one_fault(siege, killing=left > (1 - KILLED_UNTIL) * asked)
            siege.until_level(time.monotonic())
    siege.odd += list(judged(lives))
    for part in sorted({life.part for life in lives}):
        longest = max((life for life in lives if life.part == part), key=lambda life: life.seconds)
        siege.notes.append(
            f"{part}: {longest.slope:+.1f} MB an hour (now {longest.seen[-1][1]:.0f} MB), "
            f"{longest.more_files:+d} files, in {longest.seconds / 60:.0f} min"
        )


def judged(lives: Sequence[Life]) -> Iterator[Finding]:
    """Return what piles up in the lives that were long enough to tell."""
    for life in lives:
        if life.seconds < LONG_SECONDS:
            continue
        if life.slope > MEGABYTES_AN_HOUR:
            yield Finding("memory", f"{life.part} holds {life.slope:.1f} MB more each hour")
        if life.more_files > FILES:
            yield Finding("files", f"{life.part} holds {life.more_files} more open files")


def _one_fault(siege: Siege, *, killing: bool) -> None:
    kind = siege.draw.choices(
        ("frozen", "session ended", "killed", "postgres killed", "broker killed"), (4, 4, 4 if killing else 0, 1, 1)
    )[0]
    part = siege.draw.choice(siege.site.parts.names)
    if kind == "frozen":
        siege.site.parts.freeze(part)
        time.sleep(siege.draw.uniform(0.5, 3.0))
        siege.site.parts.thaw(part)
    elif kind == "session ended":
        side = siege.draw.choice(("approval", "supervision"))
        with siege.site.connect("approval" if side == "approval" else "supervision") as connection:
            connection.execute(
                """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                   WHERE datname = current_database() AND pid <> pg_backend_pid() ORDER BY random() LIMIT 1"""
            )
    elif kind == "killed":
        siege.site.parts.kill(part)
    elif kind == "postgres killed":
        siege.site.postgres.kill()
        time.sleep(1.0)
        siege.site.postgres.start()
    elif siege.site.broker is not None:
        siege.site.kafka.kill()
        time.sleep(1.0)
        siege.site.start_broker()
    siege.attacks[kind] += 1


@contextmanager
def _watched(siege: Siege) -> Iterator[list[Life]]:
    """Look at every part every few seconds, until the block is left."""
    lives: dict[tuple[str, int], Life] = {}
    began, leaving = time.monotonic(), threading.Event()

    def look() -> None:
        while not leaving.wait(LOOK_SECONDS):
            for part, pid in siege.site.parts.pids().items():
                with suppress(psutil.Error):
                    process = psutil.Process(pid)
                    held, files = process.memory_info().rss / 2**20, process.num_fds()
                    lives.setdefault((part, pid), Life(part)).seen.append((time.monotonic() - began, held, files))

    looking = threading.Thread(target=look, daemon=True)
    looking.start()
    found: list[Life] = []
    try:
        yield found
    finally:
        leaving.set()
        looking.join()
        found.extend(
            Life(life.part, [(at - life.seen[0][0], held, files) for at, held, files in life.seen])
            for life in lives.values()
        )
