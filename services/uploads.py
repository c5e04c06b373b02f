"""Files that are uploaded over HTTP: taken in, and their refused rows handed back. The same on both sides."""

from __future__ import annotations

import hashlib
import pathlib
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from tempfile import NamedTemporaryFile, gettempdir
from typing import Any
from uuid import UUID

from fastapi import UploadFile
from fastapi.responses import FileResponse

from services.interface import carrying, problems
from services.problems import Problem, no_room_for_files
from services.publication_file.reading import batch_of
from services.publication_file.summary import Summary
from services.tables.faults import SPOILED, Fault, UnreadableFile

WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LARGEST_BYTES = 200 * 1024 * 1024


def too_large() -> Problem:
    return Problem(
        413, "too_large", "文件过大", f"文件不能超过 {LARGEST_BYTES // 1024**2} MB。", "请分成几个文件上传。"
    )


def no_refused_rows() -> Problem:
    return Problem(
        404, "no_refused_rows", "没有未通过的行", "该批次没有未通过的行, 或文件已清理。", "请重新上传原文件。"
    )


def unreadable(fault: Fault) -> Problem:
    return Problem(422, fault.code, "文件无法读取", fault.reason, fault.repair)


UPLOADED = problems(too_large(), unreadable(SPOILED), no_room_for_files())
REFUSED_ROWS = problems(no_refused_rows()) | carrying(WORKBOOK, "未通过的行，可就地更正后重新上传。")


def take(file: UploadFile, path: str, run: Callable[[pathlib.Path, pathlib.Path], Summary]) -> dict[str, Any]:
    """Have ``run`` import the file, and write its refused rows to the second place; answer with what became of it.

    ``path`` is where refused rows are fetched, with ``{batch}`` in it.
    """
    refuse_too_large(file)
    with copied(file) as place:
        refused_to = _refused_path(batch_of(place))
        try:
            summary = run(place, refused_to)
        except UnreadableFile as error:
            refused_to.unlink(missing_ok=True)
            raise unreadable(error.fault) from None
    if not summary.refused:
        refused_to.unlink(missing_ok=True)
    link = path.format(batch=summary.batch) if summary.refused else None
    return summary.as_json() | {"refused_rows": link}


def refuse_too_large(file: UploadFile) -> None:
    if file.size is not None and file.size > LARGEST_BYTES:
        raise too_large()


@contextmanager
def copied(file: UploadFile) -> Iterator[pathlib.Path]:
    """Give the file a place of its own, by a name, for as long as it is read."""
    with NamedTemporaryFile(suffix=".upload") as copy:
        shutil.copyfileobj(file.file, copy)
        copy.flush()
        yield pathlib.Path(copy.name)


def keep(file: UploadFile) -> tuple[str, pathlib.Path]:
    """Keep an uploaded file that is looked at before it is taken; return what names it, and where it lies."""
    refuse_too_large(file)
    content = file.file.read()
    name = hashlib.sha256(content).hexdigest()
    place = _kept_path(name)
    place.write_bytes(content)
    return name, place


def kept(name: str) -> pathlib.Path:
    """Return where a file lies that was kept, or raise that it must be uploaded again."""
    if not re.fullmatch("[0-9a-f]{64}", name) or not _kept_path(name).exists():
        raise Problem(404, "not_kept", "文件已不在", "看过的文件没有保留下来。", "请重新选择文件。")
    return _kept_path(name)


def _kept_path(name: str) -> pathlib.Path:
    folder = pathlib.Path(gettempdir()) / "linkage-looked-at"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder / name


def refused_rows_of(batch: UUID) -> FileResponse:
    """Return the refused rows of an uploaded file, to be repaired in place and uploaded again."""
    path = _refused_path(batch)
    if not path.exists():
        raise no_refused_rows()
    return FileResponse(path, filename=f"refused-{batch}.xlsx", headers={"Cache-Control": "no-store"})


def _refused_path(batch: UUID) -> pathlib.Path:
    # Kept until the machine restarts: the clerk fetches it right after the upload, and it holds personal facts.
    folder = pathlib.Path(gettempdir()) / "linkage-refused-rows"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder / f"{batch}.xlsx"
