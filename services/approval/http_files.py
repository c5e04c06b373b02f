"""Files over HTTP: a permits file is uploaded, its refused rows are fetched, what waits is listed and settled."""

from __future__ import annotations

import pathlib
import shutil
from tempfile import NamedTemporaryFile, gettempdir
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, File, Form, Path, UploadFile
from fastapi.responses import FileResponse
from pydantic import BaseModel

from events.database import raw
from services.approval import waiting_rows
from services.approval.decision import Kind
from services.approval.http import BatchId, Here
from services.approval.importing import Manner, batch_of, import_permits
from services.approval.retrying import retry_waiting
from services.interface import carrying, problems
from services.problems import Problem
from services.tables.faults import SPOILED, Fault, UnreadableFile

WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LARGEST_BYTES = 200 * 1024 * 1024

files = APIRouter(prefix="/api/v1")


class Chosen(BaseModel):
    kind: Kind


def too_large() -> Problem:
    return Problem(
        413, "too_large", "文件过大", f"文件不能超过 {LARGEST_BYTES // 1024**2} MB。", "请分成几个文件上传。"
    )


def no_refused_rows() -> Problem:
    return Problem(
        404, "no_refused_rows", "没有未通过的行", "该批次没有未通过的行, 或文件已清理。", "请重新上传原文件。"
    )


def unknown_row() -> Problem:
    return Problem(404, "unknown_row", "没有这一行", "没有找到待处理的这一行, 可能已经解决。", "请刷新列表。")


def _unreadable(fault: Fault) -> Problem:
    return Problem(422, fault.code, "文件无法读取", fault.reason, fault.repair)


def _refused_path(batch: UUID) -> pathlib.Path:
    # Kept until the machine restarts: the clerk fetches it right after the upload, and it holds personal facts.
    folder = pathlib.Path(gettempdir()) / "linkage-refused-rows"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder / f"{batch}.xlsx"


@files.post(
    "/files",
    operation_id="uploadFile",
    summary="上传双公示许可文件",
    responses=problems(too_large(), _unreadable(SPOILED)),
)
def upload(
    office: Here,
    file: Annotated[UploadFile, File(description="双公示 2018 版许可文件，CSV 或 XLSX。")],
    opening_stock: Annotated[bool, Form(description="存量移交：不起算期限。")] = False,
    correction: Annotated[bool, Form(description="更正：与已登记内容不同之处视为原登记有误。")] = False,
) -> dict[str, Any]:
    """Import a 双公示 permits file (CSV or XLSX, field ``file``). Answers with counts, the first refused rows, and
    where all of them can be fetched as a file to repair."""
    if file.size is not None and file.size > LARGEST_BYTES:
        raise too_large()
    with NamedTemporaryFile(suffix=".upload") as copy:
        shutil.copyfileobj(file.file, copy)
        copy.flush()
        path = pathlib.Path(copy.name)
        refused_to = _refused_path(batch_of(path))
        try:
            summary = import_permits(office.desk, path, Manner(opening_stock, correction), refused_to=refused_to)
        except UnreadableFile as error:
            refused_to.unlink(missing_ok=True)
            raise _unreadable(error.fault) from None
    if not summary.refused:
        refused_to.unlink(missing_ok=True)
    link = f"/api/v1/files/{summary.batch}/refused.xlsx" if summary.refused else None
    return summary.as_json() | {"refused_rows": link}


@files.get(
    "/files/{batch}/refused.xlsx",
    operation_id="refusedRows",
    summary="下载未通过的行",
    responses=problems(no_refused_rows()) | carrying(WORKBOOK, "未通过的行，可就地更正后重新上传。"),
    response_class=FileResponse,
)
def refused_rows(batch: BatchId) -> FileResponse:
    """Return the refused rows of an uploaded file, to be repaired in place and uploaded again."""
    path = _refused_path(batch)
    if not path.exists():
        raise no_refused_rows()
    return FileResponse(path, filename=f"refused-{batch}.xlsx", headers={"Cache-Control": "no-store"})


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
