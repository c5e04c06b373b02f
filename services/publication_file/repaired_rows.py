"""A file of refused rows comes back repaired: each row is known again by the number that it bears. And an empty file
to begin with."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

from events.approval import PartyKind
from services.publication_file.layout import REMARKS, Layout
from services.publication_file.reading import open_published
from services.tables.faults import Fault, UnreadableFile
from services.tables.rows import table_rows
from services.tables.written import Book

NUMBER = REMARKS[0]
NO_NUMBERS = Fault(
    "no_row_numbers",
    "文件中没有“行号”一栏, 不知道各行改的是哪一行。",
    "请上传从本页下载的未通过行文件, 不要删除前五栏。",
)
FORMATTED_ROWS = 5000


@dataclass(slots=True)
class RepairedRows:
    """``cells`` by the number of the row in the file that it was refused from; how many rows bear no such number."""

    cells: dict[int, Mapping[str, str]] = field(default_factory=dict)
    unnumbered: int = 0


def read_repaired(path: Path, layout: Layout) -> RepairedRows:
    """Read a file of refused rows; ``UnreadableFile`` when it is none."""
    numbers = _numbers(path, layout)
    found = RepairedRows()
    for row in open_published(path, layout).rows:
        number = numbers.get(row.number, "").removesuffix(".0")
        if number.isdecimal() and len(number) < 10:
            found.cells[int(number)] = row.cells
        else:
            found.unnumbered += 1
    return found


def _numbers(path: Path, layout: Layout) -> dict[int, str]:
    """Return what stands under 行号, by where the row stands in this file."""

    def headings(cells: list[str]) -> int:
        return sum(1 for cell in cells if cell and layout.column_named(cell))

    with closing(table_rows(path, headings)) as rows:
        for _, cells in rows:
            if layout.read_header(cells):
                if NUMBER not in (written := [cell.strip() for cell in cells]):
                    break
                place = written.index(NUMBER)
                return {number: cells[place].strip() for number, cells in rows if len(cells) > place}
        else:
            return {}
    raise UnreadableFile(NO_NUMBERS)


def empty_file(layout: Layout) -> bytes:
    """Return an XLSX with the headings alone, its cells made for text: a spreadsheet then leaves long numbers alone."""
    into = BytesIO()
    with Book(into, in_memory=True) as book:
        sheet = book.add_worksheet(layout.title)
        heading = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        text = book.add_format({"num_format": "@"})
        for place, column in enumerate(layout.columns):
            sheet.set_column(place, place, 18, text)
            sheet.write_string(0, place, column.heading, heading)
            if column.code == layout.meant.kind:
                kinds = {"validate": "list", "source": [kind.value for kind in PartyKind]}
                sheet.data_validation(1, place, FORMATTED_ROWS, place, kinds)
        sheet.freeze_panes(1, 0)
    return into.getvalue()
