"""What became of one permit, decision by decision, and who was told of each when: read from its stream here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import pairwise
from typing import Any
from uuid import UUID

import psycopg

from events import store
from events.approval import Decided, DecisionRetracted, PermitFacts, RuleMet
from events.catalogue import decode
from events.envelope import Record, canonical
from events.supervision import CarriedDecision, ExceptionRaised, PushMade

SOURCE = "supervision"


@dataclass(frozen=True, slots=True)
class Told:
    """A department that a push reached, or that the push took the permit away from (``left``)."""

    push_version: int
    department: str
    role: str
    push_number: int | None
    at: datetime
    reason: str
    left: bool = False


@dataclass(frozen=True, slots=True)
class Waited:
    """The decision found no duty and waited in the exception queue."""

    reason: str
    owner: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Change:
    """A public fact that differs from the decision before. The name is a path such as ``party.label``."""

    fact: str
    before: Any
    after: Any


@dataclass(slots=True)
class Happened:
    """One decision: ``version`` in its bureau's stream, when it was taken, when the bureau recorded it. ``personal``:
    what was sealed with it, which nobody here can open."""

    version: int
    type: str
    decided: Decided
    recorded_at: datetime
    personal: bytes | None = field(default=None, repr=False)
    changes: Sequence[Change] = ()
    told: list[Told] = field(default_factory=list)
    waited: Waited | None = None


@dataclass(frozen=True, slots=True)
class History:
    """``happened`` in the bureau's order, oldest first; never empty."""

    permit: UUID
    happened: Sequence[Happened]

    @property
    def now(self) -> Decided:
        return self.happened[-1].decided

    def responsible(self) -> Mapping[str, str]:
        """Return who has the permit now: department → role, from the newest push."""
        told = [one for each in self.happened for one in each.told]
        newest = max((one.push_version for one in told), default=0)
        return {one.department: one.role for one in told if one.push_version == newest and not one.left}

    def flagged(self) -> list[RuleMet]:
        """Return every rule change that a decision which stands has met, each once."""
        gone = {one.decided.retracted_version for one in self.happened if isinstance(one.decided, DecisionRetracted)}
        standing = (one.decided for one in self.happened if one.version not in gone)
        return list({(met.rule, met.ground): met for decided in standing for met in decided.flagged}.values())

    def expired(self, today: date) -> bool:
        ends = self.now.facts.valid_to
        return self.now.status == "valid" and ends is not None and ends < today


def history_of(connection: psycopg.Connection, permit: UUID) -> History | None:
    """Return the history of a permit, or None when no decision of it has come."""
    records = store.load_streams(connection, SOURCE, [permit])[permit]
    happened: dict[int, Happened] = {}
    for record in records:
        _take(record, happened)
    if not happened:
        return None
    ordered = [happened[version] for version in sorted(happened)]
    for before, after in pairwise(ordered):
        after.changes = changes(before.decided.facts, after.decided.facts)
    return History(permit, ordered)


def _take(record: Record, happened: dict[int, Happened]) -> None:
    said = decode(record.type, record.schema, record.data)
    if isinstance(said, PushMade):
        one = _decision(said.decision, record, happened)
        at = record.recorded_at
        one.told += [
            Told(record.version, r.department, r.role.value, r.push_number, at, said.reason) for r in said.receivers
        ]
        one.told += [Told(record.version, code, "", None, at, said.reason, left=True) for code in said.left]
    elif isinstance(said, ExceptionRaised):
        waited = Waited(said.reason, said.owner, record.recorded_at)
        _decision(said.decision, record, happened).waited = waited


def _decision(carried: CarriedDecision, carrier: Record, happened: dict[int, Happened]) -> Happened:
    if carried.version not in happened:
        decided = decode(carried.type, carried.schema_version, canonical(carried.payload))
        assert isinstance(decided, Decided)
        happened[carried.version] = Happened(
            carried.version, carried.type, decided, carried.recorded_at, carrier.personal
        )  # fmt: skip
    return happened[carried.version]


def changes(before: PermitFacts, after: PermitFacts) -> list[Change]:
    """Return the public facts that differ, in the order in which a permit states them."""
    old, new = _flat(before.model_dump(mode="json")), _flat(after.model_dump(mode="json"))
    names = [name for name in new if name != "party.party_id"] + [name for name in old if name not in new]
    return [Change(name, old.get(name), new.get(name)) for name in names if old.get(name) != new.get(name)]


def _flat(facts: Mapping[str, Any], path: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in facts.items():
        flat |= _flat(value, f"{path}{name}.") if isinstance(value, dict) else {f"{path}{name}": value}
    return flat
