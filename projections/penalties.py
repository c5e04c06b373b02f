"""Which penalties are there, which permits do they touch, and which still seek theirs? Rows, folded from events.

An event of a penalty carries the facts as they stand after it, so that each row follows from the newest events alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

from events.catalogue import decode
from events.envelope import Record
from events.penalties import PenaltyMatched, PenaltySaid, PenaltyStatus, PenaltyUnmatched


@dataclass(slots=True)
class PenaltyRows:
    """The changes of some events of penalties, each taken in the order of its stream and written once."""

    said: dict[UUID, list[tuple[int, PenaltySaid]]] = field(default_factory=dict)

    def apply(self, penalty: UUID, version: int, event: PenaltySaid) -> None:
        self.said.setdefault(penalty, []).append((version, event))

    def apply_record(self, record: Record) -> None:
        """Take an event as a ledger or a log has it."""
        event = decode(record.type, record.schema, record.data)
        assert isinstance(event, PenaltySaid)
        self.apply(record.stream, record.version, event)

    def write(self, connection: psycopg.Connection, recorded_at: datetime) -> None:
        """Write the rows in the caller's transaction. A clock in the queue that runs already goes on."""
        with connection.cursor() as cursor:
            for penalty in sorted(self.said, key=lambda one: one.int):
                for version, event in self.said[penalty]:
                    cursor.execute(_PENALTY, _penalty(penalty, version, event, recorded_at))
                    if isinstance(event, PenaltyMatched):
                        _matched(cursor, penalty, event)
                    elif isinstance(event, PenaltyUnmatched):
                        cursor.execute(_WAITS, _waits(penalty, event, recorded_at))
                    elif event.status is not PenaltyStatus.IN_FORCE:
                        cursor.execute("DELETE FROM penalty_queue WHERE penalty = %s", (penalty,))


_PENALTY = """
    INSERT INTO penalties AS p (penalty, version, department, document_number, party, status, settled, decision_date,
        facts, recorded_at, changed_at)
    VALUES (%(penalty)s, %(version)s, %(department)s, %(document_number)s, %(party)s, %(status)s,
        coalesce(%(settled)s, false), %(decision_date)s, %(facts)s, %(at)s, %(at)s)
    ON CONFLICT (penalty) DO UPDATE SET version = excluded.version, party = excluded.party, status = excluded.status,
        settled = coalesce(%(settled)s, p.settled), decision_date = excluded.decision_date, facts = excluded.facts,
        changed_at = excluded.changed_at
"""

_WAITS = """
    INSERT INTO penalty_queue AS q (penalty, party, reason, department, owner, since, sought, candidates)
    VALUES (%(penalty)s, %(party)s, %(reason)s, %(department)s, %(owner)s, %(at)s, %(sought)s, %(candidates)s)
    ON CONFLICT (penalty) DO UPDATE SET reason = excluded.reason, owner = excluded.owner, sought = excluded.sought,
        candidates = excluded.candidates
"""


def _penalty(penalty: UUID, version: int, event: PenaltySaid, at: datetime) -> Mapping[str, Any]:
    facts = event.facts
    settled = event.settled if isinstance(event, PenaltyMatched) else None
    return {
        "penalty": penalty,
        "version": version,
        "department": facts.department,
        "document_number": facts.document_number,
        "party": facts.party.party_id,
        "status": event.status.value,
        "settled": False if isinstance(event, PenaltyUnmatched) else settled,
        "decision_date": facts.decision_date,
        "facts": Jsonb(facts.model_dump(mode="json")),
        "at": at,
    }


def _matched(cursor: psycopg.Cursor, penalty: UUID, event: PenaltyMatched) -> None:
    cursor.execute("DELETE FROM penalty_permits WHERE penalty = %s", (penalty,))
    cursor.executemany(
        """INSERT INTO penalty_permits (permit, penalty, deciding_body, permit_number, how, certificate, confirmed_by)
           VALUES (%s, %s, %s, %s, %s, %s, %s)""",
        [
            (
                one.permit,
                penalty,
                one.deciding_body,
                one.permit_number,
                one.how.value,
                one.certificate,
                one.confirmed_by,
            )
            for one in event.matches
        ],
    )
    if event.settled:
        cursor.execute("DELETE FROM penalty_queue WHERE penalty = %s", (penalty,))


def _waits(penalty: UUID, event: PenaltyUnmatched, at: datetime) -> Mapping[str, Any]:
    return {
        "penalty": penalty,
        "party": event.facts.party.party_id,
        "reason": event.reason,
        "department": event.facts.department,
        "owner": event.owner,
        "at": at,
        "sought": list(event.sought),
        "candidates": Jsonb([one.model_dump(mode="json") for one in event.candidates]),
    }
