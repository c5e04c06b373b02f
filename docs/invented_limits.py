"""One invented event of each type of ``events.limits``. Nobody in it exists."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from docs.invented import FOOD
from events.approval import Said
from events.limits import CalendarDay, CalendarDaysSet, LimitKind, LimitSet, Unit


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
