"""Is an amount in 万元, as it must be, or was it written in 元? The text of the penalty tells. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from decimal import Decimal

WAN = 10_000
_DIGITS = re.compile(r"(\d[\d,]*(?:\.\d+)?)\s*(亿|万)?\s*元")
_WORDS = re.compile(r"([零〇一二三四五六七八九两十百千万亿壹贰叁肆伍陆柒捌玖拾佰仟]+)\s*(?:元|圆)")
_DIGIT = {char: value for value, chars in enumerate(("零〇", "一壹", "二贰两", "三叁", "四肆", "五伍", "六陆", "七柒",
                                                     "八捌", "九玖")) for char in chars}  # fmt: skip
_UNIT = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
_GROUP = {"万": 10**4, "亿": 10**8}


def plain(amount: Decimal) -> str:
    """Return ``amount`` as decimal text with one writing: 0.20 is 0.2."""
    return format(amount.normalize(), "f")


def amounts_in(text: str) -> Iterator[Decimal]:
    """Yield every amount that ``text`` names, in 元: 2000元, 2,000元, 0.2万元, 贰仟元."""
    text = unicodedata.normalize("NFKC", text)
    for number, group in _DIGITS.findall(text):
        yield Decimal(number.replace(",", "")) * _GROUP.get(group, 1)
    for words in _WORDS.findall(text):
        yield Decimal(_number(words))


def _number(words: str) -> int:
    total = section = digit = 0
    for char in words:
        if char in _DIGIT:
            digit = _DIGIT[char]
        elif char in _UNIT:
            section += (digit or 1) * _UNIT[char]
            digit = 0
        else:
            total = (total + section + digit) * _GROUP[char]
            section = digit = 0
    return total + section + digit


def written_in_yuan(amount: Decimal, text: str) -> bool:
    """Tell whether ``text`` names this amount as so many 元, and not as so many 万元."""
    named = set(amounts_in(text))
    return amount in named and amount * WAN not in named
