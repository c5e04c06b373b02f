"""A failing plan made small: decisions are left out as long as the same kind of finding is found."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from tests.simulation.plan import Plan


def shrink(plan: Plan, fails: Callable[[Plan], bool]) -> Plan:
    """Return the smallest plan that is found by leaving out appends and faults, halves first, then one by one."""
    smaller = True
    while smaller:
        smaller = False
        for candidate in _smaller(plan):
            if fails(candidate):
                plan, smaller = candidate, True
                break
    return plan


def _smaller(plan: Plan) -> Iterator[Plan]:
    for share in (2, 4, 1_000):
        for name in ("faults", "appends"):
            whole = getattr(plan, name)
            size = max(1, len(whole) // share)
            if len(whole) < share < 1_000:
                continue
            for start in range(0, len(whole), size):
                yield replace(plan, **{name: whole[:start] + whole[start + size :]})
    yield from (replace(plan, **{name: value}) for name, value in SIMPLER if getattr(plan, name) != value)


SIMPLER: tuple[tuple[str, Any], ...] = (("believing", False), ("page", 50), ("idle", 1.0), ("until", 4.0))
"""What is easiest to read in a trace."""
