"""Values as PostgreSQL reads them in binary form, a column at a time: each its length, -1 for NULL, and its bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime
from struct import Struct
from struct import error as StructError
from typing import Any
from uuid import UUID

import psycopg

_LENGTH = Struct("!i").pack
_ABSENT = _LENGTH(-1)
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_FIRST_DAY = date(2000, 1, 1).toordinal()
_DAY = 86_400_000_000
_SMALLINT, _INTEGER, _BIGINT = Struct("!ih").pack, Struct("!ii").pack, Struct("!iq").pack
_UUID = _LENGTH(16)
_SAMPLE = 64
_TRUE, _FALSE = b"\0\0\0\1\1", b"\0\0\0\1\0"


class _Written(dict[Any, bytes]):
    """Each value's bytes as the server reads them, written once: most columns of a batch hold few different values."""

    __slots__ = ("write",)

    def __init__(self, write: Callable[[Any], bytes]) -> None:
        super().__init__({None: _ABSENT})
        self.write = write

    def __missing__(self, value: Any) -> bytes:
        written = self[value] = self.write(value)
        return written


@contextmanager
def one_events_fault(what: str) -> Iterator[None]:
    """Say of a number too large or a broken text what the server would: one event's fault, so that one parks."""
    try:
        yield
    except (StructError, UnicodeEncodeError) as error:
        raise psycopg.errors.DataException(f"{what}: {type(error).__name__}") from None


def uuids(values: Iterable[UUID | None]) -> Iterable[bytes]:
    return (_ABSENT if value is None else _UUID + value.int.to_bytes(16, "big") for value in values)


def texts(values: Iterable[str | None]) -> Iterable[bytes]:
    known = list(values)
    if len(set(known[:_SAMPLE])) > _SAMPLE // 2:
        # Names and numbers, hardly one twice: remembering each costs three times what writing it does.
        return (_ABSENT if value is None else _text(value) for value in known)
    return map(_Written(_text).__getitem__, known)


def blobs(values: Iterable[bytes | None]) -> Iterable[bytes]:
    return (_ABSENT if value is None else _LENGTH(len(value)) + value for value in values)


def smallints(values: Iterable[int | None]) -> Iterable[bytes]:
    return map(_Written(lambda value: _SMALLINT(2, value)).__getitem__, values)


def integers(values: Iterable[int | None]) -> Iterable[bytes]:
    return map(_Written(lambda value: _INTEGER(4, value)).__getitem__, values)


def bigints(values: Iterable[int | None]) -> Iterable[bytes]:
    return (_ABSENT if value is None else _BIGINT(8, value) for value in values)


def moments(values: Iterable[datetime | None]) -> Iterable[bytes]:
    return map(_Written(_moment).__getitem__, values)


def dates(values: Iterable[date | None]) -> Iterable[bytes]:
    return map(_Written(lambda value: _INTEGER(4, value.toordinal() - _FIRST_DAY)).__getitem__, values)


def booleans(values: Iterable[bool | None]) -> Iterable[bytes]:
    return (_ABSENT if value is None else _TRUE if value else _FALSE for value in values)


def _text(value: str) -> bytes:
    encoded = value.encode()
    return _LENGTH(len(encoded)) + encoded


def _moment(value: datetime) -> bytes:
    since = value - _EPOCH
    return _BIGINT(8, since.days * _DAY + since.seconds * 1_000_000 + since.microseconds)


OF_TYPE: Mapping[str, Callable[[Iterable[Any]], Iterable[bytes]]] = {
    "uuid": uuids,
    "text": texts,
    "bytea": blobs,
    "smallint": smallints,
    "integer": integers,
    "bigint": bigints,
    "timestamptz": moments,
    "timestamp with time zone": moments,
    "date": dates,
    "boolean": booleans,
}
"""By the types' names in PostgreSQL."""
