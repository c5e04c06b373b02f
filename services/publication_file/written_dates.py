"""What date does a cell mean? All forms that real files carry, and nothing guessed.

``2024/1/5``, ``2024-01-05``, ``2024.1.5``, ``2024年1月5日``, ``20240105``, the same with a time behind it, and the
serial number of a spreadsheet. A form that could mean two days (``5/1/24``) is no date.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from services.publication_file import wording
from services.tables.faults import Fault

FOREVER = frozenset(("长期", "永久", "长期有效", "永久有效", "无固定期限", "无期限", "无限期", "不限", "无限"))
_ENDLESS_DAYS = frozenset((date(2099, 12, 31), date(9999, 12, 31)))
_EMPTY_DAYS = frozenset((date(1899, 12, 30), date(1899, 12, 31)))
_PARTS = re.compile(
    r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:[\sT]+\d{1,2}[:：]\d{2}(?:[:：]\d{2}(?:\.\d+)?)?)?"
)
_EIGHT = re.compile(r"(\d{4})(\d{2})(\d{2})(?:0{6})?")
_SERIAL = re.compile(r"(\d{1,5})(?:\.\d+)?")
_SERIAL_START = date(1899, 12, 30)
_LAST_SERIAL = 73_050  # 2099/12/31; serial numbers are trusted from 1950 on
_FIRST_SERIAL = 18_264


@dataclass(frozen=True, slots=True)
class WrittenDate:
    """What a cell says. ``empty`` for the placeholders of an empty date; ``fault`` when it says no date at all."""

    day: date | None = None
    forever: bool = False
    empty: bool = False
    note: str = ""
    fault: Fault | None = None


@lru_cache(maxsize=16_384)
def read_date(text: str) -> WrittenDate:
    """Return what ``text`` (stripped, half-width, not empty) says."""
    if text in FOREVER:
        return WrittenDate(forever=True, note=wording.FOREVER)
    if text == "0:00:00":  # a spreadsheet shows day 0 or 1 of its calendar as a time
        return WrittenDate(empty=True, note=wording.EMPTIED)
    found = _PARTS.fullmatch(text) or _EIGHT.fullmatch(text)
    if found:
        return _day(text, int(found[1]), int(found[2]), int(found[3]))
    serial = _SERIAL.fullmatch(text)
    if serial:
        return _of_serial(int(serial[1]))
    return WrittenDate(fault=wording.BAD_DATE)


def _day(text: str, year: int, month: int, day: int) -> WrittenDate:
    if (year, month) == (1900, 1) and day <= 1:
        return WrittenDate(empty=True, note=wording.EMPTIED)
    try:
        found = date(year, month, day)
    except ValueError:
        return WrittenDate(fault=wording.BAD_DATE)
    if found in _EMPTY_DAYS:
        return WrittenDate(empty=True, note=wording.EMPTIED)
    if found in _ENDLESS_DAYS:
        return WrittenDate(forever=True, note="" if text == "2099/12/31" else wording.FOREVER)
    if found.year < 1900:
        return WrittenDate(fault=wording.BAD_DATE)
    plain = text in (f"{found:%Y/%m/%d}", found.isoformat())
    return WrittenDate(found, note="" if plain else wording.DATE_READ)


def _of_serial(number: int) -> WrittenDate:
    if number in (0, 1):
        return WrittenDate(empty=True, note=wording.EMPTIED)
    if not _FIRST_SERIAL <= number <= _LAST_SERIAL:
        return WrittenDate(fault=wording.BAD_DATE)
    found = _SERIAL_START + timedelta(days=number)
    if found in _ENDLESS_DAYS:
        return WrittenDate(forever=True, note=wording.FOREVER)
    return WrittenDate(found, note=wording.SERIAL_READ)
