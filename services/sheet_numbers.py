"""The numbers of printed sheets: short enough to be typed, and each leads back to the record it was printed from. Pure.

``HS-019AC4D28A52-1``: kind, the first twelve hexadecimal digits of what it is about, and which one of it.
``GZ-019AC4D28A526B01-2`` has four more, the last ones: the first twelve are a time to the millisecond, and a file
brings many permits in one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

_HEAD = 12
_WRITTEN = re.compile(r"(GZ|HS|DB|TZ|QS|YJ)-([0-9A-F]{12})([0-9A-F]{4})?-(\d{1,6})")


class SheetKind(StrEnum):
    NOTICE = "GZ"
    MINUTES = "HS"
    DEMAND = "DB"
    PUSH_NOTICE = "TZ"
    RECEIPT = "QS"
    HANDOVER = "YJ"


SHEETS = {
    SheetKind.NOTICE: "许可告知单",
    SheetKind.MINUTES: "会商纪要",
    SheetKind.DEMAND: "督办单",
    SheetKind.PUSH_NOTICE: "监管告知单",
    SheetKind.RECEIPT: "推送签收单",
    SheetKind.HANDOVER: "移交清单",
}
OF_PERMITS = frozenset({SheetKind.NOTICE, SheetKind.PUSH_NOTICE, SheetKind.RECEIPT})


@dataclass(frozen=True, slots=True)
class SheetNumber:
    """A number that was read: ids between ``first`` and ``last``, whose text ends with ``tail``; and which sheet."""

    kind: SheetKind
    first: UUID
    last: UUID
    tail: str
    number: int


def sheet_number(kind: SheetKind, about: UUID, number: int) -> str:
    """Return what stands on the sheet. ``about``: a permit, a handover list, or the item that was urged."""
    tail = about.hex[-4:] if kind in OF_PERMITS else ""
    return f"{kind}-{about.hex[:_HEAD]}{tail}-{number}".upper()


def read_sheet_number(text: str) -> SheetNumber | None:
    """Return what a typed number means, None when it is none. Spaces and small letters are forgiven."""
    found = _WRITTEN.fullmatch(re.sub(r"\s", "", text).upper())
    if not found:
        return None
    head = found[2].lower()
    rest = 32 - _HEAD
    return SheetNumber(
        SheetKind(found[1]), UUID(head + "0" * rest), UUID(head + "f" * rest), (found[3] or "").lower(), int(found[4])
    )
