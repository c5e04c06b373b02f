"""Rows of a text file: which encoding, which delimiter, and then cell by cell. Memory does not grow with the file.

UTF-8 with or without BOM, GB18030 (and so GBK and GB2312), UTF-16 with BOM (what Excel calls Unicode text).
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from services.tables import faults
from services.tables.faults import UnreadableFile
from services.tables.limits import Rows

SAMPLE = 256 * 1024
_LOOK_AT_MOST = 16 * 1024 * 1024
_DELIMITERS = (",", "\t", ";", "|")
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (b"\x84\x31\x95\x33", "gb18030"),
)
_PLAUSIBLE = (
    (0x4E00, 0x9FFF),
    (0x3400, 0x4DBF),
    (0x3000, 0x303F),
    (0xFF00, 0xFFEF),
    (0x2010, 0x2049),
    (0x2460, 0x24FF),
)
_PLAUSIBLE_SINGLE = frozenset("·°±×÷§¥©®\xa0\u200b\u200d\ufeff")


def encoding_of(file: BinaryIO) -> str:
    """Return the encoding of ``file`` from its first non-ASCII bytes, and leave it at its beginning.

    Reads one sample; only a file whose sample is pure ASCII is read on, until the first byte that can tell.
    """
    sample = file.read(SAMPLE)
    for mark, encoding in _BOMS:
        if sample.startswith(mark):
            file.seek(0)
            return encoding
    read = len(sample)
    while sample.isascii() and len(sample) > 0 and read < _LOOK_AT_MOST:
        sample = file.read(SAMPLE)
        read += len(sample)
    file.seek(0)
    return "utf-8" if _is_utf8(sample) else "gb18030"


def _is_utf8(sample: bytes) -> bool:
    """Tell UTF-8 from GB18030 by what can be read: a short GB18030 text may be valid UTF-8, but says nothing in it.

    One damaged character in a text that reads well does not make it GB18030.
    """
    text = codecs.getincrementaldecoder("utf-8")("replace").decode(sample)
    foreign = [character for character in text if not character.isascii()]
    return sum(map(_plausible, foreign)) >= 0.9 * len(foreign)


def _plausible(character: str) -> bool:
    code = ord(character)
    return any(low <= code <= high for low, high in _PLAUSIBLE) or character in _PLAUSIBLE_SINGLE


def text_rows(path: Path, score: Callable[[list[str]], int]) -> Rows:
    """Yield (number as a spreadsheet shows it, cells) of each row of a text file that is not blank.

    ``score`` tells how many headings a row has: the delimiter is the one that finds most in the first rows. What cannot
    be decoded becomes U+FFFD, so that the row can be refused by itself.
    """
    with path.open("rb") as file:
        encoding = encoding_of(file)
        text = io.TextIOWrapper(file, encoding, errors="replace", newline="")
        head = text.read(64 * 1024)
        if not head.strip("\ufeff\r\n\t ,;"):
            raise UnreadableFile(faults.EMPTY_FILE)
        if "\0" in head:
            raise UnreadableFile(faults.UNKNOWN_FORMAT)
        delimiter = _delimiter_of(head, score)
        text.seek(0)
        yield from _records(text, delimiter)


def _delimiter_of(head: str, score: Callable[[list[str]], int]) -> str:
    def found(delimiter: str) -> int:
        lines = head.splitlines()[:12]
        try:
            return max((score(cells) for cells in csv.reader(lines, delimiter=delimiter)), default=0)
        except csv.Error:
            return 0

    return max(_DELIMITERS, key=found)


def _records(text: io.TextIOWrapper, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    number = 0
    # Strict: without it a quotation mark that is never closed swallows the rest of the file into one cell.
    reader = csv.reader(text, delimiter=delimiter, strict=True)
    try:
        for number, cells in enumerate(reader, 1):
            if any(cells):
                yield number, cells
    except csv.Error as error:
        raise UnreadableFile(faults.BROKEN_QUOTES.of(row=number + 1)) from error
