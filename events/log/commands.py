"""The seam to bureaus that have a broker: their commands come in by one topic, replies go out to one topic a bureau."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from events.log import LogIdentity

TOPIC = "linkage.approval.commands"
READER = "commands"
"""Whose bookmark, heartbeat and lag those of the intake are."""


@dataclass(frozen=True, slots=True)
class Command:
    """A record as somebody put it there: nothing about it is known to be true. ``offset`` is its place for ever."""

    partition: int
    offset: int
    sent_at: datetime
    headers: Mapping[str, bytes]
    value: bytes


@dataclass(frozen=True, slots=True)
class Reply:
    """What became of the command ``command`` of ``bureau``, as canonical JSON.

    ``id`` follows from the command's place in the topic: by it a reply that is published twice is known.
    """

    id: UUID
    bureau: str
    command: str
    answered_at: datetime
    answer: bytes


class Commands(Protocol):
    """The topic of commands, read from the caller's cursors. Raises what a ``Log`` raises."""

    source: str
    name: str

    def identity(self) -> LogIdentity: ...

    def read(
        self, cursors: Mapping[int, int], limit: int, timeout: float = 0.0
    ) -> tuple[Sequence[Command], Mapping[int, int]]:
        """Return up to ``limit`` commands, in order within each partition, and the cursors after them.

        Cursors may have moved without a command: nothing that was said lies before them.
        """
        ...

    def head(self) -> Mapping[int, int]: ...

    def beginning(self) -> Mapping[int, int]: ...

    def unread(self, cursors: Mapping[int, int]) -> Mapping[int, int]: ...

    def oldest_unread_at(self, cursors: Mapping[int, int]) -> datetime | None: ...

    def close(self) -> None: ...


class Replies(Protocol):
    """Where the bureaus' replies go."""

    def publish(self, bureau: str, replies: Sequence[Reply]) -> None:
        """Make the bureau's topic if need be, and return once all replies are durable there. ``LogUnavailable``: some,
        all or none are."""
        ...

    def close(self) -> None: ...
