"""Rows of a permits file, as text by column code. Whatever program wrote it, and whatever is wrong with it.

``open_permits`` looks at the first bytes and the heading row only; the rows come as they are asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from services.approval.publication_file import wording
from services.approval.publication_file.columns import HEADER_LIKE, Column, Header, column_named, read_header
from services.tables.faults import EMPTY_FILE, TOO_WIDE, UnreadableFile
from services.tables.rows import Rows, table_rows

LOOK_FOR_HEADER = 12
WIDEST = 256


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the file. ``surplus``: what it holds beyond the last heading."""

    number: int
    cells: dict[str, str]
    surplus: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PermitsFile:
    """A permits file that is open. ``notices`` are about its columns, for the clerk."""

    header: Header
    notices: tuple[str, ...]
    rows: Iterator[Row]


def open_permits(path: Path) -> PermitsFile:
    """Open ``path``, or raise ``UnreadableFile`` with what is wrong with it as a whole.

    The rows raise it too, when the file turns out to be damaged further on.
    """
    rows = table_rows(path, _headings)
    header, width, second = _find_header(rows)
    if header.missing:
        raise UnreadableFile(wording.MISSING_COLUMNS.of(columns=_names(header.missing)))
    if header.doubled:
        raise UnreadableFile(wording.DOUBLED_COLUMNS.of(columns=_names(header.doubled)))
    notices = [wording.ABSENT_COLUMN.format(heading=column.heading) for column in header.absent]
    notices += [wording.IGNORED_COLUMN.format(heading=heading) for heading in header.ignored]
    return PermitsFile(header, tuple(notices), _rows(header, width, chain(second, rows)))


def _headings(cells: list[str]) -> int:
    return sum(1 for cell in cells if cell and len(cell) < 60 and column_named(cell))


def _names(columns: tuple[Column, ...]) -> str:
    return "、".join(f"{column.heading}({column.code})" for column in columns)


def _find_header(rows: Rows) -> tuple[Header, int, list[tuple[int, list[str]]]]:
    """Return the header, its width, and the row after it, unless that repeats the headings by code or by name."""
    seen = False
    penalties = 0
    for number, cells in rows:
        seen = True
        if len(cells) > WIDEST:
            raise UnreadableFile(TOO_WIDE.of(columns=len(cells), limit=WIDEST))
        penalties += sum(cell.strip().upper().startswith("CF_") or "处罚" in cell for cell in cells)
        if header := read_header(cells):
            if header.missing and penalties >= HEADER_LIKE:
                raise UnreadableFile(wording.PENALTY_FILE)
            second = next(rows, None)
            if second is None:
                raise UnreadableFile(wording.NO_ROWS)
            return header, len(cells), [] if read_header(second[1]) else [second]
        if number >= LOOK_FOR_HEADER:
            break
    if penalties >= HEADER_LIKE:
        raise UnreadableFile(wording.PENALTY_FILE)
    raise UnreadableFile(wording.NO_HEADER.of(rows=LOOK_FOR_HEADER) if seen else EMPTY_FILE)


def _rows(header: Header, width: int, rows: Rows) -> Iterator[Row]:
    places = header.places
    last = max(index for index, _ in places)
    none = True
    for number, cells in rows:
        none = False
        if len(cells) > last:
            surplus = tuple(filter(None, cells[width:])) if len(cells) > width else ()
            yield Row(number, {code: cells[index] for index, code in places}, surplus)
        else:
            there = len(cells)
            yield Row(number, {code: cells[index] if index < there else "" for index, code in places})
    if none:
        raise UnreadableFile(wording.NO_ROWS)
