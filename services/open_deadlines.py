"""What is open, due when, in which light, and what was said about it: computed when it is asked for."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

import psycopg

from events.limits import LimitKind
from services.deadline_store import read_deadlines
from services.deadlines import NOTHING_SAID, Clock, Item, Step, clocks_of
from services.holders import held_as_json, read_holders
from services.holding import Held
from services.limits import KIND_WORDS
from services.scheduling import OpenItems
from services.time_rules import TimeRules, read_time_rules
from services.working_days import Calendar, Light, credit, light

STEP_WORDS = {Step.REMINDER: "已提醒", Step.REACHED: "已超期", Step.ESCALATED: "已升级"}
ESTIMATE = "预估"
_LIGHTS = list(Light)


@dataclass(frozen=True, slots=True)
class Standing:
    """An item on a day, with its clocks by number; what was done stands on the day on which it was.

    ``due_on``: the day that comes first: an urged item is due when its superior wants it. ``worst``: of its clocks'
    lights. Both are asked for again and again, of thousands.
    """

    item: Item
    clocks: dict[int, Clock]
    calendar: Calendar
    day: date
    held: Held | None = None
    due_on: date = field(init=False)
    worst: Light = field(init=False)

    def __post_init__(self) -> None:
        clocks = self.clocks.values()
        object.__setattr__(self, "due_on", min(clock.due.day for clock in clocks))
        object.__setattr__(self, "worst", max((self.light(clock) for clock in clocks), key=_LIGHTS.index))

    @property
    def officer(self) -> str | None:
        """Who holds it, by staff number; None when nobody does."""
        return self.held.said.officer if self.held else None

    def light(self, clock: Clock) -> Light:
        return light(clock.opened_on, clock.due.day, self.day, self.calendar)

    def as_json(self) -> dict[str, Any]:
        item, done = self.item, self.item.done_on
        return {
            "item": str(item.id),
            "kind": item.kind.value,
            "kind_in_words": KIND_WORDS[item.kind],
            "owner": item.owner,
            "superior": item.superior,
            **held_as_json(self.held),
            "permit": str(item.about) if item.about else None,
            "matter_code": item.matter or None,
            "due_on": self.due_on.isoformat(),
            "light": self.worst.value,
            "light_in_words": self.worst.words,
            "done_on": done.isoformat() if done else None,
            "days_early": credit(done, self.clocks[0].due.day, self.calendar) if done else None,
            "clocks": [self._clock(number, clock) for number, clock in self.clocks.items()],
        }

    def _clock(self, number: int, clock: Clock) -> dict[str, Any]:
        shown = self.light(clock)
        return {
            "clock": number,
            "opened_on": clock.opened_on.isoformat(),
            "limit_days": clock.limit.days,
            "unit": clock.limit.unit.value,
            "due_on": clock.due.day.isoformat(),
            "estimated": clock.due.estimated,
            "light": shown.value,
            "light_in_words": shown.words,
            "days_left": self.calendar.working_days_between(self.day, clock.due.day),
            "said": [step.value for step in Step if step in clock.given],
            "urged_by": clock.officer or None,
            "urged_why": clock.reason or None,
        }


def open_standings(
    connection: psycopg.Connection,
    kinds: Sequence[OpenItems],
    today: date,
    *,
    owner: str | None = None,
    of: Collection[LimitKind] = frozenset(LimitKind),
) -> list[Standing]:
    """Return what is open, what is due first before the rest; ``owner`` and ``of``: only what that one owes, and only
    of these kinds."""
    rules = read_time_rules(connection)
    asked = (kind for kind in kinds if not kind.kinds.isdisjoint(of))
    items = [item for kind in asked for item in kind.open_items(connection, rules, owner) if item.kind in of]
    return sorted(standings_of(connection, items, rules, today), key=lambda one: (one.due_on, one.item.id))


def done_standings(connection: psycopg.Connection, kinds: Sequence[OpenItems], since: date) -> list[Standing]:
    """Return what was done on ``since`` or later, the newest first, each as it stood when it was done."""
    rules = read_time_rules(connection)
    items = [item for kind in kinds for item in kind.done_items(connection, since)]
    found = standings_of(connection, items, rules, since)
    return sorted(found, key=lambda one: (one.item.done_on or since, one.item.id), reverse=True)


def open_standing(
    connection: psycopg.Connection, kinds: Sequence[OpenItems], wanted: UUID, today: date
) -> Standing | None:
    """Return one open item as it stands, or nothing when it is done or never was."""
    rules = read_time_rules(connection)
    found = find_open(connection, kinds, [wanted], rules).get(wanted)
    return next(standings_of(connection, [found], rules, today)) if found else None


def find_open(
    connection: psycopg.Connection,
    kinds: Sequence[OpenItems],
    wanted: Collection[UUID],
    rules: TimeRules,
    owner: str | None = None,
) -> dict[UUID, Item]:
    """Return those of ``wanted`` that are open, by id; no more is looked through once all were found. ``owner``: only
    among what that one owes."""
    left, found = set(wanted), {}
    for item in (item for kind in kinds for item in kind.open_items(connection, rules, owner)):
        if item.id in left:
            found[item.id] = item
            left.remove(item.id)
            if not left:
                break
    return found


def standings_of(
    connection: psycopg.Connection, items: Sequence[Item], rules: TimeRules, today: date
) -> Iterator[Standing]:
    """Yield each of ``items`` as it stands, in the same order."""
    ids = [item.id for item in items]
    known, held = read_deadlines(connection, ids), read_holders(connection, ids)
    for item in items:
        clocks = clocks_of(item, known.get(item.id, NOTHING_SAID))
        yield Standing(item, clocks, rules.calendar, item.done_on or today, held.get(item.id))


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which of the open items are asked for."""

    kind: LimitKind | None = None
    owner: str | None = None
    light: Light | None = None
    officer: str | None = None

    def wants(self, standing: Standing) -> bool:
        return (
            self.kind in (None, standing.item.kind)
            and self.owner in (None, standing.item.owner)
            and self.light in (None, standing.worst)
            and self.officer in (None, standing.officer)
        )
