"""Where one decision spent its time between being recorded and being listed."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter

from bench.figure import Figure, percentile
from bench.parts import Passed

LEGS = ("numbered", "in the topic", "in a worker's hands", "listed")


@dataclass(frozen=True, slots=True)
class Journey:
    """When a decision was recorded, numbered, in the topic (None where there is none), in a worker's hands, listed."""

    recorded: float
    numbered: float
    published: float | None
    begun: float
    listed: float

    @property
    def legs(self) -> Iterator[tuple[str, float]]:
        """Yield what each leg ended in, and how many milliseconds it took."""
        before = self.recorded
        for name, at in zip(LEGS, (self.numbered, self.published, self.begun, self.listed), strict=True):
            if at is not None:
                yield name, (at - before) * 1000
                before = at


def passed_at(passed: Passed, number: int) -> float:
    """Return when ``number`` was passed."""
    return passed[bisect_left(passed, number, key=itemgetter(1))][0]


def legs(journeys: Sequence[Journey], log: str) -> Iterator[Figure]:
    """Yield how long each leg took 99 of 100 of them, and the one that was listed last."""
    slowest = max(journeys, key=lambda journey: journey.listed - journey.recorded)
    for name, worst in slowest.legs:
        took = [milliseconds for journey in journeys for leg, milliseconds in journey.legs if leg == name]
        note = f"half within {percentile(took, 0.5):,.0f} ms; {worst:,.0f} ms of the slowest decision"
        yield Figure(f"… of that until {name}, {log}, p99", percentile(took, 0.99), "ms", note=note)
