"""The log: the one seam between the two services.

The relay publishes a ledger to it, projectors read from it. Two logs keep this promise: the ledger itself read across
(``embedded``), and Kafka. ``tests/test_log_contract.py`` runs the same sentences against both.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, Self

from events.envelope import Record
from events.numbers import Run


@dataclass(frozen=True, slots=True)
class LogIdentity:
    """Which log this is. With another identity, saved cursors mean nothing (disk lost, topic recreated)."""

    log: str
    cluster: str
    topic: str


@dataclass(frozen=True, slots=True)
class Batch:
    """Records in order within each partition, and where each partition resumes after them.

    ``cursors`` may name partitions without records: nothing of theirs lies before that cursor.
    """

    records: Sequence[Record]
    cursors: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Announcement:
    """What a service says of itself every few seconds, so that silence is told from quiet.

    ``announced_at`` is the announcing database's clock. ``applied`` maps a source to the lowest ledger position that
    every partition of this service's readers has passed: after a disk loss the relay goes back to it. ``reached`` maps
    it to the highest one that any has applied: the other side admits bulk work by it. ``checkpoint``: its ledger's
    newest signed checkpoint, as ``events.proof.spoken`` reads it; None before the first. ``uncarried``: how many of its
    ledger's events the relay has not brought into the log; 0 where the ledger itself is the log.
    """

    source: str
    announced_at: datetime
    outbox_pending: int
    outbox_oldest_at: datetime | None
    ledger_head: int
    ledger_head_at: datetime | None
    applied: Mapping[str, int] = field(default_factory=dict)
    reached: Mapping[str, int] = field(default_factory=dict)
    checkpoint: Mapping[str, Any] | None = None
    uncarried: int = 0
    uncarried_oldest_at: datetime | None = None

    def as_said(self) -> dict[str, Any]:
        """Return what is written for the other side, whichever log carries it: JSON values, without who and when."""
        return {
            "outbox_pending": self.outbox_pending,
            "outbox_oldest_at": self.outbox_oldest_at and self.outbox_oldest_at.isoformat(),
            "ledger_head": self.ledger_head,
            "ledger_head_at": self.ledger_head_at and self.ledger_head_at.isoformat(),
            "applied": dict(self.applied),
            "reached": dict(self.reached),
            "checkpoint": self.checkpoint,
            "uncarried": self.uncarried,
            "uncarried_oldest_at": self.uncarried_oldest_at and self.uncarried_oldest_at.isoformat(),
        }

    @classmethod
    def read(cls, source: str, announced_at: datetime, said: Mapping[str, Any]) -> Self:
        """Read what ``as_said`` wrote. ``ValueError``, ``KeyError`` or ``TypeError`` for what another program wrote."""
        return cls(
            source=source,
            announced_at=announced_at,
            outbox_pending=said["outbox_pending"],
            outbox_oldest_at=_moment(said["outbox_oldest_at"]),
            ledger_head=said["ledger_head"],
            ledger_head_at=_moment(said["ledger_head_at"]),
            applied=said["applied"],
            reached=said["reached"],
            checkpoint=said.get("checkpoint"),
            # A side of an earlier release does not say it.
            uncarried=said.get("uncarried", 0),
            uncarried_oldest_at=_moment(said.get("uncarried_oldest_at")),
        )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


class Log(Protocol):
    """One direction of the linkage: the ledger of one source, as its readers see it."""

    source: str
    name: str
    """How bookmarks call this log. The same for ever, whatever becomes of its cluster or topic."""
    partitions: int

    def identity(self) -> LogIdentity:
        """Return which log this is. For who takes bookmarks: from now on reading is about that one, and no other."""
        ...

    def read(self, cursors: Mapping[int, int], limit: int, timeout: float = 0.0) -> Batch:
        """Return up to about ``limit`` records from ``cursors`` on; wait at most ``timeout`` seconds for the first."""
        ...

    def head(self) -> Mapping[int, int]:
        """Return, for each partition, the cursor after its last record."""
        ...

    def beginning(self) -> Mapping[int, int]:
        """Return, for each partition, the cursor of the first record that is still there."""
        ...

    def unread(self, cursors: Mapping[int, int]) -> Mapping[int, int]:
        """Return how many records lie at or after each cursor, for the partitions that have any."""
        ...

    def oldest_unread_at(self, cursors: Mapping[int, int]) -> datetime | None:
        """Return when the first record at or after ``cursors`` was recorded, or None when there is none."""
        ...

    def numbered(self, runs: Sequence[Run]) -> Sequence[Record] | None:
        """Return the records that the source's ledger has under these numbers, for who misses some of them. None where
        a log is not read by number: then its relay sends them again when it is asked to."""
        ...

    def announce(self, announcement: Announcement) -> None: ...

    def announcement(self) -> Announcement | None:
        """Return the newest announcement of this log's source, or None when it never spoke."""
        ...

    def close(self) -> None: ...


class Publisher(Protocol):
    """Where a relay puts records. Only a log that is not the ledger itself needs one."""

    def identity(self) -> LogIdentity: ...

    def head(self) -> Mapping[int, int]:
        """Return, for each partition, the cursor after its last record."""
        ...

    def publish(self, records: Sequence[Record]) -> Mapping[int, int]:
        """Write the records in order and return, once all are durable, the cursor after the last one per partition."""
        ...

    def close(self) -> None: ...


class LogUnavailable(Exception):
    """The log cannot be reached now. Nothing is lost: back off and try again from the same cursors."""


class CursorsOutOfRange(Exception):
    """The cursors mean nothing in this log now: it was made anew, lost its end, or no longer keeps what lay there.

    Take the bookmarks anew: with the identity that the log has now, and at its beginning where a cursor lies before
    the beginning or after the head. Versions skip what was applied before.
    """


@contextmanager
def closing_log(log: Log) -> Iterator[Log]:
    try:
        yield log
    finally:
        log.close()
