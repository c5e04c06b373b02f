"""Files over HTTP: a permits file is uploaded, its refused rows are fetched, what waits is listed and settled."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, File, Form, Path, UploadFile
from fastapi.responses import FileResponse
from pydantic import BaseModel

from events.database import raw
from services.approval import waiting_rows
from services.approval.decision import Kind
from services.approval.file_manifest import Manifest
from services.approval.http import BatchId, Here
from services.approval.importing import Manner, import_permits
from services.approval.retrying import retry_waiting
from services.interface import problems
from services.problems import Problem, no_room_for_files
from services.tables.faults import SPOILED
from services.uploads import REFUSED_ROWS, refused_rows_of, take, too_large, unreadable

files = APIRouter(prefix="/api/v1")


class Chosen(BaseModel):
    kind: Kind


def unknown_row() -> Problem:
    return Problem(404, "unknown_row", "没有这一行", "没有找到待处理的这一行, 可能已经解决。", "请刷新列表。")


def sender_without_number() -> Problem:
    return Problem(
        422, "sender_without_number", "填报内容有误", "报送方与文件编号应同时填写。", "请补填另一项，或两项都不填。"
    )


UPLOADED_HERE = problems(too_large(), unreadable(SPOILED), sender_without_number(), no_room_for_files())


@files.post(
    "/files",
    operation_id="uploadFile",
    summary="上传双公示许可文件",
    responses=UPLOADED_HERE,
)
def upload(
    office: Here,
    file: Annotated[UploadFile, File(description="双公示 2018 版许可文件，CSV 或 XLSX。")],
    opening_stock: Annotated[bool, Form(description="存量移交：不起算期限。")] = False,
    correction: Annotated[bool, Form(description="更正：与已登记内容不同之处视为原登记有误。")] = False,
    sender: Annotated[str, Form(max_length=100, description="报送方；与 number 同时填写。")] = "",
    number: Annotated[int | None, Form(ge=1, description="报送方自己的文件编号，自 1 起连续。")] = None,
    rows: Annotated[int | None, Form(ge=0, description="报送方载明的行数；不符则该编号仍列为缺号。")] = None,
) -> dict[str, Any]:
    """Import a 双公示 permits file (CSV or XLSX, field ``file``). Answers with counts, the first refused rows, and
    where all of them can be fetched as a file to repair."""
    if (number is None) != (not sender):
        raise sender_without_number()
    manner, manifest = Manner(opening_stock, correction), Manifest(sender, number, rows)
    return take(
        file,
        "/api/v1/files/{batch}/refused.xlsx",
        lambda path, refused_to: import_permits(office.desk, path, manner, manifest=manifest, refused_to=refused_to),
    )


@files.get(
    "/files/{batch}/refused.xlsx",
    operation_id="refusedRows",
    summary="下载未通过的行",
    responses=REFUSED_ROWS,
    response_class=FileResponse,
)
def refused_rows(batch: BatchId) -> FileResponse:
    """Return the refused rows of an uploaded file, to be repaired in place and uploaded again."""
    return refused_rows_of(batch)


@files.get("/exceptions", operation_id="listWaitingRows", summary="待人工处理的行", responses=problems(asked=False))
def exceptions(office: Here) -> list[dict[str, Any]]:
    """Return the rows that wait for a person: reason, candidates, owner, since. Contents stay sealed."""
    with office.engine.connect() as connection:
        return [row.as_json() for row in waiting_rows.shown(raw(connection))]


@files.post(
    "/exceptions/{row}/kind",
    operation_id="settleWaitingRow",
    summary="确定待处理行的业务类型",
    responses=problems(unknown_row()),
)
def settle(office: Here, row: Annotated[UUID, Path(description="待处理行的标识。")], chosen: Chosen) -> dict[str, bool]:
    """Record a waiting row as the kind of decision that a person says it is."""
    settled, still = retry_waiting(office.desk, one=row, chosen=chosen.kind)
    if not settled and not still:
        raise unknown_row()
    return {"settled": bool(settled)}
