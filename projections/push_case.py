"""A push in one department: what it opens there, its clock, and how far it can get. Pure."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from events.supervision import Claim, Mode, Role
from projections.listed_decision import ListedDecision


class CaseState(StrEnum):
    """How far a push is in one department. ``moved``: the permit went to others before it was signed."""

    DELIVERED = "delivered"
    READ = "read"
    SIGNED = "signed"
    RETURNED = "returned"
    HANDLED = "handled"
    CLOSED = "closed"
    MOVED = "moved"


_DELIVERED = str(CaseState.DELIVERED)
UNSIGNED = frozenset({CaseState.DELIVERED, CaseState.READ})
LEAVING = UNSIGNED | {CaseState.RETURNED}
"""What is over for a department when the permit leaves it."""


class Case(NamedTuple):
    """A push in one department. Its clock: ``due_on``; that of the decision since its first delivery: ``first_due_on``.

    In the order of the columns of ``cases``.
    """

    permit: UUID
    push_version: int
    department: str
    role: str
    mode: str | None
    state: str
    body: str
    push_number: int
    matter_code: str
    region_code: str
    level: str
    decision_version: int
    decision_date: date
    opening_stock: bool
    delivered_at: datetime
    due_on: date | None
    due_estimated: bool
    calendar: str
    first_delivered_at: datetime
    first_due_on: date | None
    read_at: datetime | None = None
    signed_at: datetime | None = None
    returned_at: datetime | None = None
    handled_at: datetime | None = None
    closed_at: datetime | None = None
    moved_at: datetime | None = None
    officer: str = ""
    reason: str = ""
    text: str = ""
    candidate: str | None = None


def delivered(
    permit: UUID,
    push_version: int,
    decision_version: int,
    decided: ListedDecision,
    department: str,
    role: Role,
    push_number: int,
    mode: Mode | None,
    claim: Claim | None,
    at: datetime,
    first: tuple[datetime, Claim | None] | None = None,
) -> Case:
    """Return the case that a push opens in one department. ``first``: the decision's own clock, when it was moved."""
    facts = decided.facts
    since, first_claim = first or (at, claim)
    return Case(
        permit,
        push_version,
        department,
        str(role),
        str(mode) if mode else None,
        _DELIVERED,
        facts.deciding_body,
        push_number,
        facts.matter_code,
        facts.region_code,
        str(facts.level),
        decision_version,
        decided.decision_date,
        decided.opening_stock,
        at,
        claim.on if claim else None,
        claim.estimated if claim else False,
        claim.calendar if claim else "",
        since,
        first_claim.on if first_claim else None,
    )
