"""Which permits stand still because an event of theirs could not be applied, and how do they go on?"""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Query, Response
from fastapi.responses import HTMLResponse

from events.catalogue import DECISIONS
from events.corrections import correction_stream
from events.database import raw
from projections import parked_acts, skipping
from projections.parked_requests import open_requests
from projections.parked_streams import parked_by_reason, parked_page, waiting_records
from projections.task_receipts import receipts_about
from services.pages.lag_words import PARKED_ACTS, PARKED_REASONS
from services.pages.visiting import Visiting, own_address
from services.parked_desk import ParkedDesk
from services.parked_stated import REASON_AT_LEAST, RetryParked
from services.parked_words import ACT_WORDS, request_in_words
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
        asked = open_requests(connection, name, (one.stream for one in found))
        passed = skipping.counted(connection, name)
    return visit.show(
        "parked.html",
        found=found[:PAGE],
        reasons=reasons,
        asked=asked,
        request_words=request_in_words,
        passed=passed,
        reason=reason,
        after=after,
        following=after + PAGE if len(found) > PAGE else None,
        reason_words=PARKED_REASONS,
        reason_acts=PARKED_ACTS,
        may_retry=visit.may("POST /parked"),
    )


@routes.get("/parked/history")
def history(office: Here, visit: Visiting, before: Annotated[int, Query(ge=0, le=2**63 - 1)] = 0) -> HTMLResponse:
    """Show who did what about parked permits, when and why: also about those that are parked no longer."""
    with office.engine.connect() as connection:
        found = parked_acts.history(raw(connection), office.lag().projection, None, before or None, PAGE + 1)
    return visit.show(
        "parked_history.html",
        found=found[:PAGE],
        before=before,
        following=found[PAGE - 1].id if len(found) > PAGE else None,
        act_words=ACT_WORDS,
        reason_words=PARKED_REASONS,
    )


@routes.get("/parked/{stream}")
def one_parked(office: Here, visit: Visiting, stream: UUID) -> HTMLResponse:
    """Show what waits in one stream: which events, when they were recorded. Not what they say."""
    name = office.lag().projection
    with office.engine.connect() as opened:
        connection = raw(opened)
        found = waiting_records(connection, name, stream)
        if found is None:
            raise unknown_parked()
        first = skipping.first_waiting(connection, name, stream)
        asked = open_requests(connection, name, [stream]).get(stream)
        acts = parked_acts.history(connection, name, stream, None, PAGE)
        about = [correction_stream(stream, first)] if first else []
        told = next(iter(receipts_about(connection, about).values()), [])
    return visit.show(
        "parked_one.html",
        one=found[0],
        records=found[1],
        first=first,
        asked=asked,
        request_words=request_in_words,
        acts=acts,
        act_words=ACT_WORDS,
        told=told[0] if told else None,
        mendable=bool(found[1]) and found[1][0].type in DECISIONS,
        at_least=REASON_AT_LEAST,
        may_consent=visit.may("POST /parked/{stream}/looks"),
        reason_words=PARKED_REASONS,
        reason_acts=PARKED_ACTS,
        may_retry=visit.may("POST /parked"),
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
    seat = visit.must_be()
    if stream is None and not reason:
        raise unknown_parked()
    said = RetryParked(officer=seat.staff, stream=stream, reason=reason or None)
    asked = ParkedDesk(office.engine, office.lag().projection, office.now).retry(said)
    if not asked:
        raise unknown_parked()
    return visit.done(own_address(to), f"已要求重试 {asked} 件许可，处理程序随即按版本顺序办理；办不成的仍留在本页")
