"""What a file has said already: the same certificate twice, the same code under another name.

Kept in memory as hashes: some 0.3 KB for each row of the file, and no personal value.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Hashable
from dataclasses import dataclass, field

_BETWEEN = re.compile(r"[\s()\[\]〔〕【】·.,、“”\"'《》]+")


def same_name_form(name: str) -> str:
    """Return a form in which two writings of one name are equal: width, brackets and spaces do not count."""
    return _BETWEEN.sub("", unicodedata.normalize("NFKC", name)).upper()


@dataclass(slots=True)
class RowsSeen:
    """The rows of one file so far."""

    _decisions: dict[int, tuple[int, int]] = field(default_factory=dict)
    _numbers: set[int] = field(default_factory=set)
    _names: dict[int, dict[int, int]] = field(default_factory=dict)

    def other_row(self, decision: Hashable, content: Hashable) -> tuple[int, bool] | None:
        """Return (row, same content?) of the row that stated this decision before, or None."""
        found = self._decisions.get(hash(decision))
        return (found[0], found[1] == hash(content)) if found else None

    def row_of_other_name(self, code: str, name: str, number: Hashable) -> int | None:
        """Return the row in which ``code`` has another name, or None.

        A later decision about a permit of this file may change its holder's name (名称变更): that is no mismatch.
        """
        names = self._names.get(hash(code))
        if not names or hash(same_name_form(name)) in names or hash(number) in self._numbers:
            return None
        return next(iter(names.values()))

    def remember(self, row: int, decision: Hashable, content: Hashable, number: Hashable) -> None:
        """Keep what an accepted row said."""
        self._decisions[hash(decision)] = (row, hash(content))
        self._numbers.add(hash(number))

    def remember_name(self, row: int, code: str, name: str) -> None:
        """Keep the name that an accepted row gives to ``code``."""
        self._names.setdefault(hash(code), {}).setdefault(hash(same_name_form(name)), row)


def is_known_name(name: str, known: Collection[str]) -> bool:
    """Tell whether ``name`` is one of the registered ones; with none registered, any name is."""
    return not known or same_name_form(name) in {same_name_form(one) for one in known}
