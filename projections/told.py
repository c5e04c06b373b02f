"""Who was told of a decision, and when? The sender's side of every push, as the other side recorded it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg

from events import columns


@dataclass(frozen=True, slots=True)
class Told:
    """A department that was told of one version of a permit. ``push_number``: dense per (body, department)."""

    department: str
    role: str
    push_number: int
    at: datetime
    push_version: int

    def as_json(self, steps: Iterable[Step] = ()) -> dict[str, Any]:
        """Return it with those of the permit's ``steps`` that are about this push in this department."""
        own = (step for step in steps if (step.push_version, step.department) == (self.push_version, self.department))
        return {
            "department": self.department,
            "role": self.role,
            "push_number": self.push_number,
            "at": self.at.isoformat(),
            "steps": [step.as_json() for step in own],
        }


@dataclass(frozen=True, slots=True)
class Waits:
    """No duty covered this version yet: why, and who owns it there."""

    reason: str
    owner: str
    since: datetime

    def as_json(self) -> dict[str, Any]:
        return {"reason": self.reason, "owner": self.owner, "since": self.since.isoformat()}


@dataclass(frozen=True, slots=True)
class Step:
    """A receipt, or a step of a consultation, in the order in which the other side recorded it.

    ``push_version`` and ``department`` are empty for a consultation, which is about the permit.
    """

    version: int
    step: str
    push_version: int | None
    department: str
    officer: str
    said: dict[str, Any]
    at: datetime

    def as_json(self) -> dict[str, Any]:
        return {
            "step": self.step,
            "department": self.department,
            "officer": self.officer,
            "at": self.at.isoformat(),
            **self.said,
        }


def steps_of(connection: psycopg.Connection, permit: UUID) -> list[Step]:
    """Return every receipt and every step of a consultation about a permit, oldest first."""
    return steps_of_each(connection, [permit])[permit]


def steps_of_each(connection: psycopg.Connection, permits: Sequence[UUID]) -> dict[UUID, list[Step]]:
    """Return the same of each of ``permits``."""
    rows = connection.execute(
        """SELECT permit, version, step, push_version, department, officer, said, at FROM told_steps
           WHERE permit = ANY(%s) ORDER BY permit, version""",
        (columns.uuids(permits),),
    )
    found: dict[UUID, list[Step]] = {permit: [] for permit in permits}
    for permit, *step in rows:
        found[permit].append(Step(*step))
    return found


def told_of(connection: psycopg.Connection, permit: UUID) -> dict[int, list[Told]]:
    """Return who was told of each version of a permit, in the order in which they were."""
    return told_of_each(connection, [permit])[permit]


def told_of_each(connection: psycopg.Connection, permits: Sequence[UUID]) -> dict[UUID, dict[int, list[Told]]]:
    """Return the same of each of ``permits``."""
    rows = connection.execute(
        """SELECT permit, permit_version, department, role, push_number, told_at, push_version FROM told
           WHERE permit = ANY(%s) ORDER BY permit, push_version, role DESC, department""",
        (columns.uuids(permits),),
    )
    found: dict[UUID, dict[int, list[Told]]] = {permit: {} for permit in permits}
    for permit, version, *told in rows:
        found[permit].setdefault(version, []).append(Told(*told))
    return found


def waiting_of(connection: psycopg.Connection, permit: UUID) -> dict[int, Waits]:
    """Return, for each version that found no duty when it came, why and with whom it waited."""
    return waiting_of_each(connection, [permit])[permit]


def waiting_of_each(connection: psycopg.Connection, permits: Sequence[UUID]) -> dict[UUID, dict[int, Waits]]:
    """Return the same of each of ``permits``."""
    rows = connection.execute(
        "SELECT permit, permit_version, reason, owner, since FROM told_waiting WHERE permit = ANY(%s)",
        (columns.uuids(permits),),
    )
    found: dict[UUID, dict[int, Waits]] = {permit: {} for permit in permits}
    for permit, version, *waits in rows:
        found[permit][version] = Waits(*waits)
    return found


_STATES = {
    "push_read": "read",
    "push_signed": "signed",
    "push_returned": "returned",
    "push_handled": "handled",
    "push_closed": "closed",
}
_FARTHEST = ("delivered", "read", "signed", "handled", "closed", "returned")
"""How far a push is, in order: one that is read again after it was signed stays signed."""


@dataclass(frozen=True, slots=True)
class Reached:
    """How far the push of one decision is in one department. ``state``: delivered, read, signed, returned, handled,
    closed, or moved where a later push of the same decision went to others. ``at``: since when."""

    department: str
    role: str
    push_number: int
    state: str
    at: datetime
    reason: str = ""

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"at": self.at.isoformat()}


def reached(told: Sequence[Told], steps: Iterable[Step]) -> list[Reached]:
    """Return how far each push of one decision is. ``told``: of this decision; ``steps``: of the permit."""
    newest = max((one.push_version for one in told), default=0)
    by_push: dict[tuple[int | None, str], list[Step]] = {}
    for step in steps:
        if step.step in _STATES:
            by_push.setdefault((step.push_version, step.department), []).append(step)
    return [_reached(one, by_push.get((one.push_version, one.department), ()), newest) for one in told]


def _reached(told: Told, steps: Sequence[Step], newest: int) -> Reached:
    state, at, reason = "delivered", told.at, ""
    for step in steps:
        if _FARTHEST.index(_STATES[step.step]) > _FARTHEST.index(state):
            state, at, reason = _STATES[step.step], step.at, str(step.said.get("reason", ""))
    if state != "returned" and told.push_version < newest:
        state = "moved"
    return Reached(told.department, told.role, told.push_number, state, at, reason)
