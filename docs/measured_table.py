"""What a site is planned with, of what ``scaling.md`` says was measured: said there, carried to the capacity guide.

Written by hand in both, one of the two would keep yesterday's figures.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from docs.markdown import table

SCALING = Path(__file__).parent / "scaling.md"
COSTS = re.compile(r"^## What a decision costs\n+\|.*\n\|.*\n((?:\|.*\n)+)", re.MULTILINE)
DISK = "disk"
"""Is told beside the table, with what follows from it for a day and a year."""


def of_a_projector(scaling: str) -> str:
    """Return the rows of ``scaling``, each with the whole command that measures it."""
    return table(("step", "measured", "command"), _rows(scaling))


def _rows(scaling: str) -> Iterator[tuple[str, ...]]:
    found = COSTS.search(scaling)
    assert found, "scaling.md does not say what a decision costs"
    command = ""
    for line in found[1].splitlines():
        step, measured, by = (cell.strip() for cell in line.strip("|").split("|"))
        command = command if by == "the same" else by
        if step != DISK:
            yield step, measured, command
