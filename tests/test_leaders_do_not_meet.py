"""Each loop of a side that leads has a lock of its own: two that share one take turns, and one of them does no work."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).parents[1]


def meeting(sources: Iterable[tuple[str, str]]) -> list[tuple[str, ...]]:
    """Return the modules that share a leader's lock."""
    holders: dict[int, list[str]] = {}
    for name, text in sources:
        for number in re.findall(r"^LEADER_LOCK = (\w+)$", text, re.MULTILINE):
            holders.setdefault(int(number, 16), []).append(name)
    return [tuple(names) for names in holders.values() if len(names) > 1]


def sources() -> list[tuple[str, str]]:
    files = (one for part in ("events", "projections", "services") for one in (ROOT / part).rglob("*.py"))
    return [(str(one.relative_to(ROOT)), one.read_text()) for one in files]


def test_no_two_leaders_of_a_side_wait_for_the_same_lock() -> None:
    found = sources()
    assert sum("LEADER_LOCK = " in text for _, text in found) >= 6
    assert meeting(found) == []
    assert meeting([*found, ("newcomer", "LEADER_LOCK = 0x5ED\n")]) == [("services/scheduler.py", "newcomer")]
