"""Repairs that need nobody: width, case, stray spaces, and the placeholders that stand for an empty cell.

Every repair is noted. A repair changes how a value is written, never what it says, and fills nothing in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from services.publication_file import wording
from services.publication_file.defects import Note
from services.publication_file.layout import Layout

_WORDS = "暂无 无 空 (空) 暂缺 未填 不详 无此项 没有 暂无数据 NULL (NULL) NONE N/A NA #N/A NIL"
PLACEHOLDERS = frozenset((*_WORDS.split(), "/", "//", "\\", "-", "--", "---", "—", "——", "－", "*"))
UNREADABLE = "\ufffd"

_WIDE = {wide: wide - 0xFEE0 for wide in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))}
_SPACES = dict.fromkeys((0x3000, 0xA0, 0x09, 0x0B, 0x0C, 0x2002, 0x2003, 0x2009, 0x202F), " ")
_INVISIBLE = dict.fromkeys(
    (0xFEFF, 0xAD, 0x2060, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(9), *range(14, 32), 127)
)
_WIDE_PUNCTUATION = {0xFF0D: "-", 0xFF0F: "/", 0xFF0E: ".", 0xFF1A: ":"}
_REPLACED: dict[int, int | str | None] = {**_WIDE, **_SPACES, **_INVISIBLE}
_ODD = re.compile("[" + "".join(re.escape(chr(code)) for code in _REPLACED) + "]")
_ANY_SPACE = re.compile(r"[\s\-]+")


@dataclass(slots=True)
class Tidy:
    """The cells of one row, repaired; what was done; and which columns held a placeholder."""

    values: dict[str, str]
    notes: list[Note] = field(default_factory=list)
    placeholders: set[str] = field(default_factory=set)


def tidy(cells: Mapping[str, str], layout: Layout) -> Tidy:
    """Repair the cells of one row. A column that is not there is an empty cell."""
    got = cells.get
    row = Tidy({code: got(code, "").strip() for code in layout.by_code})
    values = row.values
    codes, dates = layout.codes, layout.dates
    if _ODD.search("".join(values.values())):
        for code, text in values.items():
            if _ODD.search(text):
                values[code] = _plain(row, code, text)
    for code, text in values.items():
        if not text:
            continue
        if text[0] == "'":
            # A spreadsheet's sign for "this is text", and ours against formulas in the refused-rows file.
            text = values[code] = text[1:].strip()
        if len(text) < 7 and text.upper() in PLACEHOLDERS:
            values[code] = ""
            row.placeholders.add(code)
            row.notes.append(Note(code, wording.EMPTIED))
        elif code in codes:
            values[code] = _code(row, code, text)
        elif code in dates and not text.isascii():
            values[code] = text.translate(_WIDE_PUNCTUATION)
    return row


def _plain(row: Tidy, code: str, text: str) -> str:
    narrow = text.translate(_WIDE)
    if narrow != text:
        row.notes.append(Note(code, wording.NARROWED))
    clean = narrow.translate(_REPLACED).strip()
    if clean != narrow:
        row.notes.append(Note(code, wording.SQUEEZED))
    return clean


def _code(row: Tidy, code: str, text: str) -> str:
    upper = text.upper()
    if upper != text:
        row.notes.append(Note(code, wording.UPPERED))
    if not upper.isalnum():
        squeezed = _ANY_SPACE.sub("", upper)
        if squeezed != upper:
            row.notes.append(Note(code, wording.SQUEEZED))
        return squeezed
    return upper
