"""May a text be public? Not when an identity number stands in it: what is said of rules is read in the clear."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from stdnum.cn import ric

from services.refusing import Refused, Rule

HOLDS_IDENTITY_NUMBER = Rule(
    "holds_identity_number", "文字中含有身份证号码, 不能公开。", "请删去个人信息后重新提交; 需要时写明办件编号。"
)

_NUMBER = re.compile(r"(?<![0-9A-Za-z])[0-9]{6}(?:18|19|20)[0-9]{9}[0-9Xx](?![0-9A-Za-z])")


def may_be_public(texts: Iterable[str], field: str) -> None:
    """Raise ``Refused`` for ``field`` when one of ``texts`` holds an identity number, however it is spaced or written.

    By form and check digit alone: regions come and go, and the register of birthplaces knows only today's.
    """
    for text in texts:
        plain = "".join(unicodedata.normalize("NFKC", text).split())
        for number in _NUMBER.findall(plain):
            if ric.calc_check_digit(number) == number[-1].upper():
                raise Refused(HOLDS_IDENTITY_NUMBER, field=field)


HIDDEN_IN_TEXT = "（号码已隐去）"
_NUMBERS = re.compile(
    r"(?<![0-9A-Za-z])(?:[0-9]{6}(?:18|19|20)[0-9]{9}[0-9Xx]|1[3-9][0-9]{9}|92[0-9A-Z]{16})(?![0-9A-Za-z])"
)


def without_numbers(text: str) -> str:
    """Return ``text`` without the numbers by which a person is found: identity, telephone, code of a 个体工商户."""
    return _NUMBERS.sub(HIDDEN_IN_TEXT, unicodedata.normalize("NFKC", text))
