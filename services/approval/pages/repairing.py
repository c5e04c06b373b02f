"""Refused rows of a file are repaired in the page and handed in again: these rows alone."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response

from events.database import raw
from services.approval import file_imports
from services.approval.http import Here
from services.approval.pages.files import found_import, import_shown
from services.approval.publication_file.columns import CODES
from services.approval.taking_files import HandedInAgain
from services.pages.repaired_cells import nothing_changed, typed_in
from services.pages.sent import Sent
from services.pages.visiting import Visiting

routes = APIRouter()


@routes.post("/files/{one}", response_model=None)
def repair(office: Here, visit: Visiting, one: UUID, sent: Sent) -> Response:
    """Hand in the rows that were changed; the others stay."""
    seat = visit.must_be()
    found = found_import(office, visit, one)
    typed = typed_in(sent, CODES)
    with office.engine.connect() as reading:
        rows = file_imports.refused(raw(reading), office.desk.master, one, only=typed.rows)
    cells = typed.again(rows)
    if not cells and not typed.dropped:
        return import_shown(office, visit, found, problem=nothing_changed())
    done = office.files.again(found, cells, typed.dropped, seat.staff)
    return visit.done(f"/files/{one}", in_words(done))


def in_words(done: HandedInAgain) -> str:
    """Say what became of repaired rows."""
    parts = (
        (done.through, "已登记 {} 行"),
        (done.waiting, "{} 行转待人工判定"),
        (done.dropped, "{} 行不再报送"),
        (done.left, "{} 行仍未通过，请看各行写明的原因"),
    )
    return "；".join(words.format(count) for count, words in parts if count) or "没有可处理的行"
