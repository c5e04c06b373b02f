"""A clerk uploads a file of permits, or a file of refused rows that was mended, and is led to what became of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Form, UploadFile
from fastapi.responses import Response

from events.database import raw
from services.approval import file_imports
from services.approval.file_imports import FileImport
from services.approval.http import Here, Office
from services.approval.importing import Manner
from services.approval.pages.files import LISTED, MARK, files_shown, found_import, import_shown
from services.approval.pages.repairing import in_words
from services.approval.publication_file.columns import LAYOUT
from services.pages.uploaded import Uploaded, chosen
from services.pages.visiting import Visiting
from services.problems import Problem
from services.publication_file.repaired_rows import NO_NUMBERS, RepairedRows, read_repaired
from services.tables.faults import UnreadableFile
from services.uploads import copied, unreadable

PATIENCE = 3.0
"""Seconds for which a form waits for its import; after them the reader sees how far it is."""
MANNERS: Mapping[str, Manner] = {
    "new": Manner(),
    "correction": Manner(correction=True),
    "opening_stock": Manner(opening_stock=True),
}
routes = APIRouter()
_MARK = re.compile(rf"-([0-9a-f]{{{MARK}}})(?![0-9a-f])")


@routes.post("/files", response_model=None)
def upload(
    office: Here,
    visit: Visiting,
    file: Uploaded = None,
    manner: Annotated[str, Form(pattern="^(new|correction|opening_stock)$")] = "new",
    key: Annotated[str, Form(max_length=100)] = "",
) -> Response:
    """Import a file; one of refused rows that was mended goes back to the import that it came from."""
    seat = visit.must_be()
    try:
        sent = chosen(file)
        if (came_from := _came_from(office, seat.body, sent.filename or "")) and (rows := _mended(sent)):
            return visit.done(f"/files/{came_from.id}", _taken_back(office, came_from, rows, seat.staff))
        by, name = (seat.body, seat.staff), sent.filename or ""
        one = office.files.take(sent.file, name, by, MANNERS[manner], key or uuid4().hex, PATIENCE)
    except UnreadableFile as error:
        return files_shown(office, visit, unreadable(error.fault))
    except Problem as problem:
        return files_shown(office, visit, problem)
    return visit.done(f"/files/{one}")


@routes.post("/files/{one}/repaired", response_model=None)
def upload_repaired(office: Here, visit: Visiting, one: UUID, file: Uploaded = None) -> Response:
    """Take the file of refused rows back: each row is known again by its number."""
    seat = visit.must_be()
    found = found_import(office, visit, one)
    try:
        said = _taken_back(office, found, _read(chosen(file)), seat.staff)
    except UnreadableFile as error:
        return import_shown(office, visit, found, problem=unreadable(error.fault))
    except Problem as problem:
        return import_shown(office, visit, found, problem=problem)
    return visit.done(f"/files/{one}", said)


def _came_from(office: Office, body: str, name: str) -> FileImport | None:
    """Return the import whose mark a file's name bears, if it has rows to repair."""
    if not (mark := _MARK.search(name)):
        return None
    with office.engine.connect() as reading:
        found = file_imports.of_body(raw(reading), office.desk.master, body, LISTED, left=True)
    return next((one for one in found if str(one.id).startswith(mark[1])), None)


def _mended(file: UploadFile) -> RepairedRows | None:
    """Read a file of refused rows; None when its rows bear no numbers, and it is a file like any other."""
    try:
        return _read(file)
    except UnreadableFile as error:
        if error.fault is not NO_NUMBERS:
            raise
    file.file.seek(0)
    return None


def _read(file: UploadFile) -> RepairedRows:
    with copied(file) as path:
        return read_repaired(path, LAYOUT)


def _taken_back(office: Office, one: FileImport, read: RepairedRows, staff: str) -> str:
    """Hand in what a file of refused rows says now; say what became of it."""
    done = office.files.again(one, read.cells, [], staff)
    others = read.unnumbered + len(read.cells) - done.through - done.waiting - done.left
    said = in_words(done)
    return f"{said}；{others} 行不在待修改的行中，没有处理" if others else said
