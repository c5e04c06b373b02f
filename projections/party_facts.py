"""What is known against a party? One row a fact, each from one stream alone, so that the order between streams is none.

Facts come from the other side's log (penalties, freezes, checks, inspections), and from the approval side's own
decisions, which write theirs with the decision. Whether a fact holds on a day is told when it is read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

import psycopg

from events import columns
from events.approval import Decided, DecisionRetracted, PermitStatus
from events.catalogue import decode, type_name
from events.envelope import Record
from events.penalties import (
    CommitmentChecked,
    CreditRepaired,
    FreezeLapsed,
    FreezeLifted,
    FreezeRequested,
    InspectionRecorded,
    PenaltyAmended,
    PenaltyAnnulled,
    PenaltyImposed,
    PenaltySaid,
    PenaltyStatus,
    RectificationChecked,
)
from events.standing import FactKind

SAID_IN = (
    PenaltyImposed, PenaltyAmended, PenaltyAnnulled, CreditRepaired, FreezeRequested, FreezeLifted, FreezeLapsed,
    CommitmentChecked, InspectionRecorded, RectificationChecked,
)  # fmt: skip


class Fact(NamedTuple):
    """A row of ``party_facts``, in the order of its columns.

    ``holds``: as it was said last, whatever day it is. ``until``: the last day of its effect; ``due``: the last day to
    put right what was found. ``matters``: those it is confined to (none: every matter), or that of its permit.
    """

    fact: UUID
    kind: str
    version: int
    party: UUID
    holds: bool
    since: date
    until: date | None
    due: date | None
    matters: tuple[str, ...]
    permit: UUID | None
    permit_number: str
    source: str
    source_name: str
    document_number: str
    subject: str
    recorded_at: datetime


@dataclass(slots=True)
class PartyFactsUnit:
    """The facts of one batch, the newest of each stream."""

    facts: dict[UUID, Fact] = field(default_factory=dict)

    def apply(self, record: Record) -> None:
        said = decode(record.type, record.schema, record.data)
        fact = _fact(record, said)
        if fact is not None:
            self.facts[record.stream] = _after(self.facts.get(record.stream), fact)

    def write(self, connection: psycopg.Connection) -> None:
        write(connection, self.facts)

    def visible(self) -> Iterator[tuple[str, datetime]]:
        return iter(())


class PartyFacts:
    """A reaction of the approval side: what supervision says of a party stands where the clerk looks."""

    types = frozenset(map(type_name, SAID_IN))

    def open(self, connection: psycopg.Connection, streams: Sequence[UUID]) -> PartyFactsUnit:
        return PartyFactsUnit()

    def tend(self, connection: psycopg.Connection, partitions: Iterable[int]) -> int:
        return 0


def _fact(record: Record, said: Any) -> Fact | None:
    match said:
        case PenaltySaid(facts=facts):
            return Fact(
                record.stream, FactKind.PENALTY.value, record.version, facts.party.party_id,
                said.status is PenaltyStatus.IN_FORCE, facts.decision_date, facts.valid_to, None, (), None, "",
                facts.department, facts.department_name, facts.document_number,
                "；".join(filter(None, (facts.penalty_kind, facts.violation_kind))), record.recorded_at,
            )  # fmt: skip
        case FreezeRequested() | FreezeLifted() | FreezeLapsed():
            return Fact(
                record.stream, FactKind.FREEZE.value, record.version, said.party.party_id,
                isinstance(said, FreezeRequested), said.requested_on, said.until, None, said.matters, None, "",
                said.department, said.department_name, said.document_number, said.reason, record.recorded_at,
            )  # fmt: skip
        case CommitmentChecked():
            return _of_permit(record, said, FactKind.FAILED_COMMITMENT, not said.passed, said.checked_on, None)
        case InspectionRecorded():
            if said.rectification_due is None:
                return None
            return _of_permit(
                record, said, FactKind.RECTIFICATION, True, said.inspected_on, said.rectification_due, said.problems
            )
        case RectificationChecked():
            return _of_permit(
                record, said, FactKind.RECTIFICATION, not said.passed, said.checked_on, said.rectification_due
            )
    return None


def _of_permit(
    record: Record, said: Any, kind: FactKind, holds: bool, since: date, due: date | None, subject: str = ""
) -> Fact:
    return Fact(
        record.stream, kind.value, record.version, said.party.party_id, holds, since, None, due, (said.matter_code,),
        said.permit, said.permit_number, said.department, said.department_name, "", subject or said.facts,
        record.recorded_at,
    )  # fmt: skip


def _after(before: Fact | None, fact: Fact) -> Fact:
    """Return ``fact`` as it follows on ``before``: a check names no new last day where the old one stays, and what is
    to be put right stands since it was found. ``_CHANGED`` says the same for the row."""
    if before is None or fact.kind != FactKind.RECTIFICATION:
        return fact
    return fact._replace(since=min(before.since, fact.since), due=fact.due or before.due)


def of_decision(permit: UUID, version: int, said: Decided, recorded_at: datetime) -> Fact | None:
    """Return the fact that a decision of our own makes, or may undo: a permit is revoked, annulled, or no longer so."""
    ended = said.status in (PermitStatus.REVOKED, PermitStatus.ANNULLED)
    if not ended and not isinstance(said, DecisionRetracted):
        return None
    facts = said.facts
    kind = FactKind.PERMIT_ANNULLED if said.status is PermitStatus.ANNULLED else FactKind.PERMIT_REVOKED
    return Fact(
        permit, kind.value, version, facts.party.party_id, ended, said.decision_date, None, None, (facts.matter_code,),
        permit, facts.permit_number, facts.deciding_body, facts.deciding_body_name, facts.document_number,
        said.reason or said.legal_basis, recorded_at,
    )  # fmt: skip


_TYPES: Mapping[str, str] = {
    "fact": "uuid", "kind": "text", "version": "integer", "party": "uuid", "holds": "boolean", "since": "date",
    "until": "date", "due": "date", "matters": "text", "permit": "uuid", "permit_number": "text", "source": "text",
    "source_name": "text", "document_number": "text", "subject": "text", "recorded_at": "timestamptz",
}  # fmt: skip
_NAMES = ", ".join(Fact._fields)
_ARRAYS = ", ".join(f"%s::{kind}[]" for kind in _TYPES.values())
_READ = ", ".join("string_to_array(c.matters, ' ')" if name == "matters" else f"c.{name}" for name in Fact._fields)
_KEPT = {
    "since": "CASE excluded.kind WHEN 'rectification' THEN least(party_facts.since, excluded.since)"
    " ELSE excluded.since END",
    "due": "coalesce(excluded.due, party_facts.due)",
}
_CHANGED = ", ".join(f"{name} = {_KEPT.get(name, f'excluded.{name}')}" for name in Fact._fields if name != "fact")
_UPSERT = f"""INSERT INTO party_facts ({_NAMES}) SELECT {_READ} FROM unnest({_ARRAYS}) AS c ({_NAMES})
    ON CONFLICT (fact) DO UPDATE SET {_CHANGED} WHERE party_facts.version < excluded.version"""


def write(connection: psycopg.Connection, facts: Mapping[UUID, Fact]) -> None:
    """Write ``facts``. One that is older than what stands changes nothing."""
    if facts:
        rows = [facts[stream] for stream in sorted(facts, key=lambda one: one.int)]
        values = [row._replace(matters=" ".join(row.matters)) for row in rows]  # type: ignore[arg-type]
        connection.execute(_UPSERT.encode(), columns.of_rows(_TYPES.values(), values))


def known_of(connection: psycopg.Connection, party: UUID) -> list[Fact]:
    """Return all that was ever known against a party, the newest first."""
    query = f"SELECT {_NAMES} FROM party_facts WHERE party = %s ORDER BY since DESC, fact"
    found = [Fact(*row) for row in connection.execute(query.encode(), (party,))]
    return [fact._replace(matters=tuple(fact.matters)) for fact in found]
