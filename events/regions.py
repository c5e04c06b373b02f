"""Does a place lie within a region? Codes of GB/T 2260, hierarchical by pairs of digits. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable


def prefix_of(region: str) -> str:
    """Return the digits that a region's own codes begin with: 370100 is all of 3701, 370102000000 all of 370102."""
    groups = [region[start:end] for start, end in ((0, 2), (2, 4), (4, 6), (6, 9), (9, 12)) if region[start:end]]
    while len(groups) > 1 and not groups[-1].strip("0"):
        groups.pop()
    return "".join(groups)


def within(region: str, regions: Collection[str]) -> bool:
    """Tell whether ``region`` lies within one of ``regions``; with none named, everything does."""
    return not regions or any(region.startswith(prefix_of(one)) for one in regions)


def outermost(regions: Iterable[str]) -> tuple[str, ...]:
    """Return ``regions`` without those that lie within another of them."""
    kept: list[str] = []
    for one in sorted(set(regions), key=lambda region: (len(prefix_of(region)), region)):
        if not kept or not within(one, kept):
            kept.append(one)
    return tuple(sorted(kept))
