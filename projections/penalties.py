"""Which penalties are there, which permits do they touch, and which still seek theirs? Rows, folded from events.

An event of a penalty carries the facts as they stand after it, so that each row follows from the newest events alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import psycopg

from events import columns
from events.catalogue import decode
from events.envelope import Record, canonical
from events.penalties import PenaltyMatched, PenaltySaid, PenaltyStatus, PenaltyUnmatched


@dataclass(slots=True)
class PenaltyRows:
    """The changes of some events of penalties, taken in the order of each stream and written at once.

    ``settled``, ``matched`` and ``waits`` hold only what the events say anew; ``waits`` None: it waits no more.
    """

    newest: dict[UUID, tuple[int, PenaltySaid]] = field(default_factory=dict)
    settled: dict[UUID, bool] = field(default_factory=dict)
    matched: dict[UUID, PenaltyMatched] = field(default_factory=dict)
    waits: dict[UUID, PenaltyUnmatched | None] = field(default_factory=dict)

    def apply(self, penalty: UUID, version: int, event: PenaltySaid) -> None:
        self.newest[penalty] = version, event
        if isinstance(event, PenaltyMatched):
            self.matched[penalty] = event
            self.settled[penalty] = event.settled
            if event.settled:
                self.waits[penalty] = None
        elif isinstance(event, PenaltyUnmatched):
            self.waits[penalty] = event
            self.settled[penalty] = False
        elif event.status is not PenaltyStatus.IN_FORCE:
            self.waits[penalty] = None

    def apply_record(self, record: Record) -> None:
        """Take an event as a ledger or a log has it."""
        event = decode(record.type, record.schema, record.data)
        assert isinstance(event, PenaltySaid)
        self.apply(record.stream, record.version, event)

    def write(self, connection: psycopg.Connection, recorded_at: datetime) -> None:
        """Write the rows in the caller's transaction. A clock in the queue that runs already goes on."""
        self._write_penalties(connection, recorded_at)
        if self.matched:
            self._write_permits(connection)
        if gone := sorted(penalty for penalty, waits in self.waits.items() if waits is None):
            connection.execute("DELETE FROM penalty_queue WHERE penalty = ANY(%s)", (columns.uuids(gone),))
        if waiting := {penalty: waits for penalty, waits in self.waits.items() if waits is not None}:
            _write_queue(connection, waiting, recorded_at)

    def _write_penalties(self, connection: psycopg.Connection, recorded_at: datetime) -> None:
        said = [(penalty, *self.newest[penalty]) for penalty in _in_order(self.newest)]
        facts = [event.facts for _, _, event in said]
        connection.execute(
            """INSERT INTO penalties AS p (penalty, version, department, document_number, party, status, settled,
                   decision_date, facts, recorded_at, changed_at)
               SELECT i, v, d, n, pa, st, se, da, f::jsonb, %(at)s, %(at)s
               FROM unnest(%(penalty)s::uuid[], %(version)s::integer[], %(department)s::text[], %(number)s::text[],
                   %(party)s::uuid[], %(status)s::text[], %(settled)s::boolean[], %(decided)s::date[],
                   %(facts)s::text[]) AS t (i, v, d, n, pa, st, se, da, f)
               ON CONFLICT (penalty) DO UPDATE SET version = excluded.version, party = excluded.party,
                   status = excluded.status, decision_date = excluded.decision_date, facts = excluded.facts,
                   settled = CASE WHEN p.penalty = ANY(%(kept)s::uuid[]) THEN p.settled ELSE excluded.settled END,
                   changed_at = excluded.changed_at""",
            {
                "at": recorded_at,
                "penalty": columns.uuids(penalty for penalty, _, _ in said),
                "version": columns.integers(version for _, version, _ in said),
                "department": columns.texts(one.department for one in facts),
                "number": columns.texts(one.document_number for one in facts),
                "party": columns.uuids(one.party.party_id for one in facts),
                "status": columns.texts(event.status.value for _, _, event in said),
                "settled": columns.booleans(self.settled.get(penalty, False) for penalty, _, _ in said),
                "decided": columns.dates(one.decision_date for one in facts),
                "facts": columns.utf8(canonical(one.model_dump(mode="json")) for one in facts),
                "kept": columns.uuids(penalty for penalty, _, _ in said if penalty not in self.settled),
            },
        )

    def _write_permits(self, connection: psycopg.Connection) -> None:
        penalties = _in_order(self.matched)
        connection.execute("DELETE FROM penalty_permits WHERE penalty = ANY(%s)", (columns.uuids(penalties),))
        rows = [
            (
                penalty, one.permit, one.deciding_body, one.permit_number, one.how.value, one.certificate,
                one.confirmed_by,
            )
            for penalty in penalties
            for one in self.matched[penalty].matches
        ]  # fmt: skip
        if rows:
            connection.execute(
                """INSERT INTO penalty_permits (penalty, permit, deciding_body, permit_number, how, certificate,
                       confirmed_by)
                   SELECT * FROM unnest(%s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::text[], %s::text[],
                       %s::text[])""",
                columns.of_rows(("uuid", "uuid", *["text"] * 5), rows),
            )


def _write_queue(connection: psycopg.Connection, waiting: dict[UUID, PenaltyUnmatched], recorded_at: datetime) -> None:
    said = [(penalty, waiting[penalty]) for penalty in _in_order(waiting)]
    connection.execute(
        """INSERT INTO penalty_queue AS q (penalty, party, reason, department, owner, since, sought, candidates)
           SELECT i, p, r, d, o, %s, ARRAY(SELECT jsonb_array_elements_text(s::jsonb)), c::jsonb
           FROM unnest(%s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[])
               AS t (i, p, r, d, o, s, c)
           ON CONFLICT (penalty) DO UPDATE SET reason = excluded.reason, owner = excluded.owner,
               sought = excluded.sought, candidates = excluded.candidates""",
        (
            recorded_at,
            columns.uuids(penalty for penalty, _ in said),
            columns.uuids(event.facts.party.party_id for _, event in said),
            columns.texts(event.reason for _, event in said),
            columns.texts(event.facts.department for _, event in said),
            columns.texts(event.owner for _, event in said),
            columns.utf8(canonical(list(event.sought)) for _, event in said),
            columns.utf8(canonical([one.model_dump(mode="json") for one in event.candidates]) for _, event in said),
        ),
    )


def _in_order(penalties: Iterable[UUID]) -> list[UUID]:
    """Return ``penalties`` in the order of their ids: all writers lock rows in the same one."""
    return sorted(penalties, key=lambda one: one.int)
