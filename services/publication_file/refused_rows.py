"""The refused rows as a file that the clerk repairs in place and imports again.

Its columns hold what he wrote, with an apostrophe before what a spreadsheet would run; five more say where, what, why
and what to do, and are left out when the file is imported. XLSX or CSV by the ending of the name.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol, TextIO

from services.publication_file.defects import RefusedRow
from services.publication_file.layout import REMARKS, Layout
from services.tables.written import Book, Lines

_WIDTHS = {"行号": 6, "列": 22, "值": 22, "原因": 36, "修改办法": 44}


class RefusedRows(Protocol):
    """Where refused rows go. ``write`` takes them in the order of the file."""

    def write(self, refused: RefusedRow) -> None: ...


@contextmanager
def refused_rows_file(path: Path, layout: Layout) -> Iterator[RefusedRows]:
    """Open a file for refused rows: an XLSX when ``path`` says so, else a CSV that Excel opens rightly.

    Memory does not grow with the rows. The file is complete when the context is left.
    """
    if path.suffix.lower() == ".xlsx":
        with Book(path, constant_memory=True) as book:
            yield _Sheet(book, layout)
    else:
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            yield _Lines(file, layout)


def _headings(layout: Layout) -> tuple[str, ...]:
    return (*REMARKS, *(column.heading for column in layout.columns))


def remarks(refused: RefusedRow) -> tuple[str, str, str, str, str]:
    """Return what stands in the five columns: one line for each defect."""
    defects = refused.defects
    return (
        str(refused.row),
        "\n".join(d.heading or "整行" for d in defects),
        "\n".join(d.value for d in defects),
        "\n".join(d.reason for d in defects),
        "\n".join(d.repair for d in defects),
    )


class _Sheet:
    def __init__(self, book: Book, layout: Layout) -> None:
        self._places = {column.code: len(REMARKS) + index for index, column in enumerate(layout.columns)}
        self._sheet = book.add_worksheet("未通过的行")
        self._wrong = book.add_format({"bg_color": "#FFF2A8", "num_format": "@"})
        self._plain = book.add_format({"num_format": "@"})
        self._wrapped = book.add_format({"text_wrap": True, "valign": "top", "num_format": "@"})
        heading = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        for index, text in enumerate(_headings(layout)):
            self._sheet.set_column(index, index, _WIDTHS.get(text, 18), self._plain)
            self._sheet.write_string(0, index, text, heading)
        self._sheet.freeze_panes(1, 1)
        self._next = 1

    def write(self, refused: RefusedRow) -> None:
        row, self._next = self._next, self._next + 1
        wrong = {d.column for d in refused.defects}
        for index, text in enumerate(remarks(refused)):
            self._sheet.write_string(row, index, text, self._wrapped)
        for code, index in self._places.items():
            text = refused.cells.get(code, "")
            if code in wrong and not text:
                self._sheet.write_blank(row, index, None, self._wrong)
            elif text:
                self._sheet.write_string(row, index, text[:32_767], self._wrong if code in wrong else self._plain)


class _Lines:
    def __init__(self, file: TextIO, layout: Layout) -> None:
        self._codes = tuple(layout.by_code)
        self._lines = Lines(file)
        self._lines.row(_headings(layout))

    def write(self, refused: RefusedRow) -> None:
        cells = (refused.cells.get(code, "") for code in self._codes)
        self._lines.row((*remarks(refused), *cells))
