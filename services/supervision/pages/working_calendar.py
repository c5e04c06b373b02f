"""Which days are worked (工作日历), by which notices, and how long may each kind of work take?"""

from __future__ import annotations

import calendar
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, File, Query, UploadFile
from fastapi.responses import HTMLResponse, Response

from events.database import raw
from services.calendar_file import HEADINGS, read_calendar_file
from services.limits import EVERY_MATTER, KIND_WORDS, STATE_WORDS, UNIT_WORDS, limit_rows
from services.pages.visiting import Visiting
from services.refused_rows_shown import refused_as_json
from services.supervision.matters import matter_names
from services.supervision.office import Here
from services.tables.faults import UnreadableFile
from services.time_rules import read_limits, read_notices, read_time_rules, take_entries
from services.uploads import keep, unreadable
from services.working_days import Calendar

SHOWN = 100
routes = APIRouter()
_WEEKS = calendar.Calendar()


@routes.get("/calendar")
def working_calendar(
    office: Here, visit: Visiting, year: Annotated[int | None, Query(ge=2000, le=2100)] = None
) -> HTMLResponse:
    shown = year or office.today.year
    with office.engine.connect() as connection:
        rules = read_time_rules(raw(connection))
        taken = read_notices(raw(connection))
        limits = limit_rows(read_limits(raw(connection)), office.today)
        matters = matter_names(connection)
    return visit.show(
        "calendar.html",
        year=shown,
        estimated=shown not in rules.calendar.years,
        unknown_from=rules.calendar.unknown_from,
        months=[month_of(rules.calendar, shown, month) for month in range(1, 13)],
        worked=sum(rules.calendar.is_working(day) for month in range(1, 13) for day in _days(shown, month)),
        notices=[one for one in taken if one.notice_year in (None, shown)],
        version=rules.calendar.version,
        limits=limits,
        kinds={kind.value: words for kind, words in KIND_WORDS.items()},
        units={unit.value: words for unit, words in UNIT_WORDS.items()},
        states=STATE_WORDS,
        every=EVERY_MATTER,
        matters=matters,
        headings=HEADINGS,
        may_change=visit.may("POST /calendar"),
    )


@routes.post("/calendar")
def take_notices(office: Here, visit: Visiting, file: Annotated[UploadFile, File()]) -> Response:
    """Take the notices of a file, all of them or none."""
    seat = visit.must_be()
    _, place = keep(file)
    try:
        found = read_calendar_file(place, seat.staff)
    except UnreadableFile as error:
        raise unreadable(error.fault) from None
    if found.refused:
        refused = refused_as_json(found.refused)
        return visit.show("calendar_refused.html", refused=refused[:SHOWN], count=len(refused))
    with office.engine.begin() as transaction:
        taken = take_entries(raw(transaction), "supervision", found.notices, office.now())
    return visit.done(
        "/calendar", f"已导入：新记录 {taken.recorded} 份通知，未变 {taken.unchanged} 份；未办结事项的期限随后重算"
    )


def month_of(working: Calendar, year: int, month: int) -> dict[str, Any]:
    """Return a month as weeks of days, Monday first; a day of another month is nothing."""
    weeks = [
        [{"day": day, "works": working.is_working(day), "moved": day in working.works} if day.month == month else None
         for day in week]
        for week in _WEEKS.monthdatescalendar(year, month)
    ]  # fmt: skip
    return {"month": month, "weeks": weeks, "worked": sum(working.is_working(day) for day in _days(year, month))}


def _days(year: int, month: int) -> list[date]:
    return [day for day in _WEEKS.itermonthdates(year, month) if day.month == month]
