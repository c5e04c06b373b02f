"""Are the codes in a row what they claim to be? 统一社会信用代码 (GB 32100) and 身份证号码 (GB 11643).

The region inside an identity number is not judged: districts are renumbered over the years, and a table that lags
behind must not turn a citizen away.
"""

from __future__ import annotations

import re
from functools import lru_cache

from stdnum.cn import ric, uscc
from stdnum.exceptions import InvalidChecksum, InvalidComponent, InvalidLength, ValidationError

from services.publication_file import wording

PLACEHOLDER_CODE = "00000000000000000X"
_LOST = re.compile(r"\d(?:\.\d+)?E\+?\d{2}", re.IGNORECASE)


def lost_digits(text: str) -> bool:
    """Tell whether a spreadsheet has turned a long code into a number, and so rounded it: 3.3010219900101E+17."""
    return _LOST.fullmatch(text) is not None


def is_placeholder(code: str) -> bool:
    """Tell whether ``code`` stands for "no code": 00000000000000000X, or nothing but zeros."""
    return code == PLACEHOLDER_CODE or not code.strip("0")


@lru_cache(maxsize=16_384)
def wrong_with_uscc(code: str) -> str | None:
    """Return what is wrong with a code (already upper case and half-width), or None."""
    try:
        uscc.validate(code)
    except InvalidLength:
        return wording.USCC_LENGTH
    except InvalidChecksum:
        return wording.USCC_CHECK
    except ValidationError:
        return wording.USCC_CHARACTERS
    return None if len(code) == 18 else wording.USCC_LENGTH


def wrong_with_identity_number(number: str) -> str | None:
    """Return what is wrong with an identity number (already upper case and half-width), or None."""
    if len(number) == 15 and number.isdigit():
        return wording.ID_OLD
    if len(number) != 18:
        return wording.ID_LENGTH
    if not (number[:17].isascii() and number[:17].isdigit()) or number[17] not in "0123456789X":
        return wording.ID_CHARACTERS
    if ric.calc_check_digit(number) != number[17]:
        return wording.ID_CHECK
    try:
        ric.get_birth_date(number)
    except InvalidComponent:
        return wording.ID_BIRTH
    return None
