"""How much a table may be, and how much reading it may use."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

Rows = Generator[tuple[int, list[str]], None, None]
"""(number as shown by a spreadsheet, cells). Closed, its reading ends; who stops early closes it."""
MEGABYTE = 1024 * 1024
LARGE = 24 * MEGABYTE
"""Unpacked bytes of a sheet from which it is read piece by piece: below, reading it whole is twice as fast."""


@dataclass(frozen=True, slots=True)
class Limits:
    """``ratio``: how many times its own size a file may unpack to, once that is more than ``dense_from`` bytes: real
    spreadsheets stay below 60. ``memory``: bytes of the process that reads; ``seconds``: of its processor, for a whole
    file; ``silence``: how long it may say nothing while somebody waits for it."""

    packed: int = 512 * MEGABYTE
    unpacked: int = 4096 * MEGABYTE
    ratio: int = 200
    dense_from: int = 64 * MEGABYTE
    rows: int = 5_000_000
    columns: int = 1000
    large: int = LARGE
    memory: int = 1024 * MEGABYTE
    seconds: int = 600
    silence: float = 60.0
