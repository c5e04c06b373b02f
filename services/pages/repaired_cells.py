"""What was typed into refused rows that a page shows to be repaired (``repaired_row.html``)."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from services.problems import Problem
from services.publication_file.defects import RefusedRow

AGAIN, DROP = "again", "drop"
"""What is said of a row besides changing it: it is right as it is, or it need not be handed in."""
_LINE_ENDS = re.compile(r"[\r\n]")
"""A browser takes them out of a field, or writes its own: they are no change."""
_CELL = re.compile(r"(\d{1,9})\.(\w{1,20})")


def nothing_changed() -> Problem:
    return Problem(
        422,
        "nothing_changed",
        "没有可提交的行",
        "没有一行改动过，也没有选择“原样再交”或“不再报送”。",
        "请改正标出的格子后再提交。",
    )


@dataclass(frozen=True, slots=True)
class Typed:
    """By number of row: what stands in its cells, and what is said of it."""

    cells: Mapping[int, Mapping[str, str]]
    ways: Mapping[int, str]

    @property
    def rows(self) -> list[int]:
        """Those that the form showed."""
        return sorted({*self.cells, *self.ways})

    @property
    def dropped(self) -> list[int]:
        return [number for number, way in self.ways.items() if way == DROP]

    def again(self, rows: Iterable[RefusedRow]) -> dict[int, dict[str, str]]:
        """Return the cells that differ from those of ``rows``, by number of row, of those that are to be handed in
        again."""
        changed = {row.row: self._different(row) for row in rows}
        return {
            number: cells
            for number, cells in changed.items()
            if (cells or self.ways.get(number) == AGAIN) and self.ways.get(number) != DROP
        }

    def _different(self, row: RefusedRow) -> dict[str, str]:
        return {
            code: text
            for code, text in self.cells.get(row.row, {}).items()
            if _LINE_ENDS.sub("", text) != _LINE_ENDS.sub("", row.cells.get(code, ""))
        }


def typed_in(sent: Mapping[str, str], codes: Collection[str]) -> Typed:
    """Read a form; ``codes``: those of the columns."""
    cells: defaultdict[int, dict[str, str]] = defaultdict(dict)
    ways: dict[int, str] = {}
    for name, value in sent.items():
        if not (found := _CELL.fullmatch(name)):
            continue
        number, code = int(found[1]), found[2]
        if code in codes:
            cells[number][code] = value
        elif code == "way":
            ways[number] = value
    return Typed(dict(cells), ways)
