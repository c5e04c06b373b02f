"""What Faust delivered and is not applied yet. Of each partition the very next message is taken, and no other: one
before it was applied already, one after it means that something was left out, and kafka-python must read again."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any

from events.envelope import Record
from events.log import Batch
from events.log.kafka.live import record_of


class Arrivals:
    """``room``: how many messages wait at most; what comes beyond them is not kept, and ``take`` says so."""

    def __init__(self, source: str, room: int) -> None:
        self.source = source
        self.room = room
        self.next: dict[int, int] = {}
        """The offset that each partition must bring next."""
        self._waiting: deque[Any] = deque()
        self._overflowed = False

    def __bool__(self) -> bool:
        """Whether there is anything to take, or to say."""
        return bool(self._waiting) or self._overflowed

    def begin(self, cursors: Mapping[int, int]) -> None:
        """Expect exactly ``cursors`` from now on."""
        self.next = dict(cursors)

    def put(self, message: Any) -> None:
        if len(self._waiting) < self.room:
            self._waiting.append(message)
        else:
            self._overflowed = True

    def clear(self) -> None:
        self._waiting.clear()
        self._overflowed = False

    def take(self, limit: int) -> tuple[Batch, str]:
        """Return up to ``limit`` records that follow on what was taken before, and why it must be read again; nothing
        when it need not be."""
        records: list[Record] = []
        after: dict[int, int] = {}
        why = "more came than could be applied" if self._overflowed else ""
        while self._waiting and len(records) < limit:
            message = self._waiting.popleft()
            expected = self.next.get(message.partition)
            if expected is None or message.offset < expected:
                continue
            if message.offset > expected:
                why = "a message was left out"
                break
            records.append(record_of(self.source, message))
            after[message.partition] = self.next[message.partition] = message.offset + 1
        return Batch(records, after), why
