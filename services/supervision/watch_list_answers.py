"""Answers about the lists: which departments there are, and what a department must watch."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Header, Path, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel
from sqlalchemy import Connection, text
from starlette.concurrency import run_in_threadpool

from projections.watch_list_cursor import CursorSpoiled
from projections.watch_list_page import Page, find
from services.access.callers import scope_now
from services.access.streams import while_let_in
from services.problems import Problem
from services.supervision.arrival import arrived
from services.supervision.asked import Asked, AskedByProgram
from services.supervision.office import Here, Office, name_of, unknown_department
from services.wording import DECISIONS, STATUSES

DepartmentCode = Annotated[str, Path(description="监管部门的 18 位代码。")]
COUNTED_PER_DEPARTMENT = 1_000


class Party(BaseModel):
    id: UUID
    kind: str
    label: str


class ListedPermit(BaseModel):
    """``valid_to`` null is 长期. ``expired``: past its last day and not cancelled."""

    permit: UUID
    status: str
    status_in_words: str
    expired: bool
    role: str
    party: Party
    matter_code: str
    region_code: str
    level: str
    permit_number: str
    certificate_name: str
    document_number: str
    valid_from: date | None
    valid_to: date | None
    decision: str
    decision_in_words: str
    decision_date: date
    deciding_body: str
    deciding_body_name: str
    commitment: bool
    opening_stock: bool
    push_number: int
    push_version: int
    permit_version: int
    first_listed_at: datetime
    recorded_at: datetime
    changed_at: datetime


class WatchListAnswer(BaseModel):
    """``count`` is exact up to 10,000; ``count_capped`` says that there are more."""

    department: str
    name: str
    permits: list[ListedPermit]
    count: int
    count_capped: bool
    next_cursor: str | None
    as_of: datetime


class Department(BaseModel):
    """``valid`` is exact up to 1,000; ``valid_capped`` says that there are more."""

    department: str
    name: str
    valid: int
    valid_capped: bool


class Departments(BaseModel):
    departments: list[Department]
    as_of: datetime


def departments(connection: Connection) -> Departments:
    rows = connection.execute(
        text(
            """SELECT d.department, d.name, n.valid, clock_timestamp() AS as_of FROM departments d CROSS JOIN LATERAL (
                   SELECT count(*) AS valid FROM (SELECT FROM watch_list w
                       WHERE w.department = d.department AND w.status = 'valid' LIMIT :most) AS listed) AS n
               ORDER BY d.department"""
        ),
        {"most": COUNTED_PER_DEPARTMENT + 1},
    ).all()
    as_of = rows[0].as_of if rows else connection.scalar(text("SELECT clock_timestamp()"))
    cap = COUNTED_PER_DEPARTMENT
    found = [
        Department(department=r.department, name=r.name, valid=min(r.valid, cap), valid_capped=r.valid > cap)
        for r in rows
    ]
    return Departments(departments=found, as_of=as_of)


def list_departments(office: Here) -> Departments:
    """Return every department of the duty list, with how many permits it watches now."""
    with office.engine.connect() as connection:
        return departments(connection)


def list_cursor_spoiled() -> Problem:
    return Problem(
        400,
        "cursor_spoiled",
        "页码标记无效",
        "页码标记不完整，或不是用同一名单、同一筛选条件取得的。",
        "请去掉 cursor，从第一页重新查询。",
    )


def page_of(connection: Connection, department: str, asked: Asked, today: date, limit: int) -> Page:
    try:
        return find(connection, department, asked.filters(), today=today, cursor=asked.cursor, limit=limit)
    except CursorSpoiled:
        raise list_cursor_spoiled() from None


async def read_watch_list(
    office: Here, department: DepartmentCode, asked: Annotated[AskedByProgram, Query()]
) -> WatchListAnswer:
    """Return what a department must watch, newest change first; soonest end first when the end is asked for."""
    if awaited := asked.awaited():
        await arrived(office.engine, *awaited)
    return await run_in_threadpool(_watch_list, office, department, asked)


def _watch_list(office: Office, department: str, asked: AskedByProgram) -> WatchListAnswer:
    today = office.today
    with office.engine.connect() as connection:
        name = name_of(connection, department)
        page = page_of(connection, department, asked, today, asked.limit)
    return WatchListAnswer(
        department=department,
        name=name,
        permits=[_listed(row._mapping, today) for row in page.rows],
        count=page.count,
        count_capped=page.count_capped,
        next_cursor=page.next_cursor,
        as_of=page.as_of,
    )


def is_expired(row: Any, today: date) -> bool:
    """Tell whether a valid permit is past its last day: 已届满未注销."""
    return bool(row["status"] == "valid" and row["valid_to"] is not None and row["valid_to"] < today)


def _listed(row: Any, today: date) -> ListedPermit:
    return ListedPermit(
        **{name: row[name] for name in ListedPermit.model_fields if name in row and name != "party"},
        party=Party(id=row["party"], kind=row["party_kind"], label=row["party_label"]),
        status_in_words=STATUSES.get(row["status"], row["status"]),
        decision_in_words=DECISIONS.get(row["decision"], row["decision"]),
        expired=is_expired(row, today),
    )


async def watch_events(
    request: Request,
    office: Here,
    department: DepartmentCode,
    after: Annotated[int | None, Query(ge=0, description="从此推送之后续传；省略则从现在起。")] = None,
    last_event_id: Annotated[
        str | None, Header(pattern=r"^\d{1,18}$", description="断线前最后收到的推送，优先于 after。")
    ] = None,
) -> StreamingResponse:
    """Stream what is pushed to a department (``push``). ``after`` or ``Last-Event-ID`` resumes without loss;
    ``reset`` tells to load the list anew."""

    def check() -> None:
        with office.engine.connect() as connection:
            name_of(connection, department)
        # What is told is at hand for everybody who watches: no policy of the database stands before it.
        if not scope_now.get().covers(department):
            raise unknown_department()

    await run_in_threadpool(check)
    # A browser that reconnects sends what it saw last; the address still says where the page began.
    start = int(last_event_id) if last_event_id else after
    return StreamingResponse(
        while_let_in(request, office.live.follow(department, start)),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )
