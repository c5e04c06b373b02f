"""On which days do people work, when is a limit over, and which light does it show? Pure.

Working days follow the State Council's yearly notice, with its make-up days (调休). A year without a notice counts
Monday to Friday, and whatever rests on it is an estimate (预估). The notices up to the newest that the package
``chinesecalendar`` knows come with the product; later ones, and a site's own days, are given to ``Calendar.of``.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import cache, cached_property
from itertools import accumulate
from zoneinfo import ZoneInfo

import chinese_calendar

CHINA = ZoneInfo("Asia/Shanghai")
ONE = timedelta(days=1)
NEXT_NOTICE_FROM = 29
"""From this day of December on a day may be moved by the *next* year's notice (29 December 2018 was a working Saturday
by the one for 2019): until that is known, nobody knows it."""


def china_day(moment: datetime | None = None) -> date:
    """Return the day in China, today's without ``moment``."""
    return (moment or datetime.now(UTC)).astimezone(CHINA).date()


@dataclass(frozen=True, slots=True)
class Due:
    """The last day of a limit. ``estimated``: a notice that is not known yet may move it."""

    day: date
    estimated: bool


@dataclass(frozen=True, slots=True)
class Notice:
    """Days that are not what their weekday says, by one notice.

    With a ``year`` it is the State Council's for that year, whole; without, the site's own about single days.
    """

    name: str
    year: int | None
    works: Mapping[date, bool]


@dataclass(frozen=True)
class Calendar:
    """Days of work and rest. ``years`` are those whose notice is known, ``works`` the days that differ from Monday to
    Friday, ``version`` names what is known: the same text, the same days."""

    years: frozenset[int]
    works: Mapping[date, bool]
    version: str

    @classmethod
    def of(cls, notices: Iterable[Notice]) -> Calendar:
        """Put ``notices`` together. Of a year the last one holds alone; a site's own days win over every year's."""
        by_year: dict[int, Notice] = {}
        own: dict[date, bool] = {}
        for notice in notices:
            if notice.year is None:
                own |= notice.works
            else:
                by_year[notice.year] = notice
        works: dict[date, bool] = {}
        for year in sorted(by_year):
            works |= by_year[year].works
        differing = {day: working for day, working in (works | own).items() if working != (day.weekday() < 5)}
        return cls(frozenset(by_year), differing, _version(by_year.keys(), len(own), differing))

    def is_working(self, day: date) -> bool:
        return self.works.get(day, day.weekday() < 5)

    def is_known(self, day: date) -> bool:
        """Tell whether no notice that is still to come can change ``day``."""
        if day.month == 12 and day.day >= NEXT_NOTICE_FROM and day.year + 1 not in self.years:
            return False
        return day.year in self.years

    @property
    def unknown_from(self) -> date:
        """The first day after the newest notice that one still to come may change."""
        return date(max(self.years), 12, NEXT_NOTICE_FROM) if self.years else date.min

    def due(self, start: date, working_days: int) -> Due:
        """Return the last day of a limit: the ``working_days``-th working day after ``start``, which is day 0."""
        if working_days < 1:
            raise ValueError("a limit has at least one working day")
        day, left, known = start, working_days, True
        while left:
            day += ONE
            known = known and self.is_known(day)
            left -= self.is_working(day)
        return Due(day, not known)

    def due_after(self, start: date, natural_days: int) -> Due:
        """Return the last day of a limit in natural days (自然日). One that would end on a day of rest ends on the next
        working day (民法典 art. 203)."""
        if natural_days < 1:
            raise ValueError("a limit has at least one day")
        day = start + natural_days * ONE
        known = self.is_known(day)
        while not self.is_working(day):
            day += ONE
            known = known and self.is_known(day)
        return Due(day, not known)

    def working_days_between(self, start: date, end: date) -> int:
        """Return how many working days follow ``start`` up to and with ``end``; negative when ``end`` is before it."""
        if end < start:
            return -self.working_days_between(end, start)
        return self._worked_until(end) - self._worked_until(start)

    def knows(self, start: date, end: date) -> bool:
        """Tell whether the count between two days is a fact: no notice still to come can change it."""
        first, last = min(start, end), max(start, end)
        return all(year in self.years for year in range(first.year, last.year + 1)) and self.is_known(last)

    def _worked_until(self, day: date) -> int:
        """Count the working days of all time up to ``day``. A difference of two needs no walk from day to day."""
        weeks, rest = divmod(day.toordinal(), 7)  # day 1 of the calendar was a Monday
        days, moved = self._moved
        return weeks * 5 + min(rest, 5) + moved[bisect_right(days, day)]

    @cached_property
    def _moved(self) -> tuple[list[date], list[int]]:
        """The days that differ, in order, and how many working days the first n of them add."""
        days = sorted(self.works)
        return days, [0, *accumulate(1 if self.works[day] else -1 for day in days)]


def _version(years: Iterable[int], own: int, works: Mapping[date, bool]) -> str:
    known = sorted(years)
    said = "".join(f"{day}{working:d}" for day, working in sorted(works.items()))
    digest = hashlib.sha256(f"{known}{said}".encode()).hexdigest()[:12]
    if not known:
        return f"no notices, own days {own}, {digest}"
    return f"notices {_ranges(known)}, own days {own}, {digest}"


def _ranges(years: list[int]) -> str:
    """Write 2004, 2005, 2006, 2008 as ``2004-2006 2008``."""
    texts, first = [], years[0]
    for year, following in zip(years, [*years[1:], 0], strict=True):
        if following != year + 1:
            texts.append(f"{first}-{year}" if first < year else str(year))
            first = following
    return " ".join(texts)


@cache
def published_notices() -> tuple[Notice, ...]:
    """Return the notices that come with the product, one a year."""
    works = dict.fromkeys(chinese_calendar.holidays, False) | dict.fromkeys(chinese_calendar.workdays, True)
    years = sorted({day.year for day in chinese_calendar.holidays})
    return tuple(
        Notice(
            f"国务院办公厅关于{year}年部分节假日安排的通知",
            year,
            {day: working for day, working in works.items() if day.year == year},
        )
        for year in years
    )


class Light(StrEnum):
    """红黄绿灯. ``words`` says what it means: a colour alone is read by nobody who sees none."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"

    @property
    def words(self) -> str:
        return {"green": "正常", "yellow": "临期", "red": "超期"}[self.value]


def light(opened: date, due: date, today: date, calendar: Calendar) -> Light:
    """Return the light of something open: green up to half of the limit, yellow after it, red past the due day.

    Computed when read, never kept: a kept one is wrong the next morning.
    """
    if today > due:
        return Light.RED
    spent = calendar.working_days_between(opened, today)
    return Light.YELLOW if 2 * spent > calendar.working_days_between(opened, due) else Light.GREEN


def credit(done: date, due: date, calendar: Calendar) -> int:
    """Return how many working days before its due day something was done; negative when it was late."""
    return calendar.working_days_between(done, due)
