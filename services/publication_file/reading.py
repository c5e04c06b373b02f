"""Rows of a 双公示 file, as text by column code. Whatever program wrote it, and whatever is wrong with it.

``open_published`` looks at the first bytes and the heading row only; the rows come as they are asked for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from uuid import UUID, uuid5

from events.envelope import NAMESPACE
from services.publication_file import wording
from services.publication_file.defects import Defect, RefusedRow
from services.publication_file.layout import HEADER_LIKE, Column, Header, Layout
from services.tables.faults import EMPTY_FILE, TOO_WIDE, UnreadableFile
from services.tables.limits import Rows
from services.tables.rows import table_rows

LOOK_FOR_HEADER = 12
WIDEST = 256


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the file. ``surplus``: what it holds beyond the last heading."""

    number: int
    cells: dict[str, str]
    surplus: tuple[str, ...] = ()

    def refused(self, *defects: Defect) -> RefusedRow:
        return RefusedRow(self.number, self.cells, defects)


@dataclass(frozen=True, slots=True)
class PublishedFile:
    """A file that is open. ``notices`` are about its columns, for the clerk."""

    header: Header
    notices: tuple[str, ...]
    rows: Iterator[Row]


def batch_of(path: Path) -> UUID:
    """Return the identity of a file: its content's, whatever its name."""
    with path.open("rb") as file:
        return uuid5(NAMESPACE, "file/" + hashlib.file_digest(file, "sha256").hexdigest())


def open_published(path: Path, layout: Layout) -> PublishedFile:
    """Open ``path``, or raise ``UnreadableFile`` with what is wrong with it as a whole.

    The rows raise it too, when the file turns out to be damaged further on.
    """

    def headings(cells: list[str]) -> int:
        return sum(1 for cell in cells if cell and len(cell) < 60 and layout.column_named(cell))

    rows = table_rows(path, headings)
    with ExitStack() as refused:  # a refused file does not keep the process that reads: there are few places
        refused.callback(rows.close)
        header, width, second = _find_header(rows, layout)
        if header.missing:
            raise UnreadableFile(wording.MISSING_COLUMNS.of(columns=_names(header.missing), title=layout.title))
        if header.doubled:
            raise UnreadableFile(wording.DOUBLED_COLUMNS.of(columns=_names(header.doubled)))
        refused.pop_all()
    notices = [wording.ABSENT_COLUMN.format(heading=column.heading) for column in header.absent]
    notices += [wording.IGNORED_COLUMN.format(heading=heading) for heading in header.ignored]
    return PublishedFile(header, tuple(notices), _rows(header, width, chain(second, rows)))


def _names(columns: tuple[Column, ...]) -> str:
    return "、".join(f"{column.heading}({column.code})" for column in columns)


def _find_header(rows: Rows, layout: Layout) -> tuple[Header, int, list[tuple[int, list[str]]]]:
    """Return the header, its width, and the row after it, unless that repeats the headings by code or by name."""
    seen = False
    others = 0
    for number, cells in rows:
        seen = True
        if len(cells) > WIDEST:
            raise UnreadableFile(TOO_WIDE.of(columns=len(cells), limit=WIDEST))
        others += sum(layout.is_others(cell) for cell in cells)
        if header := layout.read_header(cells):
            if header.missing and others >= HEADER_LIKE:
                raise UnreadableFile(layout.others[2])
            second = next(rows, None)
            if second is None:
                raise UnreadableFile(wording.NO_ROWS)
            return header, len(cells), [] if layout.read_header(second[1]) else [second]
        if number >= LOOK_FOR_HEADER:
            break
    if others >= HEADER_LIKE:
        raise UnreadableFile(layout.others[2])
    nothing = wording.NO_HEADER.of(rows=LOOK_FOR_HEADER, title=layout.title, columns=len(layout.columns))
    raise UnreadableFile(nothing if seen else EMPTY_FILE)


def _rows(header: Header, width: int, rows: Iterator[tuple[int, list[str]]]) -> Iterator[Row]:
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
