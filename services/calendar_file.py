"""Notices about days of work and rest as a file (CSV or XLSX with Chinese headings), taken whole or not at all: a year
whose notice was read by half would count as known, and every limit in it would be wrong."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from events.limits import CalendarDay, CalendarDaysSet
from services.tables.faults import Fault
from services.tables.headed import Wrong, day, headed_rows, needed

DAY, SORT, NOTICE, YEAR = "日期", "类别", "来源", "通知年度"
HEADINGS = (DAY, SORT, NOTICE, YEAR)
REQUIRED = (DAY, SORT, NOTICE)
SORTS = {"工作日": True, "休息日": False}
ALWAYS_RESTED = ((1, 1), (5, 1), (10, 1))
"""Days that every year's notice names: one without them was not copied to its end."""

BAD_SORT = Fault("bad_day_sort", "类别应为 工作日 或 休息日。", "请改为其中之一。")
BAD_YEAR = Fault("bad_year", "通知年度应为四位年份。", "国务院办公厅年度通知填其年度; 本地通知留空。")
OTHER_YEAR = Fault("day_of_another_year", "日期不在通知年度内。", "年度通知只含当年和上年十二月的日期, 请核对。")
TWICE = Fault("day_twice", "同一来源中该日期出现两次且类别不同。", "请核对后只留一行。")
TWO_NAMES = Fault("two_notices_for_a_year", "同一通知年度写了两个来源。", "一个年度只有一份通知, 请统一来源。")
NOT_WHOLE = Fault(
    "notice_not_whole", "通知年度 {year} 缺少休息日 {days}。", "请录入整份通知: 全部放假日和全部调休上班日。"
)


@dataclass(slots=True)
class CalendarFile:
    """What a file says: its notices, and (row, column, value, fault) of what is wrong. With a fault none is taken."""

    notices: list[CalendarDaysSet] = field(default_factory=list)
    refused: list[tuple[int, str, str, Fault]] = field(default_factory=list)


def read_calendar_file(path: Path, officer: str) -> CalendarFile:
    """Read notices. Rows of one source and year are one notice; a row that is not understood refuses them all."""
    found = CalendarFile()
    days: dict[tuple[str, int | None], dict[date, bool]] = {}
    names: dict[int, str] = {}
    for number, said in headed_rows(path, HEADINGS, REQUIRED):
        try:
            when, works, year = _row(said)
            if year and names.setdefault(year, said[NOTICE]) != said[NOTICE]:
                raise Wrong(NOTICE, TWO_NAMES)
            if days.setdefault((said[NOTICE], year), {}).setdefault(when, works) != works:
                raise Wrong(DAY, TWICE)
        except Wrong as wrong:
            found.refused.append((number, wrong.column, said[wrong.column], wrong.fault))
    for year in sorted(names):
        if missing := _missing(year, days[names[year], year]):
            found.refused.append((0, YEAR, str(year), NOT_WHOLE.of(year=year, days="、".join(map(str, missing)))))
    if not found.refused:
        found.notices = [
            CalendarDaysSet(
                notice=name,
                notice_year=year,
                days=tuple(CalendarDay(day=when, works=works) for when, works in sorted(listed.items())),
                officer=officer,
            )
            for (name, year), listed in days.items()
        ]
    return found


def _row(said: dict[str, str]) -> tuple[date, bool, int | None]:
    needed(said, *REQUIRED)
    when = day(said, DAY)
    if said[SORT] not in SORTS:
        raise Wrong(SORT, BAD_SORT)
    if not said[YEAR]:
        return when, SORTS[said[SORT]], None
    if not (said[YEAR].isdecimal() and len(said[YEAR]) == 4):
        raise Wrong(YEAR, BAD_YEAR)
    year = int(said[YEAR])
    if when.year != year and (when.year, when.month) != (year - 1, 12):
        raise Wrong(DAY, OTHER_YEAR)
    return when, SORTS[said[SORT]], year


def _missing(year: int, days: dict[date, bool]) -> list[date]:
    always = [date(year, month, number) for month, number in ALWAYS_RESTED]
    return [when for when in always if days.get(when) is not False]
