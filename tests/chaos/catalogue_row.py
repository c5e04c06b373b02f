"""The row of the catalogue of faults, and what several rows say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """``promises``: which of P1 to P7. ``tests``: in every run of the tests, ``module::test``. ``scenarios``: in ``make
    chaos``, at the size of its profile. ``controls``: tests that see a broken variant fail. ``missing``: what is not
    done."""

    id: str
    promises: str
    attack: str
    tests: tuple[str, ...]
    scenarios: tuple[str, ...]
    controls: tuple[str, ...]
    target: str
    missing: str = ""


PROMISES: Mapping[str, str] = {
    "P1": "An acknowledged decision is never lost.",
    "P2": "It is pushed exactly once to each responsible department, in order for each permit.",
    "P3": "A bad event stops its own permit only, and is seen within 10 s.",
    "P4": "The lists can be made anew from the events, the same to the byte.",
    "P7": "When something is behind, it is said, with seconds.",
}
JUDGE = "test_chaos_judge::test_a_planted_fault_is_named"
NOTHING = "0 lost, 0 doubled, order kept, level within 15 s"
