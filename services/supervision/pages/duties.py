"""Who supervises what (监管责任清单): entries on a day, what changes soon, where an event would go, what nobody has."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ConfigDict, Field

from events.approval import Level
from events.database import raw
from events.supervision import Mode
from services.pages.visiting import Visiting
from services.supervision.code_register import read_mappings
from services.supervision.duty_difference import Gap, gaps
from services.supervision.duty_history import history_of
from services.supervision.duty_list import UNCOVERED_WORDS, Duty
from services.supervision.duty_questions import Holding, listed_duties
from services.supervision.duty_register import read_register, register_version
from services.supervision.matters import matter_names
from services.supervision.office import Here, Office
from services.supervision.permit_answers import department_names

ON_A_PAGE = 50
AT_MOST = 300
HOLDINGS = {Holding.ON_DAY: "当日有效", Holding.TO_COME: "将生效、将失效", Holding.ALL: "全部"}
MODES = {Mode.ON_PUSH: "推送即认领", Mode.ON_SIGNING: "签收认领"}
routes = APIRouter()


class Asked(BaseModel):
    """The filters of the list, as they stand in its address; an empty one restricts nothing. ``on``: today if empty."""

    model_config = ConfigDict(extra="forbid")

    holding: Holding = Holding.ON_DAY
    matter: str = ""
    region: Annotated[str, Field(pattern=r"^[0-9]{0,12}$")] = ""
    department: str = ""
    on: date | Literal[""] = ""
    page: Annotated[int, Field(ge=1, le=10_000)] = 1

    def address(self, **other: Any) -> str:
        said = self.model_dump(mode="json", exclude={"page"}) | other
        return f"/duties?{urlencode({name: value for name, value in said.items() if value})}"


class AskedRoute(BaseModel):
    """An event that is only thought of: where would it go?"""

    model_config = ConfigDict(extra="forbid")

    matter: str = ""
    region: Annotated[str, Field(pattern=r"^([0-9]{6}|[0-9]{12}|)$")] = ""
    level: Level | Literal[""] = ""
    on: date | Literal[""] = ""


@routes.get("/duties")
def all_duties(office: Here, visit: Visiting, asked: Annotated[Asked, Query()]) -> HTMLResponse:
    day = asked.on if isinstance(asked.on, date) else office.today
    with office.engine.connect() as connection:
        rows, count = listed_duties(
            connection, asked.holding, day, matter=asked.matter, region=asked.region, department=asked.department,
            limit=ON_A_PAGE, offset=(asked.page - 1) * ON_A_PAGE,
        )  # fmt: skip
        names, matters = department_names(connection), matter_names(connection)
    return visit.show(
        "duties.html",
        asked=asked,
        day=day,
        rows=rows,
        count=count,
        names=names,
        matters=matters,
        holdings=HOLDINGS,
        modes=MODES,
        may_change=visit.may("GET /duties/import"),
        first=asked.address() if asked.page > 1 else None,
        following=asked.address(page=asked.page + 1) if asked.page * ON_A_PAGE < count else None,
    )


@routes.get("/duties/matters/{matter}")
def one_matter(office: Here, visit: Visiting, matter: str) -> HTMLResponse:
    """Show every version of a matter's entries: what held, and when it was recorded."""
    with office.engine.connect() as connection:
        found = history_of(raw(connection), matter)
        names, name = department_names(connection), matter_names(connection).get(matter, "")
    return visit.show(
        "duty_history.html", matter=matter, name=name, found=found[-AT_MOST:], count=len(found), names=names
    )


@routes.get("/duties/route")
def where_would_it_go(office: Here, visit: Visiting, asked: Annotated[AskedRoute, Query()]) -> HTMLResponse:
    day = asked.on if isinstance(asked.on, date) else office.today
    with office.engine.connect() as connection:
        answer = None
        if asked.matter and asked.region and asked.level:
            answer = read_register(raw(connection)).route(asked.matter, asked.region, str(asked.level), day)
        names, matters = department_names(connection), matter_names(connection)
    return visit.show(
        "duty_route.html",
        asked=asked,
        day=day,
        duty=answer.content if isinstance(answer, Duty) else None,
        uncovered=UNCOVERED_WORDS[answer] if answer and not isinstance(answer, Duty) else "",
        names=names,
        matters=matters,
        levels=list(Level),
        modes=MODES,
    )


@routes.get("/duties/gaps")
def uncovered(office: Here, visit: Visiting, on: Annotated[date | Literal[""], Query()] = "") -> HTMLResponse:
    """Show the matters, regions and levels with permits or waiting decisions that nobody supervises on a day."""
    day = on if isinstance(on, date) else office.today
    with office.engine.connect() as connection:
        version = register_version(raw(connection))
    # Between two connections: one that says nothing while it is counted would be taken for a frozen one's.
    (found, count), as_of = office.kept.get(("gaps", day, version), lambda: _gaps(office, day))
    with office.engine.connect() as connection:
        matters = matter_names(connection)
    return visit.show(
        "duty_gaps.html",
        day=day,
        found=found,
        count=count,
        matters=matters,
        whys=UNCOVERED_WORDS,
        as_of=as_of,
    )


def _gaps(office: Office, day: date) -> tuple[list[Gap], int]:
    with office.engine.connect() as connection:
        found = gaps(raw(connection), read_register(raw(connection)), day)
    return found[:AT_MOST], len(found)


@routes.get("/duties/codes")
def code_mappings(office: Here, visit: Visiting) -> HTMLResponse:
    """Show what old codes of matters, regions and departments stand for."""
    with office.engine.connect() as connection:
        found = read_mappings(raw(connection))
        names = matter_names(connection) | department_names(connection)
    found.sort(key=lambda one: (one.kind, one.old, one.valid_from))
    return visit.show(
        "codes.html",
        found=found[:AT_MOST],
        count=len(found),
        names=names,
        may_change=visit.may("POST /duties/codes"),
    )
