"""Findings over HTTP: freezes, suggestions to annul, commitment checks, inspections; recorded, followed up, listed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal, TypeVar
from uuid import UUID

from fastapi import APIRouter, Path, Query
from fastapi.responses import JSONResponse, Response

from projections.findings import findings
from services.handing_in import AskedBy, Asker, not_accepted
from services.interface import problems
from services.problems import Problem
from services.refusing import SAME_KEY_OTHER_CONTENT, Refused, Rule
from services.supervision.finding_rules import (
    ALREADY_INSPECTED,
    ALREADY_SO,
    NO_SUCH_FACT,
    NOT_FROZEN,
    NOT_WATCHED,
    NOTHING_TO_RECTIFY,
    PERMIT_ENDED,
    UNKNOWN_FINDING,
    UNKNOWN_PERMIT,
)
from services.supervision.finding_stated import (
    CheckCommitment,
    CheckRectification,
    Command,
    Inspect,
    InspectUnplanned,
    LiftFreeze,
    PlanInspection,
    ReportError,
    RequestFreeze,
    SuggestAnnulment,
)
from services.supervision.office import Here
from services.supervision.party_register import REGISTER_AWAY
from services.supervision.penalty_http import Cursor, Limit, after_cursor
from services.supervision.permit_answers import cursor_spoiled
from services.supervision.wording import FINDING_KINDS, FINDING_STATES

FreezeId = Annotated[UUID, Path(description="冻结标识，登记时返回的 finding。")]
InspectionId = Annotated[UUID, Path(description="检查标识，登记时返回的 finding。")]

finding_routes = APIRouter(prefix="/api/v1")

_Route = TypeVar("_Route", bound=Callable[..., Response])


def _problem(rule: Rule, text: str = "", field: str = "") -> Problem:
    status = {REGISTER_AWAY: 503, UNKNOWN_PERMIT: 404, UNKNOWN_FINDING: 404}.get(rule, 422)
    return not_accepted(status, rule.code, text or rule.text, rule.repair, **({"field": field} if field else {}))


def _record(office: Here, command: Command, by: Asker, finding: UUID | None = None) -> Response:
    try:
        answer = office.findings.handle(command, finding, caller=by.caller, key=by.key)
    except Refused as refused:
        raise _problem(refused.rule, refused.text, refused.field) from None
    return JSONResponse(answer, 201)


def _takes(path: str, operation: str, summary: str, *refusals: Rule) -> Callable[[_Route], _Route]:
    """Take what a department says at ``path``, or refuse it by one of ``refusals``, or as any of these may be."""
    said = problems(*map(_problem, (*refusals, SAME_KEY_OTHER_CONTENT, REGISTER_AWAY)))
    return finding_routes.post(path, operation_id=operation, summary=summary, responses=said, status_code=201)


@_takes("/freezes", "requestFreeze", "请求冻结审批", UNKNOWN_PERMIT)
def request_freeze(office: Here, command: RequestFreeze, by: AskedBy) -> Response:
    """Ask the approval side to grant nothing to a party, in some matters or in all, until it is lifted or lapses."""
    return _record(office, command, by)


@_takes("/freezes/{freeze}/lifting", "liftFreeze", "解除冻结", UNKNOWN_FINDING, NOT_FROZEN)
def lift_freeze(office: Here, freeze: FreezeId, command: LiftFreeze, by: AskedBy) -> Response:
    """Take a freeze back before its last day."""
    return _record(office, command, by, freeze)


@_takes("/annulment-suggestions", "suggestAnnulment", "建议撤销许可", UNKNOWN_PERMIT, PERMIT_ENDED)
def suggest_annulment(office: Here, command: SuggestAnnulment, by: AskedBy) -> Response:
    """Suggest to the approval side that a permit should not have been granted, with facts and law."""
    return _record(office, command, by)


@_takes(
    "/error-reports", "reportError", "校核纠错：报告许可信息有误", UNKNOWN_PERMIT, NOT_WATCHED, NO_SUCH_FACT, ALREADY_SO
)
def report_error(office: Here, command: ReportError, by: AskedBy) -> Response:
    """Report that a recorded fact of a permit is wrong. The bureau corrects it by an event, or refuses with reason."""
    return _record(office, command, by)


@_takes("/commitment-checks", "checkCommitment", "登记承诺核查", UNKNOWN_PERMIT, PERMIT_ENDED, NOT_WATCHED)
def check_commitment(office: Here, command: CheckCommitment, by: AskedBy) -> Response:
    """Record whether what a permit was granted on (告知承诺) is so."""
    return _record(office, command, by)


@_takes("/inspections/plans", "planInspection", "登记检查计划", UNKNOWN_PERMIT, NOT_WATCHED)
def plan_inspection(office: Here, command: PlanInspection, by: AskedBy) -> Response:
    """Record that an inspection is planned. Its result is recorded under the id that is answered."""
    return _record(office, command, by)


@_takes("/inspections", "recordInspection", "登记检查结果（未经计划）", UNKNOWN_PERMIT, NOT_WATCHED)
def record_inspection(office: Here, command: InspectUnplanned, by: AskedBy) -> Response:
    """Record what an inspection found that was not planned here."""
    return _record(office, command, by)


@_takes(
    "/inspections/{inspection}/result",
    "recordPlannedInspection",
    "登记计划检查的结果",
    UNKNOWN_FINDING,
    ALREADY_INSPECTED,
)
def record_planned(office: Here, inspection: InspectionId, command: Inspect, by: AskedBy) -> Response:
    """Record what a planned inspection found."""
    return _record(office, command, by, inspection)


@_takes(
    "/inspections/{inspection}/rectification", "checkRectification", "登记整改复查", UNKNOWN_FINDING, NOTHING_TO_RECTIFY
)
def check_rectification(office: Here, inspection: InspectionId, command: CheckRectification, by: AskedBy) -> Response:
    """Record whether what an inspection found was put right."""
    return _record(office, command, by, inspection)


@finding_routes.get("/findings", operation_id="listFindings", summary="监管反馈", responses=problems(cursor_spoiled()))
def list_findings(
    office: Here,
    kind: Annotated[
        Literal["freeze", "annulment_suggestion", "error_report", "commitment_check", "inspection"] | None,
        Query(description="种类；省略则为全部。"),
    ] = None,
    department: Annotated[str | None, Query(max_length=64, description="部门代码。")] = None,
    permit: Annotated[UUID | None, Query(description="许可标识。")] = None,
    party: Annotated[UUID | None, Query(description="行政相对人的内部标识。")] = None,
    is_open: Annotated[bool | None, Query(alias="open", description="true 为尚未了结的。")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> dict[str, Any]:
    """Return findings as they stand, the newest recorded first. ``said``: the newest event of each."""
    wanted = {"kind": kind, "department": department, "permit": permit, "party": party, "open": is_open}
    with office.engine.connect() as connection:
        rows, following = findings(connection, wanted, after_cursor(cursor), limit)
    return {
        "findings": [
            row._asdict() | {"kind_in_words": FINDING_KINDS[row.kind], "state_in_words": FINDING_STATES[row.state]}
            for row in rows
        ],
        "next_cursor": following.written() if following else None,
    }
