"""What became of a file, counted, with the first refused rows for a screen. Personal values in it are masked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Any
from uuid import UUID

from services.publication_file.defects import Defect, RefusedRow

SHOWN_REFUSED = 200


@dataclass(slots=True)
class Summary:
    """What became of a file. ``events`` counts what was recorded, ``known`` what was recorded before; ``stated_rows``:
    how many rows its sender says that it has."""

    batch: UUID
    stated_rows: int | None = None
    rows: int = 0
    events: int = 0
    known: int = 0
    refused: int = 0
    waiting: int = 0
    notices: list[str] = field(default_factory=list)
    first_refused: list[dict[str, Any]] = field(default_factory=list)

    @property
    def whole(self) -> bool:
        """Whether the file has as many rows as its sender says."""
        return self.stated_rows in (None, self.rows)

    def sentences(self) -> list[str]:
        """Return what else whoever handed the file in should read."""
        return []

    def as_json(self) -> dict[str, Any]:
        return {one.name: getattr(self, one.name) for one in fields(self)} | {"batch": str(self.batch)}

    def add(self, rows: int, events: int, known: int, waiting: int, refused: Sequence[RefusedRow]) -> None:
        """Count what became of some more rows."""
        self.rows += rows
        self.events += events
        self.known += known
        self.waiting += waiting
        self.refused += len(refused)
        for row in refused:
            if len(self.first_refused) >= SHOWN_REFUSED:
                break
            self.first_refused += [_shown(row, defect) for defect in row.defects]


def _shown(row: RefusedRow, defect: Defect) -> dict[str, Any]:
    return {
        "row": row.row,
        "column": defect.column,
        "heading": defect.heading,
        "value": defect.masked(),
        "reason": defect.reason,
        "repair": defect.repair,
    }
