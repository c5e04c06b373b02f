"""Files of penalties (导入文件): an officer hands one in; rows that are refused are repaired in the page."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Query, UploadFile
from fastapi.responses import HTMLResponse, Response

from events.approval import PartyKind
from services.access.audit import Act, note
from services.pages.downloads import download
from services.pages.repaired_cells import nothing_changed, typed_in
from services.pages.seats import Seat
from services.pages.sent import Sent
from services.pages.uploaded import Uploaded, chosen
from services.pages.visiting import Visit, Visiting
from services.problems import Problem
from services.publication_file import kept_rows
from services.publication_file.kept_rows import About
from services.publication_file.reading import batch_of
from services.publication_file.refused_rows import refused_rows_file
from services.publication_file.repaired_rows import empty_file, read_repaired
from services.publication_file.summary import Summary
from services.supervision.office import Here, Office, name_of
from services.supervision.pages.penalties import waiting_count
from services.supervision.penalty_file.columns import CODES, LAYOUT
from services.supervision.penalty_importing import Manner, import_penalties
from services.supervision.penalty_repairing import Repaired, repair
from services.tables.faults import UnreadableFile
from services.uploads import copied, unreadable
from services.working_days import china_day

SHOWN = 10
"""So many rows to repair at once: each has 30 cells."""
routes = APIRouter()


def no_such_import() -> Problem:
    return Problem(
        404, "no_such_import", "没有待修改的行", "本部门没有这份文件的待修改行，可能已全部改好。",
        "请从“导入文件”中选择；服务器重新启动后，请重新上传原文件。",
    )  # fmt: skip


@routes.get("/penalties/import", response_model=None)
def import_page(
    office: Here, visit: Visiting, form: Annotated[str, Query(pattern="^(page|template)$")] = "page"
) -> Response:
    """Show the files with rows left; ``form=template`` answers an empty file to fill in."""
    if form == "template":
        return download(empty_file(LAYOUT), "行政处罚双公示模板.xlsx")
    return _page(office, visit)


@routes.post("/penalties/import", response_model=None)
def upload(
    office: Here, visit: Visiting, file: Uploaded = None, amending: Annotated[str, Form(max_length=400)] = ""
) -> Response:
    seat = visit.must_be()
    try:
        summary = _take(office, seat, chosen(file), amending.strip())
    except UnreadableFile as error:
        return _page(office, visit, unreadable(error.fault))
    except Problem as problem:
        return _page(office, visit, problem)
    where = f"/penalties/files/{summary.batch}" if summary.refused else "/penalties"
    return visit.done(where, _became(summary))


def _take(office: Office, seat: Seat, file: UploadFile, amending: str) -> Summary:
    with copied(file) as path:
        about = About(batch_of(path), seat.body, seat.staff, file.filename or "", office.now(), amending)
        with kept_rows.keeping(about) as kept:
            summary = import_penalties(office.penalties, path, Manner(amending, seat.staff), kept=kept)
    office.standings_changed()
    return summary


def _became(summary: Summary) -> str:
    parts = (
        (summary.events, "新登记 {} 件"),
        (summary.known, "此前已登记 {} 件"),
        (summary.waiting, "其中待确认证照 {} 件"),
        (summary.refused, "{} 行未通过，请在下方改正"),
    )
    said = "；".join(words.format(count) for count, words in parts if count)
    return f"共 {summary.rows} 行：{said}。" + "".join(summary.notices)


@routes.get("/penalties/files/{batch}", response_model=None)
def rows_left(
    office: Here,
    visit: Visiting,
    batch: UUID,
    after: Annotated[int, Query(ge=0)] = 0,
    form: Annotated[str, Query(pattern="^(page|xlsx)$")] = "page",
) -> Response:
    """Show the rows to repair; ``form=xlsx`` answers them as a file."""
    about = _own(visit, batch)
    if form == "xlsx":
        return download(_as_file(about), f"未通过的行-{china_day(about.began):%m%d}.xlsx")
    note(visit.request, Act.PERSONAL_READ, fields=["refused_rows"])
    return _rows(visit, about, after)


@routes.post("/penalties/files/{batch}", response_model=None)
def repair_rows(office: Here, visit: Visiting, batch: UUID, sent: Sent) -> Response:
    """Hand in the rows that were changed; the others stay."""
    seat, about, typed = visit.must_be(), _own(visit, batch), typed_in(sent, CODES)
    shown = [row for row in kept_rows.rows_of(about) if row.row in typed.rows]
    cells = typed.again(shown)
    if shown and not cells and not typed.dropped:
        return _rows(visit, about, problem=nothing_changed())
    done = repair(office.penalties, about, cells, typed.dropped, seat.staff)
    return _after(visit, about, done)


@routes.post("/penalties/files/{batch}/repaired", response_model=None)
def upload_repaired(office: Here, visit: Visiting, batch: UUID, file: Uploaded = None) -> Response:
    """Take the file of refused rows back: each row is known again by its number."""
    seat, about = visit.must_be(), _own(visit, batch)
    try:
        with copied(chosen(file)) as path:
            read = read_repaired(path, LAYOUT)
    except UnreadableFile as error:
        return _rows(visit, about, problem=unreadable(error.fault))
    except Problem as problem:
        return _rows(visit, about, problem=problem)
    return _after(visit, about, repair(office.penalties, about, read.cells, (), seat.staff))


def _after(visit: Visit, about: About, done: Repaired) -> Response:
    parts = (
        (done.through, "已登记 {} 行"),
        (done.dropped, "{} 行不再报送"),
        (done.refused, "{} 行仍未通过，请看各行写明的原因"),
        (done.left, "还有 {} 行待修改"),
    )
    said = "；".join(words.format(count) for count, words in parts if count) or "这些行已经办过，没有重复提交"
    left = done.refused or done.left
    return visit.done(f"/penalties/files/{about.batch}" if left else "/penalties", f"{said}。")


def _own(visit: Visit, batch: UUID) -> About:
    about = kept_rows.find(batch, visit.must_be().body)
    if about is None:
        raise no_such_import()
    return about


def _page(office: Office, visit: Visit, problem: Problem | None = None) -> HTMLResponse:
    department = visit.must_be().body
    with office.engine.connect() as connection:
        name, waiting = name_of(connection, department), waiting_count(connection, department)
    left = [(one, sum(1 for _ in kept_rows.rows_of(one))) for one in kept_rows.kept_by(department)]
    return visit.show(
        "penalty_import.html",
        problem.status if problem else 200,
        name=name,
        waiting=waiting,
        left=left,
        columns=len(LAYOUT.columns),
        problem=problem and problem.body(),
    )


def _rows(visit: Visit, about: About, after: int = 0, problem: Problem | None = None) -> HTMLResponse:
    every = list(kept_rows.rows_of(about))
    rows = [row for row in every if row.row > after] or every
    return visit.show(
        "penalty_rows.html",
        problem.status if problem else 200,
        about=about,
        rows=rows[:SHOWN],
        left=len(every),
        after=after,
        following=rows[SHOWN - 1].row if len(rows) > SHOWN else 0,
        columns=LAYOUT.columns,
        name_in=LAYOUT.meant.name,
        choices={LAYOUT.meant.kind: [kind.value for kind in PartyKind]},
        problem=problem and problem.body(),
    )


def _as_file(about: About) -> bytes:
    with TemporaryDirectory(prefix="linkage-refused-") as folder:
        path = Path(folder) / "refused.xlsx"
        with refused_rows_file(path, LAYOUT) as file:
            for row in kept_rows.rows_of(about):
                file.write(row)
        return path.read_bytes()
