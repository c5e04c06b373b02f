"""Does a legal basis, as somebody wrote it, name this law, policy or standard? Pure.

Written forms differ: brackets of document numbers, full-width letters, blanks, 中华人民共和国 before a title. What is
compared is what is left without these. A title within 《》 must be the whole title: 《食品安全法》 is not named by
《食品安全法实施条例》. Without 《》 a title counts where it is not a part of a longer word.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from events.rule_changes import Document

_BLANKS = re.compile(r"\s+")
_BRACKETS = str.maketrans({"〔": "[", "【": "[", "［": "[", "(": "[", "〕": "]", "】": "]", "］": "]", ")": "]"})
_QUOTES = str.maketrans({"〈": "《", "<": "《", "〉": "》", ">": "》", "「": "《", "」": "》", "“": "《", "”": "》"})
_QUOTED = re.compile("《([^《》]+)》")
_COUNTRY = "中华人民共和国"
_LEADS = "依据|根据|按照|依照|违反|适用|及其|和|及|与|或"
_FOLLOWS = "第|的|和|及|与|或|之|中|文|有关|相关|规定"


@dataclass(frozen=True, slots=True)
class Bases:
    """Documents, ready to be looked for."""

    titles: frozenset[str]
    numbers: tuple[re.Pattern[str], ...]
    unquoted: tuple[re.Pattern[str], ...]

    @classmethod
    def of(cls, documents: Iterable[Document]) -> Bases:
        """Return what ``documents`` are known by. One without title and number names nothing."""
        known = list(documents)
        titles = frozenset(title for one in known if (title := _title(one.title)))
        numbers = sorted({number for one in known if (number := normal(one.number))})
        return cls(titles, tuple(map(_apart, numbers)), tuple(map(_apart, sorted(titles))))

    def named_in(self, basis: str) -> bool:
        """Tell whether ``basis`` names one of the documents."""
        if not basis:
            return False
        said = normal(basis)
        quoted = _QUOTED.findall(said)
        if any(_title(one) in self.titles for one in quoted):
            return True
        if any(pattern.search(said) for pattern in self.numbers):
            return True
        bare = _QUOTED.sub("《》", said).replace(_COUNTRY, "")
        return any(pattern.search(bare) for pattern in self.unquoted)


@lru_cache(maxsize=10_000)
def normal(text: str) -> str:
    """Return ``text`` in one written form: half-width, without blanks, brackets and quotes of one kind each."""
    plain = unicodedata.normalize("NFKC", text)
    return _BLANKS.sub("", plain).translate(_BRACKETS).translate(_QUOTES).casefold()


def _title(text: str) -> str:
    return normal(text).strip("《》").removeprefix(_COUNTRY)


def _apart(text: str) -> re.Pattern[str]:
    """Find ``text`` where it stands for itself: 国发〔2019〕5号 is no part of 甘国发〔2019〕5号."""
    return re.compile(rf"(?:^|[^\w]|{_LEADS}){re.escape(text)}(?:$|[^\w]|{_FOLLOWS})")
