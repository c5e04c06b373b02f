"""Files of permits (文件导入): a clerk hands one in and sees what became of every row."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse, Response

from events.approval import PartyKind
from events.database import raw
from services.access.audit import Act, note
from services.approval import file_imports
from services.approval.file_imports import FileImport
from services.approval.http import Here, Office
from services.approval.publication_file.columns import LAYOUT
from services.approval.publication_file.stated_status import ENDINGS, StatedStatus
from services.pages.downloads import download
from services.pages.visiting import Visit, Visiting
from services.problems import Problem
from services.publication_file.refused_rows import refused_rows_file
from services.publication_file.repaired_rows import empty_file
from services.working_days import china_day

LISTED = 50
SHOWN = 10
"""So many rows to repair at once: each has 28 cells."""
MARK = 8
"""So many characters of its id stand in the name of a file of refused rows: uploaded anywhere, it is known again."""
CHOICES = {
    LAYOUT.meant.kind: [kind.value for kind in PartyKind],
    "XK_ZT": [status.value for status in (StatedStatus.VALID, *sorted(ENDINGS, key=str), StatedStatus.NOT_GRANTED)],
}
"""What is offered in a cell, by its column; another text can be typed all the same."""
routes = APIRouter()


def no_such_import() -> Problem:
    return Problem(404, "no_such_import", "没有这次导入", "本机关没有这次导入的记录。", "请从“文件导入”的列表中选择。")


@routes.get("/files", response_model=None)
def files(office: Here, visit: Visiting, form: Annotated[str, Query(pattern="^(page|template)$")] = "page") -> Response:
    """Show the body's imports; ``form=template`` answers an empty file to fill in."""
    if form == "template":
        return download(empty_file(LAYOUT), "行政许可双公示模板.xlsx")
    return files_shown(office, visit)


@routes.get("/files/{one}", response_model=None)
def import_page(
    office: Here,
    visit: Visiting,
    one: UUID,
    after: Annotated[int, Query(ge=0)] = 0,
    form: Annotated[str, Query(pattern="^(page|xlsx)$")] = "page",
) -> Response:
    """Show an import and its rows to repair; ``form=xlsx`` answers these as a file."""
    found = found_import(office, visit, one)
    if form == "xlsx":
        name = f"未通过的行-{china_day(found.began):%m%d}-{str(one)[:MARK]}.xlsx"
        return download(_refused_file(office, found), name)
    if found.left:
        note(visit.request, Act.PERSONAL_READ, objects=[f"import={one}"], fields=["refused_rows"])
    return import_shown(office, visit, found, after)


@routes.get("/files/{one}/now")
def import_now(office: Here, visit: Visiting, one: UUID) -> HTMLResponse:
    """Answer only what moves while a file is being imported."""
    found = found_import(office, visit, one)
    answer = visit.show("import_now.html", one=found, cut_off=found.cut_off(office.now()))
    if found.ended:
        answer.headers["HX-Refresh"] = "true"
    return answer


def found_import(office: Office, visit: Visit, one: UUID) -> FileImport:
    """Return an import of the reader's body."""
    body = visit.must_be().body
    with office.engine.connect() as reading:
        found = file_imports.find(raw(reading), office.desk.master, one, body)
    if found is None:
        raise no_such_import()
    return found


def import_shown(
    office: Office, visit: Visit, one: FileImport, after: int = 0, problem: Problem | None = None
) -> HTMLResponse:
    with office.engine.connect() as reading:
        rows = file_imports.refused(raw(reading), office.desk.master, one.id, after=after, limit=SHOWN + 1)
        if not rows and after:
            rows = file_imports.refused(raw(reading), office.desk.master, one.id, limit=SHOWN + 1)
    return visit.show(
        "import.html",
        problem.status if problem else 200,
        one=one,
        cut_off=one.cut_off(office.now()),
        rows=rows[:SHOWN],
        following=rows[SHOWN - 1].row if len(rows) > SHOWN else 0,
        after=after,
        columns=LAYOUT.columns,
        name_in=LAYOUT.meant.name,
        choices=CHOICES,
        problem=problem and problem.body(),
    )


def files_shown(office: Office, visit: Visit, problem: Problem | None = None) -> HTMLResponse:
    body = visit.must_be().body
    with office.engine.connect() as reading:
        connection = raw(reading)
        found = file_imports.of_body(connection, office.desk.master, body, LISTED)
        left = file_imports.rows_left(connection, body)
    facts: dict[str, Any] = {"imports": found, "left": left, "limit": LISTED, "columns": len(LAYOUT.columns)}
    cut_off = {one.id for one in found if one.cut_off(office.now())}
    status = problem.status if problem else 200
    return visit.show("files.html", status, **facts, cut_off=cut_off, problem=problem and problem.body())


def _refused_file(office: Office, one: FileImport) -> bytes:
    with TemporaryDirectory(prefix="linkage-refused-") as folder, office.engine.connect() as reading:
        path = Path(folder) / "refused.xlsx"
        with refused_rows_file(path, LAYOUT) as file:
            for row in file_imports.refused(raw(reading), office.desk.master, one.id):
                file.write(row)
        return path.read_bytes()
