"""Who has a permit, and how far is each push? Folded from the permit's stream of the supervision side. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from events.approval import Said
from events.catalogue import decode
from events.envelope import Record, canonical
from events.oversight import (
    ConsultationOpened,
    MoveReason,
    OpinionGiven,
    PushClosed,
    PushHandled,
    PushMoved,
    PushRead,
    PushReturned,
    PushSigned,
    Receipt,
    RulingMade,
)
from events.supervision import Claim, PushMade, Role
from projections.listed_decision import ListedDecision, read_decision
from projections.push_case import LEAVING, Case, CaseState, delivered


@dataclass(frozen=True, slots=True)
class Consultation:
    """A consultation (会商): who was asked, what they said, and how it was ruled."""

    opened: ConsultationOpened
    opened_at: datetime
    opinions: tuple[tuple[OpinionGiven, datetime], ...] = ()
    ruling: RulingMade | None = None
    ruled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Oversight:
    """A permit under supervision as its events leave it.

    ``departments``: who has it now, the lead first; ``default``: whom the duty list named for it last. ``returns`` and
    ``moves``: how often it was returned, and passed on, since the last ruling. ``pinned``: placed by a ruling or the
    coordinator, and not by the list.
    """

    permit: UUID
    version: int = 0
    cases: Mapping[tuple[int, str], Case] = field(default_factory=dict)
    departments: Mapping[str, Role] = field(default_factory=dict)
    default: Mapping[str, Role] = field(default_factory=dict)
    newest: PushMade | None = None
    newest_version: int = 0
    decided: ListedDecision | None = None
    since: datetime | None = None
    first_claim: Claim | None = None
    returns: int = 0
    moves: int = 0
    pinned: bool = False
    consultations: tuple[Consultation, ...] = ()

    @property
    def lead(self) -> str:
        return next(iter(self.departments), "")

    @property
    def consultation(self) -> Consultation | None:
        """The one that is open."""
        last = self.consultations[-1] if self.consultations else None
        return last if last is not None and last.ruling is None else None


def oversight_of(permit: UUID, records: Iterable[Record]) -> Oversight:
    """Fold a permit's stream of the supervision side."""
    state = Oversight(permit)
    for record in records:
        said = decode(record.type, record.schema, record.data)
        state = evolve(state, said, record.version, record.recorded_at)
    return state


def evolve(state: Oversight, said: Said, version: int, at: datetime) -> Oversight:
    """Fold one event, recorded ``at``. What is none of it (a decision that waits for a duty) only counts."""
    state = replace(state, version=version)
    match said:
        case PushMade():
            return _pushed(state, said, at)
        case Receipt():
            return _received(state, said, at)
        case ConsultationOpened():
            return replace(state, consultations=(*state.consultations, Consultation(said, at)))
        case OpinionGiven():
            return _in_consultation(state, said.number, lambda c: replace(c, opinions=(*c.opinions, (said, at))))
        case RulingMade():
            ruled = replace(state, returns=0, moves=0, pinned=True)
            return _in_consultation(ruled, said.number, lambda c: replace(c, ruling=said, ruled_at=at))
    return state


def _pushed(state: Oversight, said: PushMade, at: datetime) -> Oversight:
    decided = read_decision(said.decision.type, said.decision.schema_version, canonical(said.decision.payload))
    moved = said if isinstance(said, PushMoved) else None
    first = (moved.since, moved.first_claim) if moved else (at, said.claim)
    cases = dict(state.cases)
    for key, case in cases.items():
        if key[1] in said.left and case.state in LEAVING:
            cases[key] = case._replace(state=CaseState.MOVED.value, moved_at=at)
    for one in said.receivers:
        cases[state.version, one.department] = delivered(
            state.permit, state.version, said.decision.version, decided, one.department, one.role, one.push_number,
            said.mode, said.claim, at, first,
        )  # fmt: skip
    departments = {one.department: one.role for one in said.receivers}
    by_list = said.reason in BY_THE_LIST
    settled = said.reason in SETTLING
    return replace(
        state,
        cases=cases,
        departments=departments,
        default=departments if by_list else state.default,
        newest=said,
        newest_version=state.version,
        decided=decided,
        since=first[0],
        first_claim=first[1],
        returns=0 if settled else state.returns,
        moves=0 if settled else state.moves + (moved is not None),
        pinned=said.reason in PINNING or (state.pinned and not by_list),
    )


BY_THE_LIST = frozenset({"decision", "duty_found", MoveReason.RETURNED.value, MoveReason.DUTY_CHANGED.value})
"""Reasons of pushes that went where the duty list said."""
PINNING = frozenset({MoveReason.REASSIGNED.value, MoveReason.RULED.value})
SETTLING = frozenset({MoveReason.RULED.value, MoveReason.DUTY_CHANGED.value})
"""Reasons of moves after which returns are counted anew."""

_AFTER: Mapping[type[Receipt], tuple[CaseState, str]] = {
    PushRead: (CaseState.READ, "read_at"),
    PushSigned: (CaseState.SIGNED, "signed_at"),
    PushReturned: (CaseState.RETURNED, "returned_at"),
    PushHandled: (CaseState.HANDLED, "handled_at"),
    PushClosed: (CaseState.CLOSED, "closed_at"),
}


def _received(state: Oversight, said: Receipt, at: datetime) -> Oversight:
    key = (said.push_version, said.department)
    case = state.cases.get(key)
    if case is None:
        return state
    after, when = _AFTER[type(said)]
    times: dict[str, Any] = {when: at}
    case = case._replace(state=after.value, officer=said.officer, **times)
    if isinstance(said, PushReturned):
        case = case._replace(reason=said.reason.value, text=said.text, candidate=said.candidate)
    elif isinstance(said, PushHandled | PushClosed):
        case = case._replace(text=said.text)
    returns = state.returns + isinstance(said, PushReturned)
    return replace(state, cases={**state.cases, key: case}, returns=returns)


_Change = Callable[[Consultation], Consultation]


def _in_consultation(state: Oversight, number: int, change: _Change) -> Oversight:
    return replace(
        state,
        consultations=tuple(change(one) if one.opened.number == number else one for one in state.consultations),
    )
