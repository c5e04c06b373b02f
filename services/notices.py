"""Thin notices: whom to tell that there is work, in which words, and when not. Pure.

A notice says how much there is and where to look. It names no party, no permit and nobody else.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from enum import StrEnum
from itertools import count
from uuid import UUID, uuid5

from events.envelope import NAMESPACE
from events.limits import LimitKind
from services.working_days import CHINA, Calendar


class Occasion(StrEnum):
    """Why an officer is told of an item."""

    NEW = "new"
    REMINDER = "reminder"
    OVERDUE = "overdue"
    URGED = "urged"


OCCASION_WORDS = {
    Occasion.URGED: "督办事项",
    Occasion.OVERDUE: "超期事项",
    Occasion.REMINDER: "临期事项",
    Occasion.NEW: "新到事项",
}


class Outcome(StrEnum):
    """What became of something to be told. All but the first were not sent, for the reason that it says."""

    TOLD = "told"
    OVER = "over"
    MOVED = "moved"
    NOBODY = "nobody"
    UNREACHABLE = "unreachable"


class Channel(StrEnum):
    MAIL = "mail"
    SMS = "sms"
    WEBHOOK = "webhook"


@dataclass(frozen=True, slots=True)
class Tiding:
    """Something to be told of one item. ``officer``: to whom it was given; None: to whoever holds it."""

    id: UUID
    item: UUID
    kind: LimitKind
    occasion: Occasion
    officer: str | None
    since: datetime


@dataclass(frozen=True, slots=True)
class Notice:
    """One message to one officer by one channel. Its id is what a gateway knows a repeat by."""

    id: UUID
    officer: str
    channel: Channel
    items: tuple[UUID, ...]
    text: str
    urgent: bool
    subject: str = "有事项待办理"


@dataclass(slots=True)
class Gathered:
    """What is to be sent, and what became of each tiding that waits no longer."""

    notices: list[Notice] = field(default_factory=list)
    outcomes: dict[UUID, Outcome] = field(default_factory=dict)


MOST_NAMED = 5
PATIENCE = timedelta(hours=1)
"""How long something waits for an item to get an officer before it is said to be nobody's."""


def gather(
    tidings: Iterable[Tiding],
    open_items: Collection[UUID],
    holders: Mapping[UUID, str | None],
    reachable: Mapping[str, Sequence[Channel]],
    now: datetime,
    window: timedelta,
    link: str,
) -> Gathered:
    """Put together what each officer is to be told, once the first of it is ``window`` old; an urged item waits for
    nothing. What is done, or with somebody else by now, is told to nobody."""
    found, waiting = Gathered(), dict[str, list[Tiding]]()
    for one in tidings:
        holder = holders.get(one.item)
        if one.item not in open_items:
            found.outcomes[one.id] = Outcome.OVER
        elif holder is None:
            if now - one.since >= PATIENCE:
                found.outcomes[one.id] = Outcome.NOBODY
        elif one.officer not in (None, holder):
            found.outcomes[one.id] = Outcome.MOVED
        else:
            waiting.setdefault(holder, []).append(one)
    for officer, told in sorted(waiting.items()):
        urgent = any(one.occasion is Occasion.URGED for one in told)
        if not urgent and now - min(one.since for one in told) < window:
            continue
        channels = reachable.get(officer, ())
        outcome = Outcome.TOLD if channels else Outcome.UNREACHABLE
        found.outcomes |= {one.id: outcome for one in told}
        items = tuple(dict.fromkeys(one.item for one in told))
        text = words(told, link)
        # It follows from what is told: gathered again after a crash, it is the same notice.
        name = ",".join(sorted(str(one.id) for one in told))
        found.notices += [
            Notice(uuid5(NAMESPACE, f"notice/{officer}/{channel}/{name}"), officer, channel, items, text, urgent)
            for channel in channels
        ]
    return found


def words(told: Sequence[Tiding], link: str) -> str:
    """Return what the officer reads: how many of which, the items' ids, and where to look."""
    worst: dict[UUID, Tiding] = {}
    order = list(OCCASION_WORDS)
    for one in sorted(told, key=lambda one: order.index(one.occasion)):
        worst.setdefault(one.item, one)
    counts = Counter(
        "待签收事项" if one.occasion is Occasion.NEW and one.kind is LimitKind.CLAIM else OCCASION_WORDS[one.occasion]
        for one in worst.values()
    )
    said = "、".join(f"{many} 件{what}" for what, many in counts.items())
    ids = [str(item) for item in list(worst)[:MOST_NAMED]]
    more = " 等" if len(worst) > MOST_NAMED else ""
    return f"您有 {said}, 请登录审管联动查看。编号: {'、'.join(ids)}{more} {link}".rstrip()


@dataclass(frozen=True, slots=True)
class Quiet:
    """From ``begins`` to ``ends`` in China, over midnight where ``ends`` is earlier, and on days of rest."""

    begins: time
    ends: time

    @classmethod
    def of(cls, said: str) -> Quiet | None:
        """Read ``20:00-08:00``; None for ``never``. ``ValueError`` for anything else."""
        if said == "never":
            return None
        parts = re.fullmatch(r"(\d\d):(\d\d)-(\d\d):(\d\d)", said)
        if parts is None:
            raise ValueError("give the hours in China as 20:00-08:00, or never")
        begin_hour, begin_minute, end_hour, end_minute = map(int, parts.groups())
        return cls(time(begin_hour, begin_minute), time(end_hour, end_minute))

    def holds(self, now: datetime, calendar: Calendar) -> bool:
        here = now.astimezone(CHINA)
        if not calendar.is_working(here.date()):
            return True
        if self.begins <= self.ends:
            return self.begins <= here.time() < self.ends
        return here.time() >= self.begins or here.time() < self.ends

    def over(self, now: datetime, calendar: Calendar) -> datetime:
        """Return when it is quiet no more, ``now`` itself when it is not."""
        if not self.holds(now, calendar):
            return now
        here = now.astimezone(CHINA)
        days = (here.date() + timedelta(days=number) for number in count())
        ends = (datetime.combine(day, at, CHINA) for day in days for at in (time(), self.ends))
        return next(at for at in ends if at > now and not self.holds(at, calendar))


BACKOFF = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240, 720))
"""How long after each failed attempt the next one is made. After the last one a person is asked."""


def next_attempt(attempts: int, now: datetime) -> datetime | None:
    """Return when to try again after so many attempts, None when no more."""
    return now + BACKOFF[attempts - 1] if attempts <= len(BACKOFF) else None
