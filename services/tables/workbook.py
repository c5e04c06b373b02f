"""Rows of a spreadsheet (XLSX, XLS, ODS) as text, numbered as the clerk sees them."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from services.tables import faults
from services.tables.faults import UnreadableFile
from services.tables.large_workbook import LargeWorkbook
from services.tables.limits import LARGE, Rows
from services.tables.spreadsheet_cells import cell_text

Score = Callable[[list[str]], int]
_SPOILED = (
    CalamineError, zipfile.BadZipFile, OSError, EOFError,
    ValueError, LookupError, ArithmeticError,  # XML that is whole, and says what no spreadsheet says
    RuntimeError,  # a part under a password, or packed as nobody packs
)  # fmt: skip


def workbook_rows(path: Path, score: Score, large: int = LARGE) -> Rows:
    """Yield (row number, cells) of the one sheet that has the headings. ``score`` counts the headings of a row; from
    ``large`` unpacked bytes on it is read piece by piece."""
    try:
        if zipfile.is_zipfile(path) and (book := LargeWorkbook.opened(path, large)):
            with book:
                yield from _only_one(book.sheet_names(), book.rows, score)
        else:
            with CalamineWorkbook.from_path(path) as whole:
                yield from _only_one(_sheets(whole), lambda name: _whole_sheet(whole, name), score)
    except PasswordError as error:
        raise UnreadableFile(faults.PASSWORD) from error
    except _SPOILED as error:
        raise UnreadableFile(faults.SPOILED) from error


def _sheets(book: CalamineWorkbook) -> list[str]:
    sheets = [
        s.name
        for s in book.sheets_metadata
        if s.typ == SheetTypeEnum.WorkSheet and s.visible == SheetVisibleEnum.Visible
    ]
    return sheets or book.sheet_names


def _only_one(names: list[str], rows: Callable[[str], Rows], score: Score) -> Rows:
    """Yield the rows of the sheet with headings. Two of them: refused, for the second would be lost without a word."""
    if len(names) > 1:
        scores = {name: max((score(cells) for number, cells in _first(rows(name))), default=0) for name in names}
        best = max(scores.values())
        likely = [name for name in names if scores[name] == best]
        if best > 0 and len(likely) > 1:
            raise UnreadableFile(faults.SEVERAL_SHEETS.of(sheets="、".join(likely)))
        names = likely
    for name in names[:1]:
        for number, cells in rows(name):
            if any(cells):
                yield number, cells


def _first(rows: Rows) -> Rows:
    for number, cells in rows:
        if number > 12:
            return
        yield number, cells


def _whole_sheet(book: CalamineWorkbook, name: str) -> Rows:
    for number, cells in enumerate(book.get_sheet_by_name(name).iter_rows(), 1):
        yield number, [cell if isinstance(cell, str) else cell_text(cell) for cell in cells]
