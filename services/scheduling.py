"""One round of the scheduler: everything that is owed today about open items is said once, the earliest first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from itertools import islice
from typing import Protocol, TypeVar
from uuid import UUID

import psycopg

from events.deadlines import OfClock
from events.limits import LimitKind
from services import deadline_store
from services.deadlines import NOTHING_SAID, Deadline, Item, Owed, owed, recomputed
from services.time_rules import TimeRules, read_time_rules
from services.working_days import Due, china_day

AT_ONCE = 500
_One = TypeVar("_One")


class OpenItems(Protocol):
    """One kind of work of a side that has a limit. What is open is told by its own tables; nothing is registered.

    ``kinds``: which kinds of limits its items have.
    """

    @property
    def kinds(self) -> frozenset[LimitKind]: ...

    def open_items(self, connection: psycopg.Connection, rules: TimeRules, owner: str | None = None) -> Iterable[Item]:
        """Return what is open now; ``owner``: only what that one owes. The id of an item stays as long as it is open,
        and is never used again."""
        ...

    def done_items(self, connection: psycopg.Connection, since: date) -> Iterable[Item]:
        """Return what was done on ``since`` or later, with the day on which it was."""
        ...

    def redate(self, connection: psycopg.Connection, item: Item, due: Due, calendar_version: str) -> None:
        """Keep another due day of ``item``, in the caller's transaction, where its own tables hold one."""
        ...


class Ending(Protocol):
    """Something that ends by itself when a day is over, and is said to have ended once; looked at every few seconds."""

    def end(self, connection: psycopg.Connection, now: datetime) -> int:
        """Say what has ended by ``now`` and return how much that was, 0 when nothing is left. Each transaction is whole
        in itself, and a call takes seconds at most: it is made again, unless one is asked to stop."""
        ...


def scheduled_until(connection: psycopg.Connection) -> date | None:
    """Return the last day of which everything is said that was owed, None before the first round."""
    row = connection.execute("SELECT day FROM scheduled_until").fetchone()
    return row[0] if row else None


def round_once(connection: psycopg.Connection, side: str, kinds: Sequence[OpenItems], now: datetime) -> int:
    """Say what is owed by the day of ``now`` and return how much that was.

    Each transaction is whole in itself, and what it says is not owed any more: after a crash anywhere the next round
    goes on with the rest. ``VersionConflict`` when somebody else recorded something about one of the items meanwhile.
    """
    today, rules = china_day(now), read_time_rules(connection)
    states: dict[UUID, Deadline] = {}
    due: list[Owed] = []
    said = 0
    # A few at a time, and only what is due is kept: what is held must not grow with a stock that nobody signs.
    for some in in_parts((kind, item) for kind in kinds for item in kind.open_items(connection, rules)):
        own = deadline_store.read_deadlines(connection, [item.id for _, item in some])
        said += _recompute(connection, side, some, own, today, rules, now)
        for _, item in some:
            now_due = list(owed(item, own.get(item.id, NOTHING_SAID), today, rules))
            due += now_due
            if now_due and item.id in own:
                states[item.id] = own[item.id]
    # Of all items together, so that ten days of standstill are caught up with in the order of those ten days.
    due.sort(key=lambda one: one.owed_on)
    for part in in_parts(due):
        with connection.transaction():
            states |= deadline_store.record(connection, side, part, states, now)
        said += len(part)
    return said


def _recompute(
    connection: psycopg.Connection,
    side: str,
    items: Sequence[tuple[OpenItems, Item]],
    states: dict[UUID, Deadline],
    today: date,
    rules: TimeRules,
    now: datetime,
) -> int:
    found: list[OfClock] = []
    with connection.transaction():
        for kind, item in items:
            for one in recomputed(item, states.get(item.id, NOTHING_SAID), today, rules):
                found.append(one)
                if one.clock == 0:
                    kind.redate(connection, item, Due(one.due_on, one.estimated), one.calendar_version)
        if found:
            states |= deadline_store.record(connection, side, found, states, now)
    return len(found)


def in_parts(things: Iterable[_One]) -> Iterator[Sequence[_One]]:
    """Yield all of ``things``, ``AT_ONCE`` at a time."""
    left = iter(things)
    while part := list(islice(left, AT_ONCE)):
        yield part
