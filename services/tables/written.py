"""Tables that leave the house: what stands in a cell is text, in whatever program it is opened.

A spreadsheet runs a cell of a CSV that begins with = + - or @ as a formula, and so one of an XLSX that was saved as CSV
once; a party may well be registered under such a name (OWASP ASVS 5.0, 1.2.10). Such a text gets an apostrophe before
it, in both kinds of file; the reader of what comes back takes it off. This is the only module that makes such files.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from typing import Any, TextIO

from xlsxwriter import Workbook  # type: ignore[import-untyped]
from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

DANGEROUS = frozenset("=+-@\t\r\n\0＝＋－＠")
"""What begins a formula, also full-width (as some programs read it), and what some skip before they look."""


def escaped(text: str) -> str:
    """Return ``text`` so that no spreadsheet runs it: with an apostrophe in front where it could."""
    return f"'{text}" if len(text) > 1 and text[0] in DANGEROUS else text


class TextSheet(Worksheet):  # type: ignore[misc]
    """A sheet whose texts are never formulas."""

    def write_string(self, row: int, col: int, string: str, *formats: Any) -> Any:
        return super().write_string(row, col, escaped(string), *formats)


class Book(Workbook):  # type: ignore[misc]
    """An XLSX that is written: use as a context. ``into``: a path or a file. Its cells are texts and numbers alone."""

    worksheet_class = TextSheet

    def __init__(self, into: Any, **options: bool) -> None:
        without = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
        super().__init__(into, without | options)


class Lines:
    """A CSV that is written, row by row."""

    def __init__(self, file: TextIO) -> None:
        self._writer = csv.writer(file)

    def row(self, cells: Iterable[str]) -> None:
        self._writer.writerow([escaped(cell) for cell in cells])
