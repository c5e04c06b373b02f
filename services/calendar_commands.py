"""``linkage calendar show`` and ``import``: which days are worked, by which notices, on one side or on both."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from events.database import connect
from services.calendar_file import read_calendar_file
from services.command_options import AsJson, By, named, readable
from services.limit_commands import OfSide, take_on, tell_taken
from services.looking import as_it_stands
from services.migrating import Side
from services.time_rules import read_notices, read_time_rules
from services.working_days import Calendar, china_day

WEEKDAYS = "一二三四五六日"


def show_calendar(
    year: Annotated[int | None, typer.Option(help="The year whose days are listed; else this one.")] = None,
    side: Annotated[Side, typer.Option(help="Whose calendar.")] = "supervision",
    as_json: AsJson = False,
) -> None:
    """Shows whose notices are known, and a year's days that are not what their weekday says."""
    shown = year or china_day().year
    with (
        as_it_stands("calendar", frozenset({side})) as (_, databases),
        connect(databases.owner[side], application="calendar") as connection,
    ):
        calendar = read_time_rules(connection).calendar
        taken = read_notices(connection)
    days = {day: works for day, works in sorted(calendar.works.items()) if day.year == shown}
    answer: dict[str, Any] = {
        "version": calendar.version,
        "years": sorted(calendar.years),
        "taken": [{"notice": said.notice, "year": said.notice_year, "days": len(said.days)} for said in taken],
        "year": shown,
        "estimated": shown not in calendar.years,
        "days": [{"day": day.isoformat(), "works": works} for day, works in days.items()],
    }
    typer.echo(json.dumps(answer, ensure_ascii=False)) if as_json else _show(calendar, answer, days)


def _show(calendar: Calendar, answer: dict[str, Any], days: dict[date, bool]) -> None:
    years = answer["years"]
    typer.echo(f"已有年度通知: {years[0]} 至 {years[-1]} 年" if years else "没有年度通知")
    for said in answer["taken"]:
        typer.echo(f"  {said['notice']}: {said['year'] or '本地'}, {said['days']} 天")
    if answer["estimated"]:
        typer.echo(f"{answer['year']} 年尚无通知: 按周一至周五计, 涉及该年的期限均为预估")
    for day, works in days.items():
        typer.echo(f"  {day} 周{WEEKDAYS[day.weekday()]} {'上班' if works else '休息'}")
    typer.echo(f"版本: {calendar.version}")


def import_calendar(
    file: Annotated[Path, typer.Argument(help="CSV or XLSX.", exists=True, dir_okay=False)],
    by: By,
    side: OfSide = None,
    as_json: AsJson = False,
) -> None:
    """Takes the notices of a file, all of them or none. Leaves with 1 when a row was refused."""
    with readable(file):
        found = read_calendar_file(file, named(by))
    if found.refused and not as_json:
        typer.echo("整份未导入:")
    tell_taken({} if found.refused else take_on(found.notices, side), found.refused, as_json)
    raise typer.Exit(int(bool(found.refused)))
