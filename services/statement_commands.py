"""``linkage statements``: the daily statements of a side, listed, shown, signed, disputed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Annotated

import typer
from rich.table import Table
from sqlalchemy import Engine

from events.database import open_engine, raw
from events.numbers import in_words
from projections.statements import Wanted
from services.command_options import AsJson, refusals_said
from services.looking import as_it_stands
from services.migrating import Side
from services.statement import SIDES, Statement
from services.statement_answers import AGREEMENTS, SIDE_WORDS, differences, shown
from services.statement_desk import DisputeStatement, SignStatement, StatementDesk
from services.statements_read import find_statements, read_statements
from services.terminal import terminal
from services.trouble import WronglyAsked
from services.working_days import CHINA

Here = Annotated[Side, typer.Option("--side", help="Which side you are: approval (the bureau) or supervision.")]
Body = Annotated[str, typer.Argument(help="Code of the deciding body.")]
Department = Annotated[str, typer.Argument(help="Code of the department.")]
Day = Annotated[datetime, typer.Argument(help="The day in China.", formats=["%Y-%m-%d"])]
Officer = Annotated[str, typer.Option(help="Staff number of who says it.")]


@contextmanager
def _opened(side: Side) -> Iterator[Engine]:
    with as_it_stands("statements", frozenset({side})) as (_, databases):
        engine = open_engine(databases.owner[side], application="statements")
        try:
            yield engine
        finally:
            engine.dispose()


def list_statements(
    side: Here,
    day: Annotated[datetime | None, typer.Option(help="Only of this day in China.", formats=["%Y-%m-%d"])] = None,
    body: Annotated[str, typer.Option(help="Only of this deciding body.")] = "",
    department: Annotated[str, typer.Option(help="Only of this department.")] = "",
    as_json: AsJson = False,
) -> None:
    """The newest day first. Leaves with 1 when the two sides differ about one."""
    wanted = Wanted(day.date() if day else None, body, department)
    with _opened(side) as engine, engine.connect() as connection:
        found = find_statements(raw(connection), wanted)
    if as_json:
        typer.echo(json.dumps([shown(one) for one in found], ensure_ascii=False))
    else:
        table = Table("日期", "许可机关", "监管部门", "推送", "收悉", "编号", "结果", "确认", title="每日对账单")
        for one in found:
            table.add_row(*_line(one))
        terminal().print(table)
    raise typer.Exit(int(any(differences(one) for one in found)))


def show_statement(body: Body, department: Department, day: Day, side: Here, as_json: AsJson = False) -> None:
    """Both halves, every supplement, every verdict. Leaves with 1 when the two sides differ."""
    with _opened(side) as engine, engine.connect() as connection:
        found = read_statements(raw(connection), [(body, department, day.date())])
    if not found:
        raise WronglyAsked(f"no statement of {day:%Y-%m-%d} between {body} and {department}")
    typer.echo(json.dumps(shown(found[0]), ensure_ascii=False) if as_json else "\n".join(_in_words(found[0])))
    raise typer.Exit(int(bool(differences(found[0]))))


def sign(body: Body, department: Department, day: Day, side: Here, officer: Officer, as_json: AsJson = False) -> None:
    """Only when both sides say the same. Leaves with 1 when a rule refuses it."""
    _say(side, body, department, day.date(), SignStatement(officer=officer), as_json)


def dispute(
    body: Body,
    department: Department,
    day: Day,
    side: Here,
    officer: Officer,
    reason: Annotated[str, typer.Option(help="Why; it names no person.")],
    as_json: AsJson = False,
) -> None:
    """The other side reads it beside its own half."""
    _say(side, body, department, day.date(), DisputeStatement(officer=officer, reason=reason), as_json)


def _say(
    side: Side, body: str, department: str, day: date, stated: SignStatement | DisputeStatement, as_json: bool
) -> None:
    with _opened(side) as engine, refusals_said(as_json):
        said = StatementDesk(engine, side).say(body, department, day, stated)
    typer.echo(json.dumps(said, ensure_ascii=False) if as_json else f"已记录: {said['recorded_at']}")


def _line(one: Statement) -> tuple[str, ...]:
    sent, received = (one.newest(side) for side in SIDES)
    known = sent or received
    signed = "、".join(SIDE_WORDS[side][:3] for side in SIDES if (said := one.verdict(side)) and said.signed)
    return (
        one.day.isoformat(), one.body, one.department, str(sent.pushes) if sent else "—",
        str(received.pushes) if received else "—", in_words(known.runs, 3) if known else "—",
        AGREEMENTS[one.agreement], signed or "—",
    )  # fmt: skip


def _in_words(one: Statement) -> Iterator[str]:
    yield f"{one.day} 许可机关 {one.body} 监管部门 {one.department}: {AGREEMENTS[one.agreement]}"
    for side in SIDES:
        for half in one.halves.get(side, ()):
            name = "对账单" if half.part == 1 else f"补充对账单 {half.part - 1}"
            numbers = in_words(half.runs) or "无"
            yield f"{SIDE_WORDS[side]} {name}: {half.pushes} 件, 推送编号 {numbers}, 校验值 {half.ids_hash}"
    yield from differences(one)
    for said in one.verdicts:
        what = "确认" if said.signed else f"异议: {said.reason}"
        yield f"{SIDE_WORDS[said.side][:3]} {said.officer} {said.at.astimezone(CHINA):%Y-%m-%d %H:%M} {what}"
