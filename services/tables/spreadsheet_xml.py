"""Reading the XML inside an XLSX piece by piece, whatever prefixes its writer gave to the elements."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from xml.parsers import expat
from xml.parsers.expat import XMLParserType

PIECE = 64 * 1024
LAST_COLUMN = 16_384


class _Local(dict[str, str]):
    """Element names without their prefix, each cut once."""

    def __missing__(self, name: str) -> str:
        local = self[name] = name.rpartition(":")[2]
        return local


class _Columns(dict[str, int]):
    """Column letters as numbers: A is 1, and XFD the last one that a spreadsheet has."""

    def __missing__(self, letters: str) -> int:
        number = 0
        for letter in letters[:4]:
            number = number * 26 + ord(letter) - 64
        if not 1 <= number <= LAST_COLUMN:
            # A row is filled up to its last cell: one cell of a column far out would take all memory.
            raise zipfile.BadZipFile("a column that no spreadsheet has")
        self[letters] = number
        return number


LOCAL = _Local()
COLUMN_NUMBER = _Columns()
Start = Callable[[str, dict[str, str]], None]


def parser() -> XMLParserType:
    xml = expat.ParserCreate()
    xml.buffer_text = True
    xml.StartDoctypeDeclHandler = _refuse_declaration
    return xml


def _refuse_declaration(*_: object) -> None:
    # No spreadsheet program writes one; entities that expand without end need one.
    raise zipfile.BadZipFile("a document type declaration in a spreadsheet")


def feed(xml: XMLParserType, piece: bytes, *, last: bool = False) -> None:
    try:
        xml.Parse(piece, last)
    except expat.ExpatError as error:
        raise zipfile.BadZipFile("damaged") from error
