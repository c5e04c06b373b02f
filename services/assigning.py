"""Everything open gets an officer, and another one when people or departments change: decided here, recorded once."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy import Connection, Engine

from events.answered import Name
from events.database import raw
from events.people import HolderNamed
from services.deadlines import ITEM_UNKNOWN, Item
from services.handled_once import handled_once
from services.holders import held_as_json, read_holders, record_holders
from services.holding import NOWHERE, Held, assign, holder, wants_somebody
from services.open_deadlines import find_open
from services.people import People
from services.people_register import Whereabouts, people_version, read_people
from services.refusing import Refused
from services.scheduling import OpenItems, in_parts
from services.stated import Code, Required, Stated
from services.time_rules import read_time_rules
from services.working_days import china_day

MOST_IN_A_CALL = 2000
EVERY_SECONDS = 30.0
"""How long what is new may be without an officer. A look at a province's open items takes seconds, and no more than a
tenth of the time is spent on looking."""


@dataclass(slots=True)
class Assigning:
    """An ``Ending`` of the scheduler: what was held by who is on leave, has left or was appointed no longer, ends."""

    side: str
    kinds: Sequence[OpenItems]
    whereabouts: Whereabouts
    running: Callable[[], float] = time.monotonic
    _looked: tuple[date, int] | None = None
    _again: float = 0.0

    def end(self, connection: psycopg.Connection, now: datetime) -> int:
        """Record who holds what from now on, and return how many items that were. A side that has registered nobody has
        nothing recorded."""
        by = china_day(now), people_version(connection)
        begun = self.running()
        if not by[1] or (by == self._looked and begun < self._again):
            return 0
        named = self._look(connection, now)
        if named < MOST_IN_A_CALL:
            took = self.running() - begun
            self._looked, self._again = by, self.running() + max(EVERY_SECONDS, 10 * took)
            _forget_who_left(connection, by[0])
        return named

    def _look(self, connection: psycopg.Connection, now: datetime) -> int:
        rules, people = read_time_rules(connection), read_people(connection, self.whereabouts)
        named = 0
        for some in in_parts(item for kind in self.kinds for item in kind.open_items(connection, rules)):
            if named >= MOST_IN_A_CALL:
                break
            with connection.transaction():
                known = read_holders(connection, (item.id for item in some))
                places = self.whereabouts.places(connection, some)
                said = [
                    one
                    for item in some
                    if (one := holder(item, places.get(item.id, NOWHERE), people, china_day(now), known.get(item.id)))
                ]
                if said:
                    record_holders(connection, self.side, said, known, now)
            named += len(said)
        return named


def _forget_who_left(connection: psycopg.Connection, today: date) -> None:
    """How somebody is reached who does not work here any more is nobody's business."""
    connection.execute(
        """UPDATE officers SET mail = '', phone = '', webhook = ''
           WHERE (content->>'departed_from')::date <= %s AND mail || phone || webhook <> ''""",
        (today,),
    )


class Assignment(Stated):
    """指派要求。"""

    officer: Code
    by: Code
    reason: Required


def assign_item(
    engine: Engine,
    side: str,
    kinds: Sequence[OpenItems],
    whereabouts: Whereabouts,
    item: UUID,
    wanted: Assignment,
    now: datetime,
    name: Name = ("", ""),
) -> dict[str, Any]:
    """Give an open item to an officer and answer with who holds it then, or raise ``Refused``."""

    def attempt(transaction: Connection) -> dict[str, Any]:
        (outcome,) = _assigned(raw(transaction), side, kinds, whereabouts, [item], wanted, now)
        if isinstance(outcome, Refused):
            raise outcome
        return outcome

    return handled_once(engine, name, {"assign": str(item), **wanted.model_dump(mode="json")}, attempt)


def assign_items(
    engine: Engine,
    side: str,
    kinds: Sequence[OpenItems],
    whereabouts: Whereabouts,
    items: Sequence[UUID],
    wanted: Assignment,
    now: datetime,
    name: Name = ("", ""),
    owner: str | None = None,
) -> list[dict[str, Any]]:
    """Give each of ``items`` to an officer, all in one transaction and each with its own outcome, in order: who holds
    it then (``accepted``), or the rule that refused it, its text and repair. ``owner``: only what that one owes is
    looked through."""

    def attempt(transaction: Connection) -> dict[str, Any]:
        outcomes = _assigned(raw(transaction), side, kinds, whereabouts, items, wanted, now, owner)
        return {"outcomes": [_answer(item, outcome) for item, outcome in zip(items, outcomes, strict=True)]}

    asked = {"assign": [str(item) for item in items], **wanted.model_dump(mode="json")}
    answer: list[dict[str, Any]] = handled_once(engine, name, asked, attempt)["outcomes"]
    return answer


def _assigned(
    connection: psycopg.Connection,
    side: str,
    kinds: Sequence[OpenItems],
    whereabouts: Whereabouts,
    items: Sequence[UUID],
    wanted: Assignment,
    now: datetime,
    owner: str | None = None,
) -> list[dict[str, Any] | Refused]:
    """Record who is given what, and return each item's outcome. Everything open is looked through once."""
    found = find_open(connection, kinds, items, read_time_rules(connection), owner)
    people = read_people(connection, whereabouts)
    places = whereabouts.places(connection, found.values())
    said: list[HolderNamed] = []
    outcomes: list[dict[str, Any] | Refused] = []
    for number in items:
        try:
            if (item := found.get(number)) is None:
                raise Refused(ITEM_UNKNOWN)
            place = places.get(number, NOWHERE)
            one = assign(item, place, people, china_day(now), wanted.officer, wanted.by, wanted.reason)
        except Refused as refused:
            outcomes.append(refused)
            continue
        said.append(one)
        outcomes.append({"item": str(number), "owner": item.owner, **held_as_json(Held(0, one))})
    if said:
        record_holders(connection, side, said, read_holders(connection, (one.item for one in said)), now)
    return outcomes


def _answer(item: UUID, outcome: dict[str, Any] | Refused) -> dict[str, Any]:
    if isinstance(outcome, Refused):
        return {"item": str(item), "accepted": False} | outcome.said
    return {"accepted": True} | outcome


def unassigned(connection: psycopg.Connection, kinds: Sequence[OpenItems]) -> Iterator[tuple[Item, Held | None]]:
    """Yield what is open and held by nobody, or by somebody only for want of a better one."""
    rules = read_time_rules(connection)
    for some in in_parts(item for kind in kinds for item in kind.open_items(connection, rules)):
        known = read_holders(connection, (item.id for item in some))
        for item in some:
            if wants_somebody(held := known.get(item.id)):
                yield item, held


def without_officer(people: People, departments: Sequence[str], today: date) -> list[str]:
    """Return those of ``departments`` that have named nobody for what no duty names."""
    return [code for code in departments if not any(people.appointed(code, "", "", "", today))]
