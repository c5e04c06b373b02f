"""Rows of files that a person must decide about (待人工判定的行): why each waits, what it may be, and the choice."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel

from events.database import raw
from services.approval import file_imports, waiting_rows
from services.approval.decision import Kind
from services.approval.http import Here
from services.approval.http_files import unknown_row
from services.approval.retrying import retry_waiting
from services.pages.visiting import Visiting
from services.problems import Problem

SHOWN = 100
routes = APIRouter()


class ChoiceForm(BaseModel):
    """``kind`` empty: try the row again as it is, after the register or the mapping was put right."""

    kind: Kind | None = None
    to: str = "/waiting"
    key: str = ""


@routes.get("/waiting")
def waiting(office: Here, visit: Visiting) -> HTMLResponse:
    body = visit.must_be().body
    with office.engine.connect() as reading:
        rows = waiting_rows.shown(raw(reading))
        files = file_imports.of_batches(raw(reading), office.desk.master, body, [row.batch for row in rows])
    return visit.show("waiting.html", rows=rows[:SHOWN], count=len(rows), kinds=list(Kind), files=files)


@routes.post("/waiting/{row}")
def settle(office: Here, visit: Visiting, row: UUID, form: Annotated[ChoiceForm, Form()]) -> Response:
    """Record a waiting row as what a person says it is."""
    settled, still = retry_waiting(office.desk, one=row, chosen=form.kind)
    if not settled and not still:
        raise unknown_row()
    if not settled:
        with office.engine.connect() as reading:
            (left,) = waiting_rows.waiting(raw(reading), office.desk.master, [row])
        raise still_waiting(left.reason)
    return visit.done("/waiting", "该行已登记")


def still_waiting(reason: str) -> Problem:
    return Problem(
        422, "still_waiting", "该行仍不能登记", reason, "请改选业务类型；缺机关或事项对照的，请管理员补充后重试。"
    )
