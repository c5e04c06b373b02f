"""Which numbers came, and which are missing? Dense numbers 1, 2, 3 … as runs, so that ten million take one row.

A run is its first and its last number, both included.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

Run = tuple[int, int]


def runs_of(numbers: Iterable[int]) -> list[Run]:
    """Return ``numbers``, in any order and however often each, as runs in order, none touching the next."""
    return merged((number, number) for number in numbers)


def merged(runs: Iterable[Run]) -> list[Run]:
    """Return the same numbers as runs in order, none touching the next."""
    found: list[Run] = []
    for first, last in sorted(runs):
        if found and first <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(last, found[-1][1]))
        else:
            found.append((first, last))
    return found


def missing(received: Iterable[Run], last: int) -> list[Run]:
    """Return which of 1 … ``last`` are in no run of ``received``."""
    return without([(1, last)] if last > 0 else [], received)


def without(runs: Iterable[Run], taken: Iterable[Run]) -> list[Run]:
    """Return the numbers of ``runs`` that are in none of ``taken``."""
    left: list[Run] = []
    gone = merged(taken)
    at = 0
    for first, last in merged(runs):
        while at < len(gone) and gone[at][1] < first:
            at += 1
        ahead = at
        while ahead < len(gone) and gone[ahead][0] <= last:
            if gone[ahead][0] > first:
                left.append((first, gone[ahead][0] - 1))
            first = max(first, gone[ahead][1] + 1)
            ahead += 1
        if first <= last:
            left.append((first, last))
    return left


def count(runs: Iterable[Run]) -> int:
    return sum(last - first + 1 for first, last in runs)


def in_words(runs: Sequence[Run], most: int = 20) -> str:
    """Return ``runs`` as they are read: 3, 7-9; of a great many the first ``most``."""
    shown = [str(first) if first == last else f"{first}-{last}" for first, last in runs[:most]]
    return "、".join(shown) + (f" 等 {len(runs)} 段" if len(runs) > most else "")
