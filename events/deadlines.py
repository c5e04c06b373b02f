"""What is said of the limits of open items: that one is near, that it is over, who was told, and who urges.

Each is said once, when it happens, in the item's own stream of deadlines: reading the log again reminds nobody.
"""

from __future__ import annotations

from datetime import date
from uuid import UUID

from events.approval import Said
from events.limits import LimitKind, Unit


class OfClock(Said):
    """What every event of a deadline carries: the item, and the clock that it is about as it then stands.

    ``clock`` 0 is the item's own limit; 1, 2, 3 … are those that urging (督办) has set beside it. ``estimated``: a
    notice about working days that is still to come may move ``due_on``; ``calendar_version`` names those that were
    known.
    """

    item: UUID
    kind: LimitKind
    owner: str
    about: UUID | None = None
    clock: int
    opened_on: date
    limit_days: int
    unit: Unit
    due_on: date
    estimated: bool
    calendar_version: str


class ReminderGiven(OfClock):
    """临期提醒. More than half of the limit is over. ``owed_on``: the first day on which it is."""

    owed_on: date


class LimitReached(OfClock):
    """超期. The due day is over. ``owed_on``: the day after it."""

    owed_on: date


class Escalated(OfClock):
    """升级. It is overdue for so long that the owner's superior is told."""

    owed_on: date
    superior: str


class Urged(OfClock):
    """督办. A superior demands it, with a new limit; its clock runs beside those that run already."""

    officer: str
    reason: str


class DeadlineRecomputed(OfClock):
    """A notice about working days moved a due day, or made a fact of an estimate.

    ``again``: what had been said too early, by the day that was thought to be the last; it is said again in its time.
    """

    due_before: date
    estimated_before: bool
    again: tuple[str, ...] = ()
