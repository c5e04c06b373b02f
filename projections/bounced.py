"""Which decisions reached nobody, or came back? One small row for each permit that somebody must look after.

``waiting``: no duty covers the decision, and none has been found since. ``returned``: a department has sent the push
back, and none has signed since. Both follow from the permit's own stream of pushes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

import psycopg

from events import columns
from events.envelope import Record


class Why(StrEnum):
    WAITING = "waiting"
    RETURNED = "returned"


_RAISED: Mapping[str, Why] = {"exception_raised": Why.WAITING, "push_returned": Why.RETURNED}
_SETTLED = frozenset({"push_made", "push_signed", "push_handled", "push_closed", "ruling_made"})


class Bounced(NamedTuple):
    """A permit whose push waits or came back, and since when."""

    permit: UUID
    why: Why
    since: datetime


@dataclass(slots=True)
class BouncedUnit:
    """The newest word about each permit of one batch; None where it is looked after."""

    last: dict[UUID, tuple[Why, datetime] | None] = field(default_factory=dict)

    def apply(self, record: Record) -> None:
        why = _RAISED.get(record.type)
        self.last[record.stream] = (why, record.recorded_at) if why else None

    def write(self, connection: psycopg.Connection) -> None:
        settled = [permit for permit, raised in self.last.items() if raised is None]
        if settled:
            connection.execute("DELETE FROM bounced WHERE permit = ANY(%s)", (columns.uuids(settled),))
        raised = [(permit, one[0].value, one[1]) for permit, one in sorted(self.last.items()) if one is not None]
        if raised:
            connection.execute(
                """INSERT INTO bounced (permit, body, why, since)
                   SELECT r.permit, p.body, r.why, r.since
                   FROM unnest(%s::uuid[], %s::text[], %s::timestamptz[]) AS r (permit, why, since)
                   JOIN LATERAL (SELECT body FROM published WHERE permit = r.permit ORDER BY version DESC LIMIT 1) AS p
                        ON true
                   ON CONFLICT (permit) DO UPDATE SET why = excluded.why, since = excluded.since""",
                columns.of_rows(("uuid", "text", "timestamptz"), raised),
            )

    def visible(self) -> Iterator[tuple[str, datetime]]:
        return iter(())


class Bouncing:
    """A reaction of the approval side."""

    types = frozenset(_RAISED) | _SETTLED

    def open(self, connection: psycopg.Connection, streams: Sequence[UUID]) -> BouncedUnit:
        return BouncedUnit()

    def tend(self, connection: psycopg.Connection, partitions: Iterable[int]) -> int:
        return 0


def bounced_counts(connection: psycopg.Connection, body: str) -> dict[str, int]:
    """Return how many permits of ``body`` wait and how many came back."""
    rows = connection.execute("SELECT why, count(*) FROM bounced WHERE body = %s GROUP BY why", (body,))
    counts: dict[str, int] = dict.fromkeys(Why, 0)
    return counts | dict(rows.fetchall())


def oldest_bounced(connection: psycopg.Connection, body: str, limit: int) -> list[Bounced]:
    """Return those of ``body`` that have been so for longest."""
    rows = connection.execute(
        "SELECT permit, why, since FROM bounced WHERE body = %s ORDER BY since, permit LIMIT %s", (body, limit)
    )
    return [Bounced(permit, Why(why), since) for permit, why, since in rows]
