"""Regions of GB/T 2260 are hierarchical by pairs of digits: which regions is one in?"""

from __future__ import annotations

from collections.abc import Iterator


def enclosing(region: str) -> Iterator[str]:
    """Yield a region's code and those around it, nearest first: 330102001000, 330102, 330100, 330000."""
    if len(region) == 12:
        yield region
        if not region.endswith("000"):
            yield region[:9] + "000"
    for digits in (6, 4, 2):
        yield region[:digits].ljust(6, "0")
