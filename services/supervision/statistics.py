"""Figures about pushes with what they mean written beside them (口径), as JSON and as a workbook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from io import BytesIO
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse, Response
from sqlalchemy import Connection

from projections.push_counts import By, Count, Dates, Wanted, count_pushes
from services.interface import problems
from services.problems import Problem
from services.supervision.office import Here
from services.supervision.permit_answers import department_names
from services.tables.written import Book
from services.wording import moment_in_words
from services.working_days import CHINA

GROUPS: Mapping[By, str] = {By.DEPARTMENT: "部门", By.MATTER: "事项", By.REGION: "区划", By.MONTH: "月份"}
DATES: Mapping[Dates, str] = {Dates.LEGAL: "决定日期", Dates.RECORDED: "送达日期"}
FIGURES: Mapping[str, tuple[str, str]] = {
    "pushed": ("推送", "送达部门的推送件数；一件决定推送给几个部门计几件"),
    "claimed": ("已签收", "截至统计时点已签收的件数，含其后办理、办结的"),
    "late": ("逾期签收", "已签收中，签收日晚于期限最后一日的件数"),
    "returned": ("已退回", "截至统计时点已退回、尚未签收或转出的件数；退回不是办结"),
    "moved": ("已转出", "未签收即转由其他部门负责的件数"),
    "open": ("待签收", "截至统计时点未签收、未退回、未转出的件数"),
    "overdue": ("超期未签收", "待签收中，统计时点已过期限最后一日的件数"),
}
"""Each figure: its name and its definition."""
MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

statistics_routes = APIRouter(prefix="/api/v1/statistics")


def backwards() -> Problem:
    return Problem(422, "dates_backwards", "起止日期有误", "起始日期晚于截止日期。", "请核对两个日期。")


@statistics_routes.get(
    "/pushes",
    operation_id="countPushes",
    summary="推送统计：已签收、已退回、待签收、超期分开计",
    responses=problems(backwards()),
)
def read_counts(
    office: Here,
    first: Annotated[date, Query(alias="from", description="起始日，含当日。")],
    last: Annotated[date, Query(alias="to", description="截止日，含当日。")],
    by: Annotated[list[By] | None, Query(description="分组，可多选：department、matter、region、month。")] = None,
    dates: Annotated[Dates, Query(description="按哪个日期归属：legal 决定日期；recorded 送达日期。")] = Dates.RECORDED,
    as_of: Annotated[datetime | None, Query(description="统计时点，含时区；省略则为现在。")] = None,
    department: Annotated[list[str] | None, Query(description="只统计这些部门。")] = None,
    form: Annotated[str, Query(pattern="^(json|xlsx)$", description="json 或 xlsx。")] = "json",
) -> Response:
    """Count the pushes of some days as they stood at a moment, past or present, with the definition of each figure."""
    if first > last:
        raise backwards()
    moment = as_of or office.now()
    wanted = Wanted(
        by or [], dates, first, last, moment if moment.tzinfo else moment.replace(tzinfo=CHINA), department or ()
    )
    with office.engine.connect() as connection:
        said = statistics(connection, wanted)
    if form == "xlsx":
        headers = {"Content-Disposition": 'attachment; filename="statistics.xlsx"'}
        return Response(workbook(said), media_type=MEDIA_TYPE, headers=headers)
    return JSONResponse(said)


def statistics(connection: Connection, wanted: Wanted) -> dict[str, Any]:
    """Return the figures with their conditions and definitions."""
    names = department_names(connection)
    return {
        "by": [one.value for one in wanted.by],
        "from": wanted.first.isoformat(),
        "to": wanted.last.isoformat(),
        "dates": wanted.dates.value,
        "dates_in_words": f"按{DATES[wanted.dates]}归属",
        "as_of": wanted.as_of.isoformat(),
        "definitions": {name: {"name": words, "means": means} for name, (words, means) in FIGURES.items()},
        "rows": [_row(count, wanted.by, names) for count in count_pushes(connection, wanted)],
    }


def _row(count: Count, by: Sequence[By], names: Mapping[str, str]) -> dict[str, Any]:
    said = {one.value: value for one, value in zip(by, count.group, strict=True)}
    if By.DEPARTMENT.value in said:
        said["name"] = names.get(said[By.DEPARTMENT.value], "")
    figures = asdict(count)
    del figures["group"]
    return said | figures


def workbook(said: Mapping[str, Any]) -> bytes:
    """Return the figures as XLSX: conditions and definitions first, then the table. Texts are never formulas."""
    into = BytesIO()
    with Book(into, in_memory=True) as book:
        sheet, bold = book.add_worksheet("统计"), book.add_format({"bold": True})
        lines = [
            f"推送统计：{said['from']} 至 {said['to']}，{said['dates_in_words']}",
            f"统计时点：{moment_in_words(datetime.fromisoformat(said['as_of']))}",
            *(f"{one['name']}：{one['means']}" for one in said["definitions"].values()),
        ]
        for number, line in enumerate(lines):
            sheet.write_string(number, 0, line)
        top = len(lines) + 1
        groups = [By(one) for one in said["by"]]
        names = ["name"] if By.DEPARTMENT in groups else []
        headings = [
            *(GROUPS[one] for one in groups),
            *("部门名称" for _ in names),
            *(words for words, _ in FIGURES.values()),
        ]
        for place, heading in enumerate(headings):
            sheet.write_string(top, place, heading, bold)
        for number, row in enumerate(said["rows"], top + 1):
            texts = [row[one.value] for one in groups] + [row[name] for name in names]
            for place, value in enumerate(texts):
                sheet.write_string(number, place, value)
            for place, name in enumerate(FIGURES, len(texts)):
                sheet.write_number(number, place, row[name])
    return into.getvalue()
