"""What is owed about an open item today: a reminder, word that its limit is over, word to the superior. Pure.

An item may have several clocks: its own, and one for each time it was urged. Each clock owes each step once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from events.deadlines import DeadlineRecomputed, Escalated, LimitReached, OfClock, ReminderGiven, Urged
from events.limits import LimitKind
from services.limits import Limit
from services.refusing import Refused, Rule
from services.time_rules import TimeRules
from services.working_days import Calendar, Due

Owed = ReminderGiven | LimitReached | Escalated


class Step(StrEnum):
    """What is said of a limit, in this order."""

    REMINDER = "reminder_given"
    REACHED = "limit_reached"
    ESCALATED = "escalated"


@dataclass(frozen=True, slots=True)
class Item:
    """Something that somebody must do. ``about``: the permit. ``superior``: whom to tell when the owner does not.

    ``limit``, ``due`` and ``calendar_version`` are those it got when it was opened; ``done_on`` is the day on which it
    was done.
    """

    id: UUID
    kind: LimitKind
    owner: str
    superior: str
    opened_on: date
    limit: Limit
    due: Due
    calendar_version: str
    matter: str = ""
    about: UUID | None = None
    done_on: date | None = None

    @classmethod
    def by_rules(
        cls,
        rules: TimeRules,
        kind: LimitKind,
        item: UUID,
        opened_on: date,
        owner: str,
        superior: str,
        *,
        matter: str = "",
        about: UUID | None = None,
        done_on: date | None = None,
    ) -> Item:
        """Return an item whose tables keep no due day: it is due by the limits and the calendar as they are now."""
        limit = rules.limits.of(kind, matter=matter, day=opened_on)
        due = limit.due(opened_on, rules.calendar)
        version = rules.calendar.version
        return cls(item, kind, owner, superior, opened_on, limit, due, version, matter, about, done_on)


@dataclass(frozen=True, slots=True)
class Clock:
    """One limit that runs, and what was said of it. ``officer`` and ``reason``: who urged, and why."""

    opened_on: date
    limit: Limit
    due: Due
    calendar_version: str
    given: tuple[Step, ...] = ()
    officer: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Deadline:
    """What was said about an item so far: the version of its stream, and the clocks that something was said of."""

    version: int = 0
    clocks: Mapping[int, Clock] = field(default_factory=dict)


NOTHING_SAID = Deadline()


def clocks_of(item: Item, deadline: Deadline) -> dict[int, Clock]:
    """Return the clocks that run for ``item`` by their numbers, its own (0) first."""
    own = Clock(item.opened_on, item.limit, item.due, item.calendar_version)
    return dict(sorted(({0: own} | dict(deadline.clocks)).items())) if deadline.clocks else {0: own}


def evolve(deadline: Deadline, said: OfClock) -> Deadline:
    """Return what holds after ``said``. An event carries its clock whole: nothing else is looked up."""
    known = deadline.clocks.get(said.clock)
    given = set(known.given) if known else set()
    if isinstance(said, DeadlineRecomputed):
        given -= {Step(step) for step in said.again}
    elif isinstance(said, ReminderGiven | LimitReached | Escalated):
        given |= {STEP_OF[type(said)]}
    clock = Clock(
        opened_on=said.opened_on,
        limit=Limit(said.limit_days, said.unit),
        due=Due(said.due_on, said.estimated),
        calendar_version=said.calendar_version,
        given=tuple(step for step in Step if step in given),
        officer=said.officer if isinstance(said, Urged) else known.officer if known else "",
        reason=said.reason if isinstance(said, Urged) else known.reason if known else "",
    )
    return Deadline(version=deadline.version + 1, clocks={**deadline.clocks, said.clock: clock})


STEP_OF: dict[type[OfClock], Step] = {
    ReminderGiven: Step.REMINDER,
    LimitReached: Step.REACHED,
    Escalated: Step.ESCALATED,
}


def recomputed(item: Item, deadline: Deadline, today: date, rules: TimeRules) -> list[DeadlineRecomputed]:
    """Return the due days that the calendar now says otherwise than when they were computed."""
    found = []
    for number, clock in clocks_of(item, deadline).items():
        if clock.calendar_version == rules.calendar.version:
            continue
        due = clock.limit.due(clock.opened_on, rules.calendar)
        if due == clock.due:
            continue
        moved = replace(clock, due=due, calendar_version=rules.calendar.version)
        early = [step for day, step in steps(moved, item, rules) if step in clock.given and day > today]
        found.append(
            DeadlineRecomputed(
                **_of(item, number, moved),
                due_before=clock.due.day,
                estimated_before=clock.due.estimated,
                again=tuple(step.value for step in early),
            )
        )
    return found


def steps(clock: Clock, item: Item, rules: TimeRules) -> list[tuple[date, Step]]:
    """Return the day from which each step of a clock is owed: the first yellow one, the first red one, and so many
    working days after the due day."""
    calendar = rules.calendar
    half = max(0, calendar.working_days_between(clock.opened_on, clock.due.day)) // 2
    patience = rules.limits.of(LimitKind.ESCALATION, matter=item.matter, day=clock.opened_on)
    return [
        (calendar.due(clock.opened_on, half + 1).day, Step.REMINDER),
        (clock.due.day + timedelta(days=1), Step.REACHED),
        (patience.due(clock.due.day, calendar).day, Step.ESCALATED),
    ]


def owed(item: Item, deadline: Deadline, today: date, rules: TimeRules) -> Iterator[Owed]:
    """Yield what is owed by ``today`` and was not said yet, the earliest first. What was missed is said once, however
    many days it was missed on."""
    found = [
        (day, number, step, clock)
        for number, clock in clocks_of(item, deadline).items()
        for day, step in steps(clock, item, rules)
        if day <= today and step not in clock.given
    ]
    for day, number, step, clock in sorted(found, key=lambda one: (one[0], one[1])):
        said = _of(item, number, clock) | {"owed_on": day}
        if step is Step.REMINDER:
            yield ReminderGiven(**said)
        elif step is Step.REACHED:
            yield LimitReached(**said)
        else:
            yield Escalated(**said, superior=item.superior)


ITEM_UNKNOWN = Rule("unknown_item", "没有这件事项, 或已经办结。", "请用 linkage deadlines list 核对编号。")
REASON_NEEDED = Rule("reason_needed", "督办须写明理由。", "请填写理由。")
OFFICER_NEEDED = Rule("officer_needed", "督办须写明督办人。", "请填写工号或简称。")
BAD_URGED_LIMIT = Rule("bad_limit", "督办期限应为 1 至 250 个工作日。", "请改为其中的整数。")


def urge(
    item: Item, deadline: Deadline, days: int, officer: str, reason: str, today: date, calendar: Calendar
) -> Urged:
    """Return the demand of a superior that ``item`` be done within ``days`` working days from ``today``, or refuse."""
    for holds, rule in (
        (item.done_on is None, ITEM_UNKNOWN),
        (reason.strip(), REASON_NEEDED),
        (officer.strip(), OFFICER_NEEDED),
        (1 <= days <= 250, BAD_URGED_LIMIT),
    ):
        if not holds:
            raise Refused(rule)
    limit = Limit(days)
    due = limit.due(today, calendar)
    clock = Clock(opened_on=today, limit=limit, due=due, calendar_version=calendar.version)
    number = len(clocks_of(item, deadline))
    return Urged(**_of(item, number, clock), officer=officer.strip(), reason=reason.strip())


def _of(item: Item, number: int, clock: Clock) -> dict[str, Any]:
    return {
        "item": item.id,
        "kind": item.kind,
        "owner": item.owner,
        "about": item.about,
        "clock": number,
        "opened_on": clock.opened_on,
        "limit_days": clock.limit.days,
        "unit": clock.limit.unit,
        "due_on": clock.due.day,
        "estimated": clock.due.estimated,
        "calendar_version": clock.calendar_version,
    }
