"""A canary goes to supervision and back every half minute: is the whole way open, and how long does it take?

The times of leaving and of coming back are of one database, so that no clock of another machine is in the figure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import psycopg

from events import store
from events.canary import MISSED_AFTER, CanarySent, canary_stream
from events.canary_return import CanaryReturned
from events.catalogue import decode, encode
from events.envelope import NewEvent, Record
from services.approval.outcome import SOURCE

EVERY = timedelta(seconds=30)
KEPT = timedelta(days=1)


class CanariesFly:
    """An ``Ending`` of the scheduler: sends the next one when the last left half a minute ago."""

    def end(self, connection: psycopg.Connection, now: datetime) -> int:
        with connection.transaction():
            row = connection.execute(
                """SELECT coalesce(max(canary), 0), max(sent_at) > clock_timestamp() - %s FROM canaries""", (EVERY,)
            ).fetchone()
            assert row is not None
            last, recently = row
            if not recently:
                kind, schema, data = encode(CanarySent(canary=last + 1))
                event = NewEvent(canary_stream(SOURCE), last + 1, kind, schema, now, data)
                sent_at = store.append(connection, SOURCE, [event])
                connection.execute("INSERT INTO canaries (canary, sent_at) VALUES (%s, %s)", (last + 1, sent_at))
                connection.execute("DELETE FROM canaries WHERE sent_at < %s", (sent_at - KEPT,))
        return 0


@dataclass(slots=True)
class _Back:
    """The canaries that came back in one batch."""

    canaries: dict[int, datetime] = field(default_factory=dict)

    def apply(self, record: Record) -> None:
        said = decode(record.type, record.schema, record.data)
        assert isinstance(said, CanaryReturned)
        self.canaries[said.canary] = record.recorded_at

    def write(self, connection: psycopg.Connection) -> None:
        for canary, returned_at in self.canaries.items():
            # The first time counts: a reader that begins anew hears of it again, long after.
            connection.execute(
                """UPDATE canaries SET returned_at = %s, back_at = clock_timestamp()
                   WHERE canary = %s AND back_at IS NULL""",
                (returned_at, canary),
            )

    def visible(self) -> Iterator[tuple[str, datetime]]:
        return iter(())


class CanariesBack:
    """A reaction of the approval side."""

    types = frozenset({"canary_returned"})

    def open(self, connection: psycopg.Connection, streams: Sequence[UUID]) -> _Back:
        return _Back()

    def tend(self, connection: psycopg.Connection, partitions: Iterable[int]) -> int:
        return 0


class Flight(NamedTuple):
    """How the canaries fly. ``seconds``: the last one that is back was on its way; ``back_at``: when it came;
    ``waiting_since``: when the oldest left that has not come back since; ``now``: of the same clock."""

    sent: int
    seconds: float | None
    back_at: datetime | None
    waiting_since: datetime | None
    now: datetime

    @property
    def missed(self) -> bool:
        """Whether nothing has come back for so long that the way must be taken for closed."""
        return self.waiting_since is not None and self.now - self.waiting_since > MISSED_AFTER


def flight(connection: psycopg.Connection) -> Flight:
    row = connection.execute(
        """SELECT (SELECT coalesce(max(canary), 0) FROM canaries),
               extract(epoch FROM b.back_at - b.sent_at)::float8, b.back_at,
               (SELECT min(sent_at) FROM canaries c WHERE c.canary > coalesce(b.canary, 0)), clock_timestamp()
           FROM (SELECT 1) AS one
           LEFT JOIN (SELECT * FROM canaries WHERE back_at IS NOT NULL ORDER BY canary DESC LIMIT 1) AS b ON true"""
    ).fetchone()
    assert row is not None
    return Flight(*row)


def last_back(connection: psycopg.Connection) -> tuple[float, datetime | None]:
    """Return how long the newest canary that is back was on its way, and when it came; 0 and None before the first."""
    one = flight(connection)
    return one.seconds or 0.0, one.back_at


def missing_for(connection: psycopg.Connection) -> float | None:
    """Return for how many seconds none has come back of those that left; None when the last one did."""
    one = flight(connection)
    return (one.now - one.waiting_since).total_seconds() if one.waiting_since else None
