"""What one attempt of the desk of penalties has decided: penalties as they were loaded, then as the new events leave
them; recorded at the end in one go, with the rows that follow.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from uuid import UUID

import psycopg

from events import columns, store
from events.catalogue import decode, encode
from events.envelope import NewEvent, Record, partition_of
from events.penalties import PenaltyEvent
from events.store import Lane, VersionConflict
from projections.penalties import PenaltyRows
from services.supervision import penalty as life
from services.supervision import penalty_permits as permits
from services.supervision.penalty import Penalty
from services.supervision.penalty_matching import PermitOfParty, match
from services.supervision.penalty_outcome import SOURCE
from services.working_days import CHINA, china_day

SECOND_LOOK = timedelta(seconds=60)
"""A permit that was being listed while its party's penalty was being recorded is seen by neither; a minute later it is
there. No transaction that writes lists lasts that long."""

_SEALING = frozenset({"penalty_imposed", "penalty_amended"})
"""The events that seal what is personal about a penalty; the others carry it on."""

Number = tuple[str, str]
"""A department and the number of its document: a penalty has one, and no two have the same."""


@dataclass(slots=True)
class Work:
    """What one attempt has loaded and decided so far. ``permits``: those of each party, from the watch lists."""

    now: datetime
    numbers: dict[Number, UUID] = field(default_factory=dict)
    penalties: dict[UUID, Penalty] = field(default_factory=dict)
    sealed: dict[UUID, bytes | None] = field(default_factory=dict)
    permits: dict[UUID, dict[UUID, PermitOfParty]] = field(default_factory=dict)
    events: list[NewEvent] = field(default_factory=list)
    rows: PenaltyRows = field(default_factory=PenaltyRows)

    @property
    def today(self) -> date:
        return china_day(self.now)

    def load(self, connection: psycopg.Connection, penalties: Iterable[UUID], numbers: Iterable[Number] = ()) -> None:
        """Take in ``penalties`` and those with one of ``numbers``, and the permits of their parties.

        Their rows stay locked to the end of the transaction, so that who looks for permits in the same moment waits.
        """
        wanted = sorted(set(numbers))
        rows = connection.execute(
            # Both ways by their index: one condition with an OR in it would read every penalty there is.
            """SELECT p.department, p.document_number, p.penalty, p.party FROM penalties p
               WHERE p.penalty IN (
                   SELECT unnest(%s::uuid[])
                   UNION SELECT n.penalty FROM penalties n JOIN unnest(%s::text[], %s::text[])
                       AS t (department, document_number) USING (department, document_number))
               ORDER BY p.penalty FOR UPDATE OF p""",
            (
                columns.uuids(penalties),
                columns.texts(one[0] for one in wanted),
                columns.texts(one[1] for one in wanted),
            ),
        ).fetchall()
        self.numbers |= {(department, number): penalty for department, number, penalty, _ in rows}
        for penalty, records in store.load_streams(connection, SOURCE, self.numbers.values()).items():
            self.penalties[penalty] = fold(records)
            self.sealed[penalty] = next((r.personal for r in reversed(records) if r.type in _SEALING), None)
        self.load_permits(connection, (row[3] for row in rows))

    def load_permits(self, connection: psycopg.Connection, parties: Iterable[UUID]) -> None:
        """Take in the permits of ``parties`` that stand on any watch list."""
        wanted = set(parties) - self.permits.keys()
        self.permits |= {party: {} for party in wanted}
        rows = connection.execute(
            """WITH listed AS MATERIALIZED (
                   SELECT DISTINCT ON (permit) party, permit, deciding_body, permit_number, certificate_name,
                          document_number, status = 'valid' AS valid
                   FROM watch_list WHERE party = ANY(%s) ORDER BY permit, push_version DESC)
               SELECT listed.*, (first.data::jsonb #>> '{decision,payload,decision_date}')::date
               FROM listed LEFT JOIN LATERAL (
                   SELECT data FROM ledger WHERE stream = permit AND version = 1
                   UNION ALL SELECT data FROM outbox WHERE stream = permit AND version = 1) AS first ON true""",
            (columns.uuids(wanted),),
        )
        for party, *permit in rows:
            found = PermitOfParty(*permit)
            self.permits[party][found.permit] = found

    def note(
        self, penalty: UUID, event: PenaltyEvent, on: date | None, sealed: bytes | None, causation: UUID | None = None
    ) -> tuple[int, str]:
        """Add what was decided about a penalty. ``on``: its legal day; None when it follows from what was recorded."""
        before = self.penalties.get(penalty, Penalty())
        version = before.version + 1
        self.penalties[penalty] = life.evolve(before, version, event)
        kind, schema, data = encode(event)
        if kind in _SEALING:
            self.sealed[penalty] = sealed
        at = datetime.combine(on, time(), CHINA) if on else self.now
        self.events.append(NewEvent(penalty, version, kind, schema, at, data, sealed, causation=causation))
        self.rows.apply(penalty, version, event)
        return version, kind

    def look(self, penalty: UUID, *, afresh: bool, causation: UUID | None = None) -> list[tuple[int, str]]:
        """Look for the permits of a penalty, ``afresh`` or keeping what was named before; note what that changes."""
        state = self.penalties[penalty]
        assert state.facts is not None
        party = self.permits[state.facts.party.party_id].values()
        found = match(state.facts.certificates, party, state.facts.decision_date)
        if not afresh:
            found = permits.keeping(state, found)
        return [
            self.note(penalty, event, None, self.sealed[penalty], causation) for event in permits.look(state, found)
        ]

    def record(self, connection: psycopg.Connection, lane: Lane = Lane.LIVE) -> None:
        """Record it in the caller's transaction; ``VersionConflict`` when others came first."""
        if not self.events:
            return
        recorded_at = store.append(connection, SOURCE, self.events, lane=lane)
        try:
            self.rows.write(connection, recorded_at)
        except psycopg.errors.UniqueViolation:
            raise VersionConflict from None  # somebody recorded the same number while we decided

    def look_again(self, connection: psycopg.Connection) -> None:
        """Have those that wait looked at once more in a minute."""
        waiting = sorted(penalty for penalty, state in self.penalties.items() if state.waiting)
        if not waiting:
            return
        connection.execute(
            """INSERT INTO penalty_second_looks (penalty, partition, due_at)
               SELECT p, n, %s FROM unnest(%s::uuid[], %s::smallint[]) AS t (p, n)
               ON CONFLICT (penalty) DO UPDATE SET due_at = excluded.due_at""",
            (
                self.now + SECOND_LOOK,
                columns.uuids(waiting),
                columns.smallints(partition_of(penalty) for penalty in waiting),
            ),
        )


def fold(records: Sequence[Record]) -> Penalty:
    """Fold a penalty's records into its state."""
    penalty = Penalty()
    for record in records:
        event = decode(record.type, record.schema, record.data)
        assert isinstance(event, PenaltyEvent)
        penalty = life.evolve(penalty, record.version, event)
    return penalty
