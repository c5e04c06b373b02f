"""Handover lists (移交清单) over HTTP: a department reads what it is given, and signs for it as a whole."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query
from fastapi.responses import JSONResponse, Response

from events.database import raw
from services.handing_in import AskedBy
from services.handover_reading import AskedHandovers, cursor_spoiled, page_of, unknown_list
from services.interface import problems
from services.problems import Problem
from services.refusing import SAME_KEY_OTHER_CONTENT, Refused, Rule
from services.supervision import oversight_rules as rules
from services.supervision.handover import (
    HANDOVER_SIGNED,
    HANDOVER_WITHDRAWN,
    NOT_ON_LIST,
    ROW_WITHDRAWN,
    TWICE_EXCEPTED,
    UNKNOWN_HANDOVER,
    SignHandover,
)
from services.supervision.handover_desk import HandoverDesk
from services.supervision.handover_questions import list_page, on_their_way
from services.supervision.office import Here
from services.supervision.receipt_http import Department

ListId = Annotated[UUID, Path(alias="list", description="清单标识。")]

handover_routes = APIRouter(prefix="/api/v1")


def problem_of(refused: Refused) -> Problem:
    """Return the problem of a refused signature."""
    rule = refused.rule
    status = {UNKNOWN_HANDOVER: 404, HANDOVER_SIGNED: 409, HANDOVER_WITHDRAWN: 409}.get(rule, 422)
    more = {"field": refused.field} if refused.field else {}
    return Problem(status, rule.code, "未予受理", refused.text, rule.repair, **more)


def _by(rule: Rule, field: str = "") -> Problem:
    return problem_of(Refused(rule, field=field))


@handover_routes.get(
    "/handovers", operation_id="listHandovers", summary="存量移交清单", responses=problems(cursor_spoiled())
)
def list_handovers(office: Here, asked: Annotated[AskedHandovers, Query()]) -> dict[str, Any]:
    """Return handover lists, newest first. ``on_their_way``: batches of which not everything has come, so that their
    lists are not made yet."""
    with office.engine.connect() as connection:
        return page_of(raw(connection), asked) | {"on_their_way": on_their_way(raw(connection))}


@handover_routes.get(
    "/handovers/{list}",
    operation_id="readHandover",
    summary="一份移交清单及其所列许可",
    responses=problems(unknown_list()),
)
def read_handover(
    office: Here,
    listed: ListId,
    after: Annotated[int, Query(ge=0, description="从此推送编号之后列起。")] = 0,
    limit: Annotated[int, Query(ge=1, le=1000, description="每页件数。")] = 200,
) -> dict[str, Any]:
    """Return a list and its permits, each with what became of it. Printable: ``/handovers/{list}``."""
    return list_page(office.engine, listed, after, limit).as_json()


@handover_routes.post(
    "/departments/{department}/handovers/{list}/signature",
    operation_id="signHandover",
    summary="签收移交清单",
    status_code=201,
    responses=problems(
        _by(UNKNOWN_HANDOVER), _by(HANDOVER_SIGNED), _by(HANDOVER_WITHDRAWN), _by(NOT_ON_LIST, "exceptions.0.permit"),
        _by(TWICE_EXCEPTED, "exceptions.1.permit"), _by(ROW_WITHDRAWN, "exceptions.0.permit"),
        _by(rules.TEXT_NEEDED, "exceptions.0.text"), _by(SAME_KEY_OTHER_CONTENT),
    ),
)  # fmt: skip
def sign_handover(office: Here, department: Department, listed: ListId, stated: SignHandover, by: AskedBy) -> Response:
    """Sign a list as a whole; ``exceptions`` are returned with the closed reasons, and are ordinary returned pushes
    from here on. The receipts of the others follow by themselves, within seconds."""
    try:
        answer = HandoverDesk(office.oversight).sign(department, listed, stated, by)
    except Refused as refused:
        raise problem_of(refused) from None
    return JSONResponse(answer, 201)
