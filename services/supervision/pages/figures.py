"""The figures about pushes (统计报表), by what and of which days a reader chooses, and the rows behind each of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Response
from fastapi.responses import HTMLResponse

from projections.penalty_counts import penalty_tasks
from projections.push_counts import By, Dates, Wanted
from projections.push_rows import pushes_of
from services.pages.downloads import download
from services.pages.visiting import Visiting
from services.supervision.matters import matter_names
from services.supervision.office import Here, Office
from services.supervision.permit_answers import department_names
from services.supervision.statistics import DATES, FIGURES, GROUPS, backwards, statistics, workbook
from services.task_words import OUTCOME_WORDS
from services.working_days import CHINA

PAGE = 50
ROWS_AT_MOST = 1000

routes = APIRouter()

First = Annotated[date | None, Query(alias="from")]
Last = Annotated[date | None, Query(alias="to")]
Skipped = Annotated[int, Query(ge=0, le=100_000)]


@routes.get("/figures")
def figures(
    office: Here,
    visit: Visiting,
    first: First = None,
    last: Last = None,
    by: Annotated[list[By] | None, Query()] = None,
    dates: Dates = Dates.RECORDED,
    as_of: datetime | None = None,
    department: Annotated[str, Query(max_length=18)] = "",
    form: Annotated[str, Query(pattern="^(page|xlsx)$")] = "page",
) -> Response:
    """Show the figures of this month, or of the days that were asked for; ``form=xlsx`` as a workbook."""
    groups = by or [By.DEPARTMENT]

    def count() -> tuple[Wanted, dict[str, Any]]:
        wanted = _wanted(office, first, last, groups, dates, as_of, department)
        with office.engine.connect() as connection:
            return wanted, statistics(connection, wanted)

    asked = ("figures", office.today, first, last, tuple(groups), dates, as_of, department)
    (wanted, said), _ = office.kept.get(asked, count)
    with office.engine.connect() as connection:
        names = department_names(connection)
        matters = matter_names(connection)
    if form == "xlsx":
        return download(workbook(said), f"统计报表-{office.today:%m%d}.xlsx")
    rows: Sequence[Any] = said["rows"]
    return visit.show(
        "figures.html",
        wanted=wanted,
        rows=rows[:ROWS_AT_MOST],
        left_off=len(rows) - ROWS_AT_MOST,
        total={name: sum(row[name] for row in rows) for name in FIGURES},
        figures=FIGURES,
        groups=GROUPS,
        dates=DATES,
        names=names,
        matters=matters,
        department=department,
        asked_as_of=as_of,
        moment=wanted.as_of,
        address=_addresses(wanted, department),
        book="/figures?" + urlencode([*_said(wanted, department), ("form", "xlsx"), *_by(wanted)]),
    )


@routes.get("/figures/rows")
def figure_rows(
    office: Here,
    visit: Visiting,
    figure: Annotated[str, Query(pattern=f"^({'|'.join(FIGURES)})$")] = "pushed",
    first: First = None,
    last: Last = None,
    dates: Dates = Dates.RECORDED,
    as_of: datetime | None = None,
    department: Annotated[str, Query(max_length=18)] = "",
    matter: Annotated[str, Query(max_length=60)] = "",
    region: Annotated[str, Query(pattern="^([0-9]{6})?$")] = "",
    after: Skipped = 0,
) -> HTMLResponse:
    """Show the pushes that one figure counts, as they stood at its moment."""
    wanted = _wanted(office, first, last, [], dates, as_of, department, matter, region)
    with office.engine.connect() as connection:
        found = pushes_of(connection, wanted, figure, after, PAGE + 1)
        names = department_names(connection)
        matters = matter_names(connection)
    said = [*_said(wanted, department), ("figure", figure), ("matter", matter), ("region", region)]
    return visit.show(
        "figure_rows.html",
        wanted=wanted,
        figure=FIGURES[figure],
        found=found[:PAGE],
        names=names,
        matters=matters,
        dates=DATES,
        department=department,
        first_page=f"/figures/rows?{urlencode(said)}" if after else None,
        following=f"/figures/rows?{urlencode([*said, ('after', after + PAGE)])}" if len(found) > PAGE else None,
    )


@routes.get("/figures/penalties")
def penalties(
    office: Here, visit: Visiting, first: First = None, last: Last = None, after: Skipped = 0
) -> HTMLResponse:
    """Show the tasks that penalties gave the approval side, and what became of them."""
    wanted = _wanted(office, first, last, [], Dates.RECORDED, None, "")
    with office.engine.connect() as connection:
        found = penalty_tasks(connection, wanted.first, wanted.last, after, PAGE + 1)
        names = department_names(connection)
    said = [("from", wanted.first.isoformat()), ("to", wanted.last.isoformat())]
    return visit.show(
        "figure_penalties.html",
        wanted=wanted,
        found=found[:PAGE],
        names=names,
        outcomes=OUTCOME_WORDS,
        first_page=f"/figures/penalties?{urlencode(said)}" if after else None,
        following=f"/figures/penalties?{urlencode([*said, ('after', after + PAGE)])}" if len(found) > PAGE else None,
    )


def _wanted(
    office: Office,
    first: date | None,
    last: date | None,
    by: Sequence[By],
    dates: Dates,
    as_of: datetime | None,
    department: str,
    matter: str = "",
    region: str = "",
) -> Wanted:
    last = last or office.today
    first = first or last.replace(day=1)
    if first > last:
        raise backwards()
    moment = as_of or office.now()
    moment = moment if moment.tzinfo else moment.replace(tzinfo=CHINA)
    return Wanted(by, dates, first, last, moment, [department] if department else (), matter, region)


def _said(wanted: Wanted, department: str) -> list[tuple[str, str]]:
    return [
        ("from", wanted.first.isoformat()),
        ("to", wanted.last.isoformat()),
        ("dates", wanted.dates.value),
        ("as_of", wanted.as_of.isoformat()),
        ("department", department),
    ]


def _by(wanted: Wanted) -> list[tuple[str, str]]:
    return [("by", one.value) for one in wanted.by]


def _addresses(wanted: Wanted, department: str) -> Any:
    """Return what gives the address of the rows behind a figure of one row of the table."""

    def address(figure: str, row: dict[str, Any]) -> str:
        said = dict(_said(wanted, department)) | {"figure": figure}
        said |= {name: row[name] for name in ("department", "matter", "region") if name in row}
        if month := row.get("month"):
            begins = date.fromisoformat(f"{month}-01")
            ends = date(begins.year + begins.month // 12, begins.month % 12 + 1, 1).toordinal() - 1
            said["from"] = max(wanted.first, begins).isoformat()
            said["to"] = min(wanted.last, date.fromordinal(ends)).isoformat()
        return f"/figures/rows?{urlencode(said)}"

    return address
