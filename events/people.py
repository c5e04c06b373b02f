"""Who does what on a side: its officers, what they are appointed to, their absences, and who holds each open item.

Officers appear by staff number only. Their names and how to reach them stay in the side's own database, and in
no event. Each side says its own.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from uuid import UUID

from events.approval import Said
from events.limits import LimitKind


class HeldBy(StrEnum):
    """Why an open item is held by this officer."""

    DUTY = "duty"
    DEFAULT = "default"
    DEPUTY = "deputy"
    RETURNED = "returned"
    SUCCESSOR = "successor"
    DEPARTED = "departed"
    MERGED = "merged"
    SUPERIOR = "superior"
    BY_HAND = "by_hand"
    ALL_AWAY = "all_away"
    NOBODY = "nobody"


class OfficerRegistered(Said):
    """An officer works in a department from now on; said again for another department, the officer has changed it."""

    officer: str
    department: str
    by: str


class LeaveRecorded(Said):
    """An officer is away from ``first`` to ``last``, both included. Said again with the same ``first``, the last day is
    another; one before ``first`` takes the leave back."""

    officer: str
    first: date
    last: date
    by: str


class OfficerDeparted(Said):
    """An officer does not work here from ``departed_from`` on. Open items go to ``successor``, without one to whom the
    appointments name next."""

    officer: str
    departed_from: date
    successor: str | None = None
    by: str
    reason: str


class OfficerAppointed(Said):
    """Who does what a duty asks of a department, and who stands in. ``matter_code`` ``*``: whatever no other one of the
    department names; ``region_code`` empty: everywhere; ``level`` ``*``: every level."""

    department: str
    matter_code: str
    region_code: str
    level: str
    officer: str
    deputy: str | None = None
    valid_from: date
    valid_to: date | None = None
    by: str


class HolderNamed(Said):
    """An open item is held by ``officer`` from now on; nobody: no department that it may go to has one.

    ``principal``: whose it is; another than ``officer`` while that one is away. ``department``: in whose place, when
    the owner was merged into another. ``by_hand``: a person decided it, and it stays so through later appointments.
    """

    item: UUID
    kind: LimitKind
    owner: str
    about: UUID | None = None
    department: str
    officer: str | None = None
    principal: str | None = None
    why: HeldBy
    by_hand: bool
    by: str
    reason: str
