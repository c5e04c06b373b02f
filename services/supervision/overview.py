"""Are departments taking over, and who is late? Five figures with last month's beside them, departments, trend."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, Row

from projections.penalty_counts import Handled, penalties_handled
from projections.push_counts import By, Count, Dates, Unsettled, Wanted, count_pushes, count_unsettled
from projections.push_rows import longest_overdue, pushes_of
from services.supervision.permit_answers import department_names
from services.working_days import CHINA

EARLIEST = date(2000, 1, 1)
MONTHS = 6
NOTHING = Count((), 0, 0, 0, 0, 0, 0, 0)
NOTHING_WAITS = Unsettled((), 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Period:
    """The days of a month up to one of them, as they stood at a moment of that day."""

    first: date
    last: date
    as_of: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """``month``: pushes delivered in the period; ``overdue``: of all pushes ever, at its moment."""

    period: Period
    month: Count
    overdue: int
    penalties: Handled


@dataclass(frozen=True, slots=True)
class Department:
    code: str
    name: str
    month: Count
    waiting: Unsettled
    longest_since: date | None


@dataclass(frozen=True, slots=True)
class Overview:
    now: Standing
    before: Standing
    departments: Sequence[Department]
    longest: Sequence[Row[tuple[object, ...]]]
    months: Sequence[Count]


def periods(now: datetime) -> tuple[Period, Period]:
    """Return this month until ``now``, and last month until the same day and time, or its end when it is shorter."""
    there = now.astimezone(CHINA)
    first = there.date().replace(day=1)
    end_before = first - timedelta(days=1)
    same = end_before.replace(day=min(there.day, end_before.day))
    before = Period(end_before.replace(day=1), same, datetime.combine(same, there.time(), CHINA))
    return Period(first, there.date(), there), before


def on_time(count: Count) -> float | None:
    """Return the part, in per cent, that was signed in time, of what was signed or is overdue; None when that is
    nothing."""
    due = count.claimed + count.overdue
    return 100 * (count.claimed - count.late) / due if due else None


def overview(connection: Connection, now: datetime, shown: int) -> Overview:
    """Return what a leader sees first; ``shown``: how many of the pushes that are overdue the longest."""
    this, last = periods(now)
    ever = _wanted(EARLIEST, this.last, this.as_of)
    by_department = {one.group[0]: one for one in count_pushes(connection, _by(By.DEPARTMENT, this.first, this))}
    waiting = {one.group[0]: one for one in count_unsettled(connection, _by(By.DEPARTMENT, EARLIEST, this))}
    since = longest_overdue(connection, ever)
    names = department_names(connection)
    departments = [
        Department(
            code,
            names.get(code) or code,
            by_department.get(code, NOTHING),
            waiting.get(code, NOTHING_WAITS),
            since.get(code),
        )
        for code in sorted(names.keys() | waiting.keys() | by_department.keys())
    ]
    start = this.first
    for _ in range(MONTHS - 1):
        start = (start - timedelta(days=1)).replace(day=1)
    return Overview(
        now=_standing(connection, this, sum(one.overdue for one in waiting.values())),
        before=_standing(connection, last, None),
        departments=sorted(departments, key=lambda one: (-one.waiting.overdue, one.longest_since or this.last)),
        longest=pushes_of(connection, ever, "overdue", 0, shown),
        months=count_pushes(connection, _by(By.MONTH, start, this)),
    )


def _standing(connection: Connection, period: Period, overdue: int | None) -> Standing:
    month = _one(count_pushes(connection, _wanted(period.first, period.last, period.as_of)))
    if overdue is None:
        found = count_unsettled(connection, _wanted(EARLIEST, period.last, period.as_of))
        overdue = sum(one.overdue for one in found)
    return Standing(period, month, overdue, penalties_handled(connection, period.first, period.last, period.as_of))


def _wanted(first: date, last: date, as_of: datetime) -> Wanted:
    return Wanted([], Dates.RECORDED, first, last, as_of)


def _by(by: By, first: date, period: Period) -> Wanted:
    return Wanted([by], Dates.RECORDED, first, period.last, period.as_of)


def _one(counts: Sequence[Count]) -> Count:
    return counts[0] if counts else NOTHING
