"""Where a reader of a watch list stands between two pages. Opaque to the reader, and refused when it was spoiled."""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Row

from projections.watch_list import STREET_DIGITS
from projections.watch_list_filters import Filters

_VERSION = 1


class CursorSpoiled(Exception):
    """The cursor was cut, altered, or made for another list or other filters. Begin with the first page again."""


@dataclass(frozen=True, slots=True)
class Place:
    """The last row that was shown, by what its list is ordered by. ``valid_to`` None: newest change first."""

    permit: UUID
    changed_at: datetime
    valid_to: date | None = None
    matter_code: str = ""
    street: str = ""


def place_of(row: Row[Any], filters: Filters) -> Place:
    if filters.by_expiry:
        return Place(row.permit, row.changed_at, row.valid_to, row.matter_code, row.region_code[:STREET_DIGITS])
    return Place(row.permit, row.changed_at)


def write_cursor(place: Place, department: str, filters: Filters) -> str:
    said = orjson.dumps([_VERSION, place.permit, place.changed_at, place.valid_to, place.matter_code, place.street])
    return base64.urlsafe_b64encode(_check(said, department, filters) + said).decode().rstrip("=")


def read_cursor(cursor: str, department: str, filters: Filters) -> Place:
    try:
        content = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        check, said = content[:8], content[8:]
        if check != _check(said, department, filters):
            raise CursorSpoiled
        # The check is no secret: whoever makes one can make it fit, and what it covers may be anything.
        version, permit, changed_at, valid_to, matter_code, street = orjson.loads(said)
        if version != _VERSION or not isinstance(matter_code, str) or not isinstance(street, str):
            raise CursorSpoiled
        ends = date.fromisoformat(valid_to) if valid_to else None
        return Place(UUID(permit), datetime.fromisoformat(changed_at), ends, matter_code, street)
    except (binascii.Error, ValueError, TypeError, AttributeError):
        raise CursorSpoiled from None


def _check(said: bytes, department: str, filters: Filters) -> bytes:
    return hashlib.sha256(said + department.encode() + filters.as_text().encode()).digest()[:8]
