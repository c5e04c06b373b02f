"""A duty list or mappings of codes are taken from a file; what a duty list would change is shown before."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, File, Form, UploadFile
from fastapi.responses import HTMLResponse, Response

from events.database import raw
from events.supervision import DutyAssigned
from services.pages.visiting import Visit, Visiting
from services.problems import Problem
from services.refused_rows_shown import refused_as_json
from services.supervision.code_file import read_code_file
from services.supervision.code_register import Clashing, take_mappings
from services.supervision.duty_difference import difference
from services.supervision.duty_file import HEADINGS, DutyFile, read_duty_file
from services.supervision.duty_register import Conflicting, take_duties
from services.supervision.matters import matter_names
from services.supervision.office import Here
from services.supervision.permit_answers import department_names
from services.supervision.wording import MAPPED
from services.tables.faults import UnreadableFile
from services.uploads import keep, kept, unreadable

SHOWN = 100
"""How many lines of each kind a look names; the rest are counted."""
Sent = Annotated[UploadFile, File()]
routes = APIRouter()


@routes.get("/duties/import")
def choose_file(office: Here, visit: Visiting) -> HTMLResponse:
    return visit.show("duty_import.html", looked=None, headings=HEADINGS)


@routes.post("/duties/look")
def look(office: Here, visit: Visiting, file: Sent) -> HTMLResponse:
    """Show what the file would change and move; take nothing."""
    name, place = keep(file)
    read = _read(place)
    with office.engine.connect() as connection:
        would = difference(raw(connection), read.entries, office.today)
        names, matters = department_names(connection) | read.departments, matter_names(connection)
    return visit.show(
        "duty_import.html",
        looked=would,
        kept=name,
        file=file.filename,
        headings=HEADINGS,
        refused=read.refused,
        conflicts=[(_placed(read, one.first), _placed(read, one.second)) for one in would.conflicts],
        changed=[(before, after, _changes(before, after)) for before, after in would.changed],
        ending=sum(one.valid_to != before.valid_to for before, one in would.changed),
        moving=sum(one.permits for one in would.going),
        shown=SHOWN,
        names=names,
        matters=matters,
    )


@routes.post("/duties/import")
def take(office: Here, visit: Visiting, name: Annotated[str, Form(alias="file", max_length=64)]) -> Response:
    read = _read(kept(name))
    try:
        taken = take_duties(office.engine, read.entries, read.departments, office.now())
    except Conflicting as conflict:
        raise Problem(
            409,
            "duties_conflict",
            "整份未导入",
            f"有 {len(conflict.found)} 处牵头部门冲突。",
            "请重新上传文件，按提示修改冲突的两行。",
        ) from None
    said = f"已导入：新增 {taken.assigned} 条，变更 {taken.changed} 条，未变 {taken.unchanged} 条"
    return visit.done("/duties", f"{said}；{len(read.refused)} 行未收下" if read.refused else said)


@routes.post("/duties/codes")
def take_codes(office: Here, visit: Visiting, file: Sent) -> Response:
    """Take mappings of codes: all good rows, or none when two of them clash."""
    _, place = keep(file)
    try:
        read = read_code_file(place)
    except UnreadableFile as error:
        raise unreadable(error.fault) from None
    try:
        with office.engine.begin() as transaction:
            taken = take_mappings(raw(transaction), read.entries, office.now())
    except Clashing as clashing:
        pairs = "；".join(
            f"{MAPPED[one.first.kind]} {one.first.old} 对应 {one.first.new} 与 {one.second.new}"
            for one in clashing.found[:5]
        )
        raise Problem(409, "codes_clash", "整份未导入", f"对照互相冲突：{pairs}。", "请更正后重新上传。") from None
    said = f"已导入：新增或变更 {taken.recorded} 条，未变 {taken.unchanged} 条"
    if not read.refused:
        return visit.done("/duties/codes", said)
    return _refused_codes(visit, said, refused_as_json(read.refused))


def _refused_codes(visit: Visit, said: str, refused: list[dict[str, Any]]) -> HTMLResponse:
    return visit.show("codes_refused.html", taken=said, refused=refused[:SHOWN], count=len(refused))


def _read(place: Path) -> DutyFile:
    try:
        return read_duty_file(place)
    except UnreadableFile as error:
        raise unreadable(error.fault) from None


def _placed(read: DutyFile, entry: DutyAssigned) -> tuple[str, DutyAssigned]:
    row = read.row_of(entry)
    return f"第 {row} 行" if row else "现行清单", entry


def _changes(before: DutyAssigned, after: DutyAssigned) -> list[tuple[str, Any, Any]]:
    """Return which facts of an entry differ: name, before, after."""
    old, new = before.model_dump(mode="json"), after.model_dump(mode="json")
    return [(name, old[name], new[name]) for name in new if old[name] != new[name]]
