"""One invented event of each type of ``events.limits`` and ``events.deadlines``. Nobody in it exists."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from uuid import UUID

from docs.invented import FOOD, MARKET_BUREAU
from events.approval import Said
from events.deadlines import DeadlineRecomputed, Escalated, LimitReached, ReminderGiven, Urged
from events.limits import CalendarDay, CalendarDaysSet, LimitKind, LimitSet, Unit

ITEM = UUID("019ac4d2-8a52-7d64-9c5e-0d7f3d0f6a11")
PERMIT = UUID("019ac4d2-8a52-7d64-9c5e-0d7f3d0f6a01")


def limits() -> Iterator[Said]:
    yield LimitSet(
        kind=LimitKind.COMMITMENT_CHECK,
        matter_code=FOOD,
        days=30,
        unit=Unit.NATURAL_DAYS,
        valid_from=date(2027, 1, 1),
        valid_to=date(2027, 12, 31),
        basis="海审改办〔2026〕5号",
        officer="S-0417",
    )
    yield CalendarDaysSet(
        notice="虚构的2027年放假通知",
        notice_year=2027,
        days=(
            CalendarDay(day=date(2027, 1, 1), works=False),
            CalendarDay(day=date(2027, 1, 3), works=True),
            CalendarDay(day=date(2027, 5, 1), works=False),
            CalendarDay(day=date(2027, 10, 1), works=False),
        ),
        officer="S-0417",
    )


def deadlines() -> Iterator[Said]:
    said = {
        "item": ITEM,
        "kind": LimitKind.CLAIM,
        "owner": MARKET_BUREAU,
        "about": PERMIT,
        "clock": 0,
        "opened_on": date(2026, 11, 24),
        "limit_days": 3,
        "unit": Unit.WORKING_DAYS,
        "due_on": date(2026, 11, 27),
        "estimated": False,
        "calendar_version": "notices 2004-2026, own days 0, 4f3c2a9be071",
    }
    yield ReminderGiven.model_validate(said | {"owed_on": date(2026, 11, 26)})
    yield LimitReached.model_validate(said | {"owed_on": date(2026, 11, 28)})
    yield Escalated.model_validate(said | {"owed_on": date(2026, 12, 1), "superior": "审改办"})
    urged = {"clock": 1, "opened_on": date(2026, 12, 1), "limit_days": 1, "due_on": date(2026, 12, 2)}
    yield Urged.model_validate(said | urged | {"officer": "S-0102", "reason": "节前须完成"})
    over_new_year = {"opened_on": date(2026, 12, 30), "due_on": date(2027, 1, 5), "due_before": date(2027, 1, 4)}
    yield DeadlineRecomputed.model_validate(
        said | over_new_year | {"estimated_before": True, "again": ("limit_reached",)}
    )
