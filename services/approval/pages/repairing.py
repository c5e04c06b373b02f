"""Refused rows of a file are repaired in the page and handed in again: these rows alone."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response

from events.database import raw
from services.approval import file_imports
from services.approval.file_imports import FileImport
from services.approval.http import Here, Office
from services.approval.pages.files import found_import, import_shown
from services.approval.publication_file.columns import CODES
from services.approval.taking_files import HandedInAgain
from services.pages.seats import Role
from services.pages.sent import Sent
from services.pages.visiting import Visiting
from services.problems import Problem

AGAIN, DROP = "again", "drop"
"""What a clerk says of a row besides changing it: it is right as it is, or it need not be handed in."""
routes = APIRouter()
_LINE_ENDS = re.compile(r"[\r\n]")
"""A browser takes them out of a field, or writes its own: they are no change."""
_CELL = re.compile(r"(\d{1,9})\.(\w{1,20})")


def nothing_changed() -> Problem:
    return Problem(
        422,
        "nothing_changed",
        "没有可提交的行",
        "没有一行改动过，也没有选择“原样再交”或“不再报送”。",
        "请改正标出的格子后再提交。",
    )


@routes.post("/files/{one}", response_model=None)
def repair(office: Here, visit: Visiting, one: UUID, typed: Sent) -> Response:
    """Hand in the rows that were changed; the others stay."""
    seat = visit.must_be(Role.CLERK)
    found = found_import(office, visit, one)
    said, ways = _by_row(typed)
    changed = _changed(office, found, said)
    dropped = [number for number, way in ways.items() if way == DROP]
    again: dict[int, dict[str, str]] = {number: {} for number, way in ways.items() if way == AGAIN} | changed
    cells = {number: cells for number, cells in again.items() if number not in dropped}
    if not cells and not dropped:
        return import_shown(office, visit, found, problem=nothing_changed())
    done = office.files.again(found, cells, dropped, seat.staff)
    return visit.done(f"/files/{one}", in_words(done))


def _by_row(typed: Mapping[str, str]) -> tuple[dict[int, dict[str, str]], dict[int, str]]:
    """Return what was typed, by number of row: cells, and what is said of the row."""
    cells: defaultdict[int, dict[str, str]] = defaultdict(dict)
    ways: dict[int, str] = {}
    for name, value in typed.items():
        if not (found := _CELL.fullmatch(name)):
            continue
        number, code = int(found[1]), found[2]
        if code in CODES:
            cells[number][code] = value
        elif code == "way":
            ways[number] = value
    return dict(cells), ways


def _changed(office: Office, one: FileImport, said: Mapping[int, Mapping[str, str]]) -> dict[int, dict[str, str]]:
    """Return the cells that differ from what is kept, by number of row."""
    with office.engine.connect() as reading:
        rows = file_imports.refused(raw(reading), office.desk.master, one.id, only=list(said))
    changed = {}
    for row in rows:
        different = {
            code: text
            for code, text in said.get(row.row, {}).items()
            if _LINE_ENDS.sub("", text) != _LINE_ENDS.sub("", row.cells.get(code, ""))
        }
        if different:
            changed[row.row] = different
    return changed


def in_words(done: HandedInAgain) -> str:
    """Say what became of repaired rows."""
    parts = (
        (done.through, "已登记 {} 行"),
        (done.waiting, "{} 行转待人工判定"),
        (done.dropped, "{} 行不再报送"),
        (done.left, "{} 行仍未通过，请看各行写明的原因"),
    )
    return "；".join(words.format(count) for count, words in parts if count) or "没有可处理的行"
