"""Penalties over HTTP: recorded, amended, annulled, repaired; read; and those that seek a permit, confirmed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, File, Form, Path, Query, UploadFile
from fastapi.responses import FileResponse, Response
from sqlalchemy import Row

from events.database import raw
from events.penalties import PenaltyStatus
from projections.penalty_page import After, Wanted, penalties, penalty, unmatched
from services.handing_in import (
    AskedBy,
    Asker,
    Body,
    answered,
    items_of,
    not_accepted,
    one_or_many,
    outcomes_too,
    read_each,
    too_many,
)
from services.interface import problems
from services.problems import Problem
from services.refusing import SAME_KEY_OTHER_CONTENT, Rule
from services.supervision.office import Here
from services.supervision.party_register import REGISTER_AWAY
from services.supervision.penalty import ALREADY_IMPOSED, NOT_IN_FORCE, NOT_WAITING, STATUS_WORDS, UNKNOWN_PENALTY
from services.supervision.penalty_importing import Manner, import_penalties
from services.supervision.penalty_outcome import Asked
from services.supervision.penalty_stated import Amend, Annul, Command, Confirm, Impose, Repair, StatedPenalty
from services.supervision.permit_answers import cursor_spoiled
from services.supervision.task_receipt_answers import shown_about
from services.supervision.wording import PENALTY_WAITS
from services.uploads import REFUSED_ROWS, UPLOADED, refused_rows_of, take

PenaltyId = Annotated[UUID, Path(description="处罚标识，登记时返回的 penalty。")]
Cursor = Annotated[str | None, Query(max_length=100, description="上一页答复中的 next_cursor；省略则为第一页。")]
Limit = Annotated[int, Query(ge=1, le=200, description="每页件数。")]

penalty_routes = APIRouter(prefix="/api/v1/penalties")


def unknown_penalty() -> Problem:
    return _by(404, UNKNOWN_PENALTY)


def _by(status: int, rule: Rule, **more: Any) -> Problem:
    return not_accepted(status, rule.code, rule.text, rule.repair, **more)


_AWAY = _by(503, REGISTER_AWAY)


@penalty_routes.post(
    "",
    operation_id="imposePenalties",
    summary="登记行政处罚",
    responses=outcomes_too(problems(too_many(), _by(422, ALREADY_IMPOSED), _by(422, SAME_KEY_OTHER_CONTENT), _AWAY)),
    openapi_extra=one_or_many(StatedPenalty, "penalties"),
)
def impose(office: Here, body: Body, by: AskedBy) -> Response:
    """Record one penalty, or up to 1,000 as ``{"penalties": [...]}``; each has its own outcome, and finds its permits.

    201 when all were accepted, 200 when some were, 422 when none was; 503 when nobody could be asked who the parties
    are: send the same again. With an ``Idempotency-Key`` a repeat gets the first answer.
    """
    items, several = items_of(body, "penalties")
    read, answers = read_each(items, StatedPenalty, whose="department")
    asked = {
        index: Asked(Impose(penalty=said), caller=by.caller, key=by.answer_key(index)) for index, said in read.items()
    }
    outcomes = office.penalties.handle(list(asked.values())) if asked else []
    for index, outcome in zip(asked, outcomes, strict=True):
        answers[index] = outcome.answer()
    return answered(answers, several, away=REGISTER_AWAY.code)


def _change(office: Here, penalty: UUID, command: Command, by: Asker) -> Response:
    asked = Asked(command, penalty, by.caller, by.answer_key())
    (outcome,) = office.penalties.handle([asked])
    answer = outcome.answer()
    if answer.get("rule") == UNKNOWN_PENALTY.code:
        raise unknown_penalty()
    return answered([answer], several=False, away=REGISTER_AWAY.code)


_CHANGED = problems(unknown_penalty(), _by(422, NOT_IN_FORCE), _by(422, SAME_KEY_OTHER_CONTENT), _AWAY)


@penalty_routes.post(
    "/{penalty}/amendment", operation_id="amendPenalty", summary="登记处罚变更", responses=_CHANGED, status_code=201
)
def amend(office: Here, penalty: PenaltyId, command: Amend, by: AskedBy) -> Response:
    """Record that a penalty was amended: everything as it stands from now on. Changed certificates are looked for."""
    return _change(office, penalty, command, by)


@penalty_routes.post(
    "/{penalty}/annulment", operation_id="annulPenalty", summary="登记处罚撤销", responses=_CHANGED, status_code=201
)
def annul(office: Here, penalty: PenaltyId, command: Annul, by: AskedBy) -> Response:
    """Record that a penalty was annulled: every mark that it left is undone."""
    return _change(office, penalty, command, by)


@penalty_routes.post(
    "/{penalty}/repair", operation_id="repairCredit", summary="登记信用修复", responses=_CHANGED, status_code=201
)
def repair(office: Here, penalty: PenaltyId, command: Repair, by: AskedBy) -> Response:
    """Record that the party's credit was repaired: the penalty stands and has no effect any more."""
    return _change(office, penalty, command, by)


@penalty_routes.post(
    "/{penalty}/permits",
    operation_id="confirmPenaltyPermits",
    summary="确认处罚所涉许可",
    responses=problems(unknown_penalty(), _by(422, NOT_WAITING), _by(422, SAME_KEY_OTHER_CONTENT)),
    status_code=201,
)
def confirm(office: Here, penalty: PenaltyId, command: Confirm, by: AskedBy) -> Response:
    """Say which permits a waiting penalty touches; with an empty list that it touches none of those it sought."""
    return _change(office, penalty, command, by)


@penalty_routes.get("", operation_id="listPenalties", summary="行政处罚", responses=problems(cursor_spoiled()))
def list_penalties(
    office: Here,
    department: Annotated[str | None, Query(max_length=64, description="处罚机关代码。")] = None,
    permit: Annotated[UUID | None, Query(description="所涉许可的标识。")] = None,
    party: Annotated[UUID | None, Query(description="行政相对人的内部标识。")] = None,
    status: Annotated[PenaltyStatus | None, Query(description="状态；省略则为全部。")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> dict[str, Any]:
    """Return penalties as they stand, the newest recorded first, each with the permits that it touches."""
    wanted = Wanted(department, permit, party, status.value if status else None)
    with office.engine.connect() as connection:
        rows, following = penalties(connection, wanted, after_cursor(cursor), limit)
    return {"penalties": [_shown(row) for row in rows], "next_cursor": following.written() if following else None}


@penalty_routes.get(
    "/unmatched",
    operation_id="listUnmatchedPenalties",
    summary="待确认证照的处罚",
    responses=problems(cursor_spoiled()),
)
def list_unmatched(
    office: Here,
    department: Annotated[str | None, Query(max_length=64, description="处罚机关代码。")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> dict[str, Any]:
    """Return the penalties that seek a permit: why, who must see to it, since when, and what may be meant."""
    with office.engine.connect() as connection:
        rows, following = unmatched(connection, department, after_cursor(cursor), limit)
    return {
        "unmatched": [{**row._mapping, "reason_in_words": PENALTY_WAITS[row.reason]} for row in rows],
        "next_cursor": following.written() if following else None,
    }


@penalty_routes.post("/files", operation_id="uploadPenalties", summary="上传双公示处罚文件", responses=UPLOADED)
def upload(
    office: Here,
    file: Annotated[UploadFile, File(description="双公示 2018 版处罚文件，CSV 或 XLSX。")],
    amending: Annotated[
        str, Form(max_length=400, description="变更理由：已登记而内容不同的处罚按变更登记；省略则退回。")
    ] = "",
    officer: Annotated[str, Form(max_length=40, description="经办人工号或简称。")] = "",
) -> dict[str, Any]:
    """Import a 双公示 penalties file (CSV or XLSX, field ``file``). Answers with counts, the first refused rows, and
    where all of them can be fetched as a file to repair."""
    manner = Manner(amending, officer)
    return take(
        file,
        "/api/v1/penalties/files/{batch}/refused.xlsx",
        lambda path, refused_to: import_penalties(office.penalties, path, manner, refused_to=refused_to),
    )


@penalty_routes.get(
    "/files/{batch}/refused.xlsx",
    operation_id="refusedPenaltyRows",
    summary="下载未通过的行",
    responses=REFUSED_ROWS,
    response_class=FileResponse,
)
def refused_rows(batch: Annotated[UUID, Path(description="批次号，上传文件时返回的 batch。")]) -> FileResponse:
    """Return the refused rows of an uploaded file, to be repaired in place and uploaded again."""
    return refused_rows_of(batch)


@penalty_routes.get("/{penalty}", operation_id="readPenalty", summary="处罚现状", responses=problems(unknown_penalty()))
def read_penalty(office: Here, penalty_id: Annotated[UUID, Path(alias="penalty", description="处罚标识。")]) -> Any:
    """Return a penalty as it stands: the permits that it touches, what of it still seeks one, and what the approval
    side did about each of them."""
    with office.engine.connect() as connection:
        row = penalty(connection, penalty_id)
        receipts = shown_about(raw(connection), [penalty_id], office.today).get(penalty_id, [])
    if row is None:
        raise unknown_penalty()
    return {**_shown(row), "receipts": receipts}


def _shown(row: Row[Any]) -> Mapping[str, Any]:
    return {**row._mapping, "status_in_words": STATUS_WORDS[PenaltyStatus(row.status)]}


def after_cursor(cursor: str | None) -> After | None:
    try:
        return After.read(cursor) if cursor else None
    except ValueError:
        raise cursor_spoiled() from None
