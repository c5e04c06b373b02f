"""Files over HTTP: a permits file is uploaded, its refused rows are fetched, what waits is listed and settled."""

from __future__ import annotations

import shutil
from pathlib import Path
from tempfile import NamedTemporaryFile, gettempdir
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, UploadFile
from fastapi.responses import FileResponse
from pydantic import BaseModel

from events.database import raw
from services.approval import waiting_rows
from services.approval.decision import Kind
from services.approval.http import Here
from services.approval.importing import Manner, batch_of, import_permits
from services.approval.retrying import retry_waiting
from services.problems import Problem
from services.tables.faults import UnreadableFile

LARGEST_BYTES = 200 * 1024 * 1024

files = APIRouter(prefix="/api/v1")


class Chosen(BaseModel):
    kind: Kind


def _refused_path(batch: UUID) -> Path:
    # Kept until the machine restarts: the clerk fetches it right after the upload, and it holds personal facts.
    folder = Path(gettempdir()) / "linkage-refused-rows"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder / f"{batch}.xlsx"


@files.post("/files")
def upload(
    office: Here,
    file: UploadFile,
    opening_stock: Annotated[bool, Form()] = False,
    correction: Annotated[bool, Form()] = False,
) -> dict[str, Any]:
    """Import a 双公示 permits file (CSV or XLSX, field ``file``). Answers with counts, the first refused rows, and
    where all of them can be fetched as a file to repair."""
    if file.size is not None and file.size > LARGEST_BYTES:
        raise Problem(
            413, "too_large", "文件过大", f"文件不能超过 {LARGEST_BYTES // 1024**2} MB。", "请分成几个文件上传。"
        )
    with NamedTemporaryFile(suffix=".upload") as copy:
        shutil.copyfileobj(file.file, copy)
        copy.flush()
        path = Path(copy.name)
        refused_to = _refused_path(batch_of(path))
        try:
            summary = import_permits(office.desk, path, Manner(opening_stock, correction), refused_to=refused_to)
        except UnreadableFile as error:
            refused_to.unlink(missing_ok=True)
            fault = error.fault
            raise Problem(422, fault.code, "文件无法读取", fault.reason, fault.repair) from None
    if not summary.refused:
        refused_to.unlink(missing_ok=True)
    link = f"/api/v1/files/{summary.batch}/refused.xlsx" if summary.refused else None
    return summary.as_json() | {"refused_rows": link}


@files.get("/files/{batch}/refused.xlsx")
def refused_rows(batch: UUID) -> FileResponse:
    """Return the refused rows of an uploaded file, to be repaired in place and uploaded again."""
    path = _refused_path(batch)
    if not path.exists():
        raise Problem(
            404, "no_refused_rows", "没有未通过的行", "该批次没有未通过的行, 或文件已清理。", "请重新上传原文件。"
        )
    return FileResponse(path, filename=f"refused-{batch}.xlsx", headers={"Cache-Control": "no-store"})


@files.get("/exceptions")
def exceptions(office: Here) -> list[dict[str, Any]]:
    """Return the rows that wait for a person: reason, candidates, owner, since. Contents stay sealed."""
    with office.engine.connect() as connection:
        rows = waiting_rows.shown(raw(connection), office.desk.master)
    return [
        {
            "id": str(row.id),
            "batch": str(row.batch),
            "row": row.row_number,
            "reason": row.reason,
            "candidates": row.candidates,
            "owner": row.owner,
            "since": row.since.isoformat() if row.since else None,
        }
        for row in rows
    ]


@files.post("/exceptions/{row}/kind")
def settle(office: Here, row: UUID, chosen: Chosen) -> dict[str, bool]:
    """Record a waiting row as the kind of decision that a person says it is."""
    settled, still = retry_waiting(office.desk, one=row, chosen=chosen.kind)
    if not settled and not still:
        raise Problem(404, "unknown_row", "没有这一行", "没有找到待处理的这一行, 可能已经解决。", "请刷新列表。")
    return {"settled": bool(settled)}
