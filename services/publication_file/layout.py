"""The columns of a 双公示 file, and how its heading row is recognised.

Source: the data standard of 2018 for publishing administrative permits and penalties. A heading may be the column's
code, its Chinese name, or one of the names in use; in any order, with stars, notes in brackets and spaces.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from services.publication_file.defects import Defect
from services.tables.faults import Fault


@dataclass(frozen=True, slots=True)
class Column:
    """One column. ``needed``: a file without it is refused. ``personal``: its values never go to a log."""

    code: str
    heading: str
    needed: bool = True
    personal: bool = False
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Meant:
    """The columns that both files have, by what they mean: the party, the deciding body, the day of the decision."""

    name: str
    kind: str
    uscc: str
    representative: str
    representative_id_kind: str
    representative_id: str
    id_kind: str
    id_number: str
    body: str
    body_code: str
    source_code: str
    decided: str


@dataclass(frozen=True, slots=True)
class Header:
    """What a heading row says. ``places``: (index in the row, code of the column)."""

    places: tuple[tuple[int, str], ...]
    missing: tuple[Column, ...]
    doubled: tuple[Column, ...]
    absent: tuple[Column, ...]
    """Columns that are not needed and not there: taken as empty."""
    ignored: tuple[str, ...]


@dataclass(frozen=True)
class Layout:
    """One of the files. ``title`` names it in sentences; ``codes`` and ``dates`` are columns that hold such values.

    ``endless``: the one of ``dates`` that may say 长期. ``others``: how codes and headings of the other file begin or
    what they contain, and what is said to who hands that one in. ``genuine``: what to do about a code that is right
    although it fails its check.
    """

    title: str
    body_title: str
    columns: tuple[Column, ...]
    meant: Meant
    codes: frozenset[str]
    dates: frozenset[str]
    endless: frozenset[str]
    others: tuple[str, str, Fault]
    genuine: str

    @cached_property
    def by_code(self) -> Mapping[str, Column]:
        return {column.code: column for column in self.columns}

    @cached_property
    def _by_heading(self) -> Mapping[str, str]:
        return {_plain(text): c.code for c in self.columns for text in (c.code, c.heading, *c.also)}

    def column_named(self, heading: str) -> str | None:
        """Return the code of the column that ``heading`` names, or None."""
        found = self._by_heading.get(_plain(heading))
        if found:
            return found
        written = _CODE_IN_TEXT.search(unicodedata.normalize("NFKC", heading).upper())
        return written[0] if written and written[0] in self.by_code else None

    def is_others(self, heading: str) -> bool:
        prefix, word, _ = self.others
        return heading.strip().upper().startswith(prefix) or word in heading

    def read_header(self, cells: Sequence[str]) -> Header | None:
        """Return the header that ``cells`` are, or None when this is no heading row."""
        named = [(index, self.column_named(cell)) for index, cell in enumerate(cells) if cell.strip()]
        places = tuple((index, code) for index, code in named if code)
        codes = [code for _, code in places]
        if len(set(codes)) < HEADER_LIKE:
            return None
        return Header(
            places=places,
            missing=tuple(c for c in self.columns if c.needed and c.code not in codes),
            doubled=tuple(c for c in self.columns if codes.count(c.code) > 1),
            absent=tuple(c for c in self.columns if not c.needed and c.code not in codes),
            ignored=tuple(
                cells[index].strip() for index, code in named if not code and cells[index].strip() not in REMARKS
            ),
        )

    def defect(self, code: str, value: str, fault: Fault) -> Defect:
        """Return ``fault`` as found in the column ``code``; of the whole row when there is no such column."""
        column = self.by_code.get(code)
        heading, personal = (column.heading, column.personal) if column else ("", True)
        return Defect(code, heading, value, fault.reason, fault.repair, fault.code, personal)


REMARKS = ("行号", "列", "值", "原因", "修改办法")
"""The columns that a file of refused rows has besides: left out without a word when it comes back repaired."""
HEADER_LIKE = 5
"""So many recognised headings make a row a heading row; fewer can happen in a title or a data row."""

_CODE_IN_TEXT = re.compile(r"(?:CF|XK)_[A-Z]+(?:_[A-Z]+)*|\bBZ\b")
_NOTE = re.compile(r"\((?:必填|选填|条件必填|必填项|选填项|非必填)[^)]*\)")
_DECORATION = re.compile(r"[\s*_＊:\-()\[\]【】\"']+")


def _plain(heading: str) -> str:
    text = _NOTE.sub("", unicodedata.normalize("NFKC", heading).upper())
    return _DECORATION.sub("", text)
