"""What a file has said already: the same certificate twice, the same code under another name.

Kept in memory as hashes: some 0.4 KB for each row of the file, and no personal value.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Hashable
from dataclasses import dataclass, field
from functools import lru_cache

_BETWEEN = re.compile(r"[\s()\[\]〔〕【】·.,、“”\"'《》]+")


@lru_cache(maxsize=256)
def same_name_form(name: str) -> str:
    """Return a form in which two writings of one name are equal: width, brackets and spaces do not count."""
    return _BETWEEN.sub("", unicodedata.normalize("NFKC", name)).upper()


_ROW_BITS = 24  # more rows than a spreadsheet can have
_ROW = (1 << _ROW_BITS) - 1


def _packed(content: Hashable, row: int) -> int:
    return (hash(content) & 0xFF_FFFF_FFFF) << _ROW_BITS | row


@dataclass(slots=True)
class RowsSeen:
    """The rows of one file so far."""

    _decisions: dict[int, int] = field(default_factory=dict)
    _numbers: set[int] = field(default_factory=set)
    _names: dict[int, int] = field(default_factory=dict)
    _other_names: dict[int, set[int]] = field(default_factory=dict)

    def other_row(self, decision: Hashable, content: Hashable) -> tuple[int, bool] | None:
        """Return (row, same content?) of the row that stated this decision before, or None."""
        found = self._decisions.get(hash(decision))
        if found is None:
            return None
        row = found & _ROW
        return row, found == _packed(content, row)

    def row_of_other_name(self, code: str, name: str, number: Hashable) -> int | None:
        """Return the row in which ``code`` has another name, or None.

        A later decision about a permit of this file may change its holder's name (名称变更): that is no mismatch.
        """
        key, plain = hash(code), same_name_form(name)
        found = self._names.get(key)
        if found is None or found == _packed(plain, found & _ROW) or hash(number) in self._numbers:
            return None
        return None if hash(plain) in self._other_names.get(key, ()) else found & _ROW

    def remember(self, row: int, decision: Hashable, content: Hashable, number: Hashable) -> None:
        """Keep what an accepted row said."""
        self._decisions[hash(decision)] = _packed(content, row)
        self._numbers.add(hash(number))

    def remember_name(self, row: int, code: str, name: str) -> None:
        """Keep the name that an accepted row gives to ``code``."""
        plain = same_name_form(name)
        first = self._names.setdefault(hash(code), _packed(plain, row))
        if first != _packed(plain, first & _ROW):
            self._other_names.setdefault(hash(code), set()).add(hash(plain))


def is_known_name(name: str, known: Collection[str]) -> bool:
    """Tell whether ``name`` is one of the registered ones; with none registered, any name is."""
    return not known or same_name_form(name) in {same_name_form(one) for one in known}
