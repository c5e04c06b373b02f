"""What is wrong with a row, or was repaired in it.

The texts that Python shows of these (``repr``) carry no personal values, so that they may reach a log.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Note:
    """A value that was read otherwise than it was written (a repair that needs nobody): where, and what was done."""

    column: str
    done: str


@dataclass(frozen=True, slots=True, repr=False)
class Defect:
    """Why a row is refused: the column, the value as written, the reason, and the repair when there is one."""

    column: str
    heading: str
    value: str
    reason: str
    repair: str
    code: str
    personal: bool = True

    def masked(self) -> str:
        """Return the value for a log: hidden in a personal column."""
        return "***" if self.value and self.personal else self.value

    def __repr__(self) -> str:
        return f"Defect({self.column}, {self.code}, {self.masked()!r})"


@dataclass(frozen=True, slots=True, repr=False)
class RefusedRow:
    """A row that does not go through. ``cells`` are the values as the clerk wrote them, by column code."""

    row: int
    cells: Mapping[str, str]
    defects: tuple[Defect, ...]

    def __repr__(self) -> str:
        return f"RefusedRow({self.row}, {self.defects!r})"


@dataclass(frozen=True, slots=True)
class RepeatedRow:
    """A row that says exactly what row ``of`` said already."""

    row: int
    of: int
