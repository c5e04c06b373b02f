"""Rows of a penalties file that were refused are repaired one by one, and handed in again: these rows alone."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from services.publication_file import kept_rows
from services.publication_file.defects import RefusedRow
from services.publication_file.kept_rows import About
from services.publication_file.reading import Row
from services.supervision.penalty_desk import PenaltyDesk
from services.supervision.penalty_importing import Manner, import_again


@dataclass(slots=True)
class Repaired:
    """How many rows went through, were dropped, and are refused still; and how many others are left as they were."""

    through: int = 0
    dropped: int = 0
    refused: int = 0
    left: int = 0


@dataclass(slots=True)
class _Still:
    rows: dict[int, RefusedRow] = field(default_factory=dict)

    def write(self, refused: RefusedRow) -> None:
        self.rows[refused.row] = refused


def repair(
    desk: PenaltyDesk, about: About, cells: Mapping[int, Mapping[str, str]], dropped: Collection[int], officer: str
) -> Repaired:
    """Hand in the rows with ``cells`` changed, by number; forget those that are ``dropped``. Rows that are not kept any
    more were handed in meanwhile, and are left alone."""
    done, still = Repaired(), _Still()
    with kept_rows.alone():
        if kept_rows.find(about.batch, about.owner) is None:
            return done
        again = [
            Row(row.row, {**row.cells, **cells[row.row]})
            for row in kept_rows.rows_of(about)
            if row.row in cells and row.row not in dropped
        ]
        if again:
            import_again(desk, again, about.batch, Manner(about.amending, officer), still)
        handed_in = {row.number for row in again}
        with kept_rows.keeping(about) as kept:
            for row in kept_rows.rows_of(about):
                if row.row in dropped:
                    done.dropped += 1
                elif row.row not in handed_in:
                    kept.write(row)
                    done.left += 1
                elif row.row in still.rows:
                    kept.write(still.rows[row.row])
                    done.refused += 1
                else:
                    done.through += 1
    return done
