"""Does a place lie within a region, and which regions is one in? Codes of GB/T 2260, by pairs of digits. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator


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


def enclosing(region: str) -> Iterator[str]:
    """Yield a region's code and those around it, nearest first: 330102001000, 330102, 330100, 330000."""
    if len(region) == 12:
        yield region
        if not region.endswith("000"):
            yield region[:9] + "000"
    for digits in (6, 4, 2):
        yield region[:digits].ljust(6, "0")
