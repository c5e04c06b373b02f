"""A trial needs no site: the real intake, desk and sequencer on two databases of their own, in a process of its own.

Of its own, because its negative control breaks the code of the process that it runs in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context
from random import Random
from typing import Any

import structlog

from bench.ground import Ground, Pair, open_ground
from tests.chaos.judge import Finding
from tests.chaos.profile import Profile
from tests.linkage import Linkage, open_linkage


@dataclass
class Trial:
    """One run. ``attacks`` counts what was done to how many ``events``; ``level`` holds seconds until what had to be
    seen was seen; ``control`` says what the broken variant did: when nothing, the trial proves nothing."""

    ground: Ground
    draw: Random
    profile: Profile
    events: int = 0
    attacks: Counter[str] = field(default_factory=Counter)
    level: list[float] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    control: str = ""

    def expect(self, holds: bool, kind: str, what: str) -> None:
        if not holds:
            self.findings.append(Finding(kind, what))

    def found(self, kind: str, times: int, what: str) -> None:
        """Note ``times`` faults of a kind, each of them: their number stands in the table."""
        self.findings += [Finding(kind, what)] * times

    def controlled(self, caught: int, what: str) -> None:
        """Note how often the broken variant was caught."""
        self.control = f"{caught:,} {what}"
        self.expect(caught > 0, "void", f"the broken variant was not caught: {self.control}")

    @contextmanager
    def linkage(self) -> Iterator[Linkage]:
        """Give both sides over two fresh databases."""
        with self.ground.fresh() as pair, self.opened(pair) as linkage:
            yield linkage

    @contextmanager
    def opened(self, pair: Pair) -> Iterator[Linkage]:
        with open_linkage(pair.approval_url, pair.supervision_url) as linkage:
            yield linkage

    def as_result(self) -> dict[str, Any]:
        return {
            "attacks": dict(self.attacks),
            "acknowledged": self.events,
            "level": [round(seconds, 2) for seconds in self.level],
            "notes": self.notes,
            "findings": self.findings,
            "control": self.control,
        }


def in_a_process_of_its_own(attack: Callable[[Trial], None], profile: Profile, seed: str) -> dict[str, Any]:
    """Run a trial, and return what stands in its result."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        return process.submit(_tried, attack, profile, seed).result()


def _tried(attack: Callable[[Trial], None], profile: Profile, seed: str) -> dict[str, Any]:
    structlog.configure(processors=[_silent])  # thousands of parked permits are what is wanted
    with open_ground(quick=True, permits=()) as ground:
        trial = Trial(ground, Random(seed), profile)
        attack(trial)
        return trial.as_result()


def _silent(*_: Any) -> Any:
    raise structlog.DropEvent
