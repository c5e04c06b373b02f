"""When a permit of a party is listed, the penalties that may touch a permit of this party are looked at again."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import psycopg

from events import columns
from events.catalogue import DECISIONS
from events.envelope import Record
from services.supervision.penalty_permits import seeks
from services.supervision.penalty_work import Work

AT_ONCE = 100
_PARTY = re.compile(rb'"party_id":"([0-9a-f-]{36})"')
"""Where a party may be named: reading whole decisions once more would slow every push for the sake of a few."""


@dataclass(slots=True)
class RematchingUnit:
    """The decisions of one batch, with the parties that they name. ``write`` comes after the lists were written."""

    now: datetime
    parties: dict[UUID, Record] = field(default_factory=dict)

    def apply(self, record: Record) -> None:
        for party in _PARTY.findall(record.data):
            self.parties[UUID(party.decode())] = record

    def write(self, connection: psycopg.Connection) -> None:
        rows = connection.execute(
            """SELECT penalty, party FROM penalty_queue WHERE party = ANY(%(parties)s)
               UNION SELECT p.penalty, p.party FROM penalties p JOIN penalty_permits m USING (penalty)
                   WHERE p.party = ANY(%(parties)s) AND p.status = 'in_force' AND m.how = 'party'""",
            {"parties": columns.uuids(self.parties)},
        ).fetchall()
        if rows:
            look(connection, {penalty: self.parties[party].id for penalty, party in rows}, self.now)

    def visible(self) -> Iterator[tuple[str, datetime]]:
        return iter(())


class Rematching:
    """A reaction of the supervision side: a permit that is listed may be the one that a penalty seeks."""

    types = DECISIONS

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.clock = clock

    def open(self, connection: psycopg.Connection, streams: Sequence[UUID]) -> RematchingUnit:
        return RematchingUnit(self.clock())

    def tend(self, connection: psycopg.Connection, partitions: Iterable[int]) -> int:
        """Take the second look at what was recorded a minute ago. The caller holds the lease's rows."""
        now = self.clock()
        rows = connection.execute(
            """DELETE FROM penalty_second_looks WHERE penalty IN (
                   SELECT penalty FROM penalty_second_looks WHERE due_at <= %s AND partition = ANY(%s)
                   ORDER BY due_at LIMIT %s)
               RETURNING penalty""",
            (now, list(partitions), AT_ONCE),
        ).fetchall()
        if rows:
            look(connection, dict.fromkeys((row[0] for row in rows), None), now)
        return len(rows)


def look(connection: psycopg.Connection, causes: dict[UUID, UUID | None], now: datetime) -> None:
    """Look for the permits of the penalties ``causes`` once more; record what that changes, each with its cause."""
    work = Work(now)
    work.load(connection, causes)
    for penalty in sorted(causes):
        state = work.penalties[penalty]
        if seeks(state):
            work.look(penalty, afresh=False, causation=causes[penalty])
    work.record(connection)
