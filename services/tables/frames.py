"""What the process that reads tables and the one that asks for rows say to one another: JSON, each with its length."""

from __future__ import annotations

from typing import Any, BinaryIO, Protocol

import orjson

LONGEST = 64 * 1024 * 1024


class Source(Protocol):
    def read(self, length: int, /) -> bytes:
        """Return so many bytes; fewer at the end."""
        ...


def say(to: BinaryIO, said: Any) -> None:
    content = orjson.dumps(said)
    left = memoryview(len(content).to_bytes(4, "big") + content)
    while left:
        left = left[to.write(left) :]
    to.flush()


def hear(source: Source) -> Any:
    """Return what was said next; ``EOFError`` when nobody says any more."""
    length = int.from_bytes(_whole(source, 4), "big")
    if length > LONGEST:
        raise EOFError
    return orjson.loads(_whole(source, length))


def _whole(source: Source, length: int) -> bytes:
    content = source.read(length)
    if len(content) < length:
        raise EOFError
    return content
