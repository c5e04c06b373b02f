"""What may be shown of a personal fact by default: enough to recognise it, too little to use it.

Identity number 110***********1234 (3 and 4: the usual 6 and 4 tell where somebody was born), telephone 138****5678,
name 张*, an address to its county. The codes of organisations are public and are not masked; those that begin with 92
are of 个体工商户, and are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from stdnum.cn import ric

from events.sealing import mask_name

_IDENTITY = re.compile(r"(?<![0-9A-Za-z])[0-9]{6}(?:18|19|20)[0-9]{9}[0-9Xx](?![0-9A-Za-z])")
_MOBILE = re.compile(r"(?<![0-9A-Za-z])1[3-9][0-9]{9}(?![0-9A-Za-z])")
_ANY_NUMBER = re.compile("[0-9]{11}")
_COUNTY = re.compile(r"^.{2,24}?[县区旗](?=.)")


def mask_number(number: str) -> str:
    """Mask an identity number, or any other by which a person is found."""
    if len(number) < 8:
        return "*" * len(number)
    return number[:3] + "*" * (len(number) - 7) + number[-4:]


def mask_phone(number: str) -> str:
    return f"{number[:3]}****{number[-4:]}" if len(number) >= 11 else "*" * len(number)


def mask_address(address: str) -> str:
    """Keep an address down to its county; of one that names none, nothing."""
    county = _COUNTY.match(address)
    return f"{county[0]}****" if county else "****"


def mask_numbers(text: str) -> str:
    """Mask the identity numbers and mobile telephones in a text that is public otherwise."""
    # Nearly no text holds a number so long; the two ways through it are for those that do.
    if not _ANY_NUMBER.search(text):
        return text
    return _MOBILE.sub(lambda found: mask_phone(found[0]), _IDENTITY.sub(_identity, text))


def _identity(found: re.Match[str]) -> str:
    number = found[0]
    # By its check digit: a batch number of eighteen digits is nobody's.
    return mask_number(number) if str(ric.calc_check_digit(number)) == number[-1].upper() else number


def mask_fact(field: str, value: str, *, business: bool = False) -> str:
    """Mask what stands sealed under ``field``; a text of any other field is hidden whole."""
    if field == "name":
        return mask_name(value, business=business)
    mask = _MASKS.get(field)
    return mask(value) if mask else "****"


_MASKS: Mapping[str, Callable[[str], str]] = {
    "identifier": mask_number,
    "legal_representative": mask_name,
    "representative_id": mask_number,
    "other_ids": mask_number,
    "place": mask_address,
    "contact": lambda text: mask_numbers(text) if mask_numbers(text) != text else "****",
}
