"""One worker that catches up with a backlog: how fast, and does its memory stay flat?"""

from __future__ import annotations

import time
from dataclasses import dataclass

from bench.figure import Figure
from bench.ground import Pair
from bench.parts import Followed
from bench.processes import Part, Running, at_work

WITHIN_SECONDS = 180.0
LOOK_SECONDS = 0.1
MEGABYTES = 250.0


@dataclass(frozen=True, slots=True)
class CaughtUp:
    """``held``: how many records had been applied, and the megabytes that the worker held then."""

    per_second: float
    held: tuple[tuple[int, float], ...]

    def memory(self, worker: str) -> Figure:
        """The most it ever held, and how much of that came after the first quarter of the records."""
        most = max(megabytes for _, megabytes in self.held)
        total = self.held[-1][0]
        early = max(megabytes for applied, megabytes in self.held if applied <= total / 4)
        note = f"{most - early:.0f} MB more than in the first {total // 4:,} of {total:,} records"
        return Figure(f"memory of the {worker}", most, "MB", MEGABYTES, note=note)


def catch_up(part: Part, pair: Pair, log_url: str, records: int) -> CaughtUp:
    """Let ``part`` (``routing`` or ``telling``) apply ``records`` that wait, in a process of its own."""
    held: list[tuple[int, float]] = []
    with at_work(part, pair, log_url) as worker:
        deadline = time.monotonic() + WITHIN_SECONDS
        while worker.applied < records and time.monotonic() < deadline:
            held.append((worker.applied, worker.memory()))
            time.sleep(LOOK_SECONDS)
        worker.until_applied(records, 0)
        held.append((worker.applied, worker.memory()))
        followed: Followed = worker.result()
    return CaughtUp(followed.per_second(), tuple(held))


def most_memory(running: Running, seconds: float) -> float:
    """Wait until ``running`` ends, and return the most megabytes that it held meanwhile."""
    most = 0.0
    deadline = time.monotonic() + seconds
    while not running.ended and time.monotonic() < deadline:
        most = max(most, running.memory())
        time.sleep(LOOK_SECONDS)
    return most
