"""Which permits stand still because an event of theirs could not be applied, and how do they go on?"""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Query, Response
from fastapi.responses import HTMLResponse

from events.database import raw
from projections.parking import parked_by_reason, parked_page, request_retry, waiting_records
from services.pages.lag_words import PARKED_ACTS, PARKED_REASONS
from services.pages.seats import Role
from services.pages.visiting import Visiting, own_address
from services.problems import Problem
from services.supervision.office import Here

PAGE = 50
routes = APIRouter()


def unknown_parked() -> Problem:
    return Problem(
        404,
        "unknown_parked",
        "没有这件停放",
        "该许可没有停放的事件，可能刚刚已自动恢复。",
        "请回到“停放事件”查看现在的情况。",
    )


@routes.get("/parked")
def parked(
    office: Here,
    visit: Visiting,
    reason: Annotated[str, Query(pattern="^[a-z_]{0,40}$")] = "",
    after: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> HTMLResponse:
    """Show what is parked, the longest first; contents of events are not shown."""
    with office.engine.connect() as opened:
        connection = raw(opened)
        name = office.lag().projection
        found = parked_page(connection, name, reason or None, after, PAGE + 1)
        reasons = parked_by_reason(connection, name)
    return visit.show(
        "parked.html",
        found=found[:PAGE],
        reasons=reasons,
        reason=reason,
        after=after,
        following=after + PAGE if len(found) > PAGE else None,
        reason_words=PARKED_REASONS,
        reason_acts=PARKED_ACTS,
        may_retry=visit.may_be(Role.OPERATOR),
    )


@routes.get("/parked/{stream}")
def one_parked(office: Here, visit: Visiting, stream: UUID) -> HTMLResponse:
    """Show what waits in one stream: which events, when they were recorded. Not what they say."""
    with office.engine.connect() as connection:
        found = waiting_records(raw(connection), office.lag().projection, stream)
    if found is None:
        raise unknown_parked()
    return visit.show(
        "parked_one.html",
        one=found[0],
        records=found[1],
        reason_words=PARKED_REASONS,
        reason_acts=PARKED_ACTS,
        may_retry=visit.may_be(Role.OPERATOR),
    )


@routes.post("/parked")
def retry(
    office: Here,
    visit: Visiting,
    reason: Annotated[str, Form(pattern="^[a-z_]{0,40}$")] = "",
    stream: Annotated[UUID | None, Form()] = None,
    to: Annotated[str, Form()] = "/parked",
) -> Response:
    """Ask for another try: of one stream, or of all that were parked for a reason."""
    visit.must_be(Role.OPERATOR)
    if stream is None and not reason:
        raise unknown_parked()
    with office.engine.begin() as connection:
        asked = request_retry(raw(connection), office.lag().projection, stream=stream, reason=reason or None)
    if not asked:
        raise unknown_parked()
    return visit.done(own_address(to), f"已要求重试 {asked} 件许可，处理程序随即按版本顺序办理；办不成的仍留在本页")
