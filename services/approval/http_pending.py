"""Pending applications over HTTP: how many each body has, reported by its own system, and shown."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from events.database import raw
from projections import pending_applications
from services.approval.http import Here
from services.approval.pending_count import COUNT_OF_TOMORROW, MATTER_TWICE, OLDER_COUNT, UNKNOWN_BODY, PendingReport
from services.approval.pending_desk import PendingDesk
from services.handing_in import AskedBy
from services.interface import problems
from services.refusing import SAME_KEY_OTHER_CONTENT, Refused
from services.rule_reading import by, problem_of

pending = APIRouter(prefix="/api/v1/pending-applications")


@pending.post(
    "",
    operation_id="reportPendingApplications",
    summary="报送在办申请数",
    status_code=201,
    responses=problems(
        by(UNKNOWN_BODY, "body"), by(OLDER_COUNT, "counted_at"), by(COUNT_OF_TOMORROW, "counted_at"),
        by(MATTER_TWICE, "counts"), by(SAME_KEY_OTHER_CONTENT),
    ),
)  # fmt: skip
def report(office: Here, stated: PendingReport, by: AskedBy) -> dict[str, Any]:
    """Report how many applications a body has pending, by matter: numbers only. Each report is whole and replaces the
    last; a rule change then says how many pending applications it touches."""
    try:
        return PendingDesk(office.engine).report(stated, by.caller, by.key)
    except Refused as refused:
        raise problem_of(refused) from None


@pending.get(
    "", operation_id="listPendingApplications", summary="各机关最近报送的在办申请数", responses=problems(asked=False)
)
def show(office: Here) -> dict[str, Any]:
    """Return what each body reported last, and as of when."""
    with office.engine.connect() as connection:
        found = pending_applications.read(raw(connection))
    return {"bodies": [one.as_json() for one in found.values()]}
