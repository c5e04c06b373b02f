"""What a spreadsheet cell holds, as the text that a clerk meant.

A number that stands for a code comes back as its digits; one too long for a spreadsheet comes back in scientific
notation, because its last digits are lost and nobody may pretend otherwise. Date cells come as ``2024-01-05``.
"""

from __future__ import annotations

import datetime as dt
import math
import re

EXACT = 10**15
"""Whole numbers below this are exact in a cell; identity numbers and credit codes are longer."""
NO_DAY = "0:00:00"
"""How day 0 or 1 of a spreadsheet's calendar comes: an empty date that was formatted."""

Cell = int | float | str | bool | dt.time | dt.date | dt.datetime | dt.timedelta


def cell_text(cell: Cell) -> str:
    """Return what a cell holds, as text."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, int | float):
        return number_text(float(cell))
    if isinstance(cell, dt.datetime):
        return cell.date().isoformat() if cell.time() == dt.time() else cell.isoformat(" ", "seconds")
    if isinstance(cell, dt.timedelta):
        return str(cell)
    if isinstance(cell, dt.time):
        return f"{cell.hour}:{cell:%M:%S}"
    return cell.isoformat()


def number_text(number: float) -> str:
    """Return a number as its digits (12345, 0.5), or in scientific notation where digits are lost."""
    if not math.isfinite(number):
        return str(number)
    if number == int(number) and abs(number) < EXACT:
        return str(int(number))
    return repr(number).upper() if abs(number) < EXACT else f"{number:.15E}"


_EPOCH = dt.datetime(1899, 12, 30)  # noqa: DTZ001 - a legal date has no zone
_LAST_SERIAL = 2_958_465  # 9999-12-31
_SHIFT_1904 = 1462


def serial_text(number: float, *, from_1904: bool) -> str:
    """Return the text of a date cell that holds ``number``."""
    days = number + _SHIFT_1904 if from_1904 else number
    if not 0 <= days <= _LAST_SERIAL:
        return number_text(number)
    if days < 2:
        return NO_DAY
    return cell_text(_EPOCH + dt.timedelta(seconds=round(days * 86_400)))


_BUILT_IN_DATES = frozenset((*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)))
_LITERAL = re.compile(r'"[^"]*"|\\.|_.|\[[^\]]*\]')


def is_date_format(number: int, code: str) -> bool:
    """Tell whether a number format shows a date: one of the built-in ones, or one with a year, month or day in it."""
    if not code:
        return number in _BUILT_IN_DATES
    return any(letter in _LITERAL.sub("", code).lower() for letter in "ymd")
