"""Are departments taking over, is anything late, and with whom? A leader reads it on one sheet."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from urllib.parse import urlencode

from fastapi import APIRouter
from fastapi.responses import HTMLResponse
from markupsafe import Markup

from projections.push_counts import Count
from services.pages.charts import Point, bar, columns
from services.pages.visiting import Visit, Visiting
from services.supervision.matters import matter_names
from services.supervision.office import Here, Office
from services.supervision.overview import EARLIEST, Overview, on_time, overview
from services.supervision.permit_answers import department_names

LONGEST = 8
DEPARTMENTS = 12
"""So many fit one printed sheet; the rest is counted under them, and all stand in the figures."""

routes = APIRouter()


@routes.get("/overview")
def overview_page(office: Here, visit: Visiting) -> HTMLResponse:
    return leaders_desk(office, visit)


def leaders_desk(office: Office, visit: Visit) -> HTMLResponse:
    found, now = office.kept.get("overview", lambda: _overview(office))
    with office.engine.connect() as connection:
        names = department_names(connection)
        matters = matter_names(connection)
    most = max((one.waiting.open for one in found.departments), default=0)
    return visit.show(
        "overview.html",
        as_of=now,
        found=found,
        shown=found.departments[:DEPARTMENTS],
        late=[one for one in found.departments if one.waiting.overdue],
        names=names,
        matters=matters,
        percent=_percent,
        bar=lambda count: bar(count.open, most, count.overdue, 150),
        rows=_rows,
        earliest=EARLIEST,
        trend=_trend(found.months),
    )


def _overview(office: Office) -> Overview:
    with office.engine.connect() as connection:
        return overview(connection, office.now(), LONGEST)


def _percent(count: Count) -> str:
    part = on_time(count)
    return "—" if part is None else f"{part:.1f}%"


def _rows(figure: str, first: date, last: date, as_of: datetime, department: str = "") -> str:
    """Return the address of the pushes that a figure counts, as they stood then."""
    said = {"figure": figure, "from": first.isoformat(), "to": last.isoformat()}
    said["as_of"] = as_of.isoformat()
    if department:
        said["department"] = department
    return f"/figures/rows?{urlencode(said)}"


def _trend(months: Sequence[Count]) -> Markup:
    points = [Point(one.group[0], one.pushed, one.late + one.overdue) for one in months]
    return columns(points, "近六个月每月推送件数，其中逾期签收和超期未签收", 560, 170)
