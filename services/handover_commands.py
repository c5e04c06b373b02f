"""``linkage handovers``: opening stock, handed over by lists that a department signs as a whole (存量移交)."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import typer
from rich.table import Table
from sqlalchemy import Engine

from events.database import raw
from events.oversight import ReturnReason
from projections.handovers import Handover, Wanted, find
from services.command_options import AsJson, refusals_said, well_stated
from services.looking import approval_as_it_stands
from services.oversight_opened import Department, opened_supervision
from services.problems import Problem
from services.supervision.handover import Excepted, SignHandover
from services.supervision.handover_desk import HandoverDesk
from services.supervision.handover_questions import list_page, on_their_way
from services.supervision.overseeing import OversightDesk
from services.supervision.permit_answers import department_names
from services.terminal import terminal
from services.trouble import WronglyAsked
from services.wording import moment_in_words

ListId = Annotated[UUID, typer.Argument(help="The list, as `linkage handovers list` shows it.")]
AT_ONCE = 200


def list_handovers(
    department: Annotated[str | None, typer.Option(help="Only lists given to this department.")] = None,
    unsigned: Annotated[bool, typer.Option("--unsigned", help="Only lists that wait for a signature.")] = False,
    as_json: AsJson = False,
) -> None:
    """The newest 200, as departments have them; and the batches of which not everything has come yet."""
    with opened_supervision("handovers") as engine, engine.connect() as connection:
        rows = find(raw(connection), Wanted(department, signed=False if unsigned else None), None, AT_ONCE)
        coming, names = on_their_way(raw(connection)), department_names(connection)
    if as_json:
        _print({"handovers": [row.as_json() for row in rows], "on_their_way": coming})
        return
    _table(rows, names)
    for one in coming:
        typer.echo(f"批次 {one['batch']} {one['body_name']}: 已到 {one['arrived']} 件, 共 {one['announced']} 件")


def list_sent(
    body: Annotated[str | None, typer.Option(help="Only lists of this approval body.")] = None,
    batch: Annotated[UUID | None, typer.Option(help="Only lists of this import.")] = None,
    as_json: AsJson = False,
) -> None:
    """The newest 200, as the approval side has heard of them."""
    with approval_as_it_stands("handovers") as connection:
        rows = find(connection, Wanted(body=body, batch=batch), None, AT_ONCE)
    if as_json:
        _print({"handovers": [row.as_json() for row in rows]})
    else:
        _table(rows, {})


def show(
    handover: ListId,
    after: Annotated[int, typer.Option(help="Rows behind this push number.")] = 0,
    as_json: AsJson = False,
) -> None:
    """A list, its signature, and 200 of its permits with what became of each."""
    with opened_supervision("handovers") as engine:
        page = _found(engine, handover, after)
    if as_json:
        _print(page)
        return
    _table_head(page)
    table = Table("推送编号", "许可", "许可编号", "证照", "相对人", "事项", "状态", "退回原因")
    for row in page["rows"]:
        table.add_row(
            str(row["push_number"]), row["permit"], row["permit_number"] or "", row["certificate_name"] or "",
            row["party_label"] or "", row["matter_code"] or "", row["state_in_words"], row["reason_in_words"],
        )  # fmt: skip
    terminal().print(table)
    if page["next_after"] is not None:
        typer.echo(f"后面还有: --after {page['next_after']}")


def sign(
    department: Department,
    handover: ListId,
    officer: Annotated[str, typer.Option(help="Staff number of the officer.")],
    excepted: Annotated[
        list[str] | None,
        typer.Option("--except", help="PERMIT=REASON or PERMIT=other:TEXT: a row that is returned; may be repeated."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Signs the list as a whole; rows excepted are returned. Leaves with 1 when it was refused."""
    with well_stated():
        stated = SignHandover(officer=officer, exceptions=tuple(map(_excepted, excepted or ())))
    with opened_supervision("handovers") as engine, refusals_said(as_json):
        answer = HandoverDesk(OversightDesk(engine, lambda: datetime.now(UTC))).sign(department, handover, stated)
    if as_json:
        _print(answer)
    else:
        typer.echo(f"已签收第 {answer['number']} 号移交清单: 接收 {answer['signed']} 件, {_others(answer)}")


def _others(answer: dict[str, Any]) -> str:
    return f"退回 {len(answer['returned'])} 件, 此前已单独办理 {answer['apart']} 件, 已撤回 {answer['withdrawn']} 件"


def _excepted(given: str) -> Excepted:
    permit, _, why = given.partition("=")
    reason, _, text = why.partition(":")
    try:
        return Excepted(permit=UUID(permit), reason=ReturnReason(reason), text=text)
    except ValueError:
        reasons = ", ".join(ReturnReason)
        raise WronglyAsked(f"--except {given}: give PERMIT=REASON with one of {reasons}; other needs :TEXT") from None


def _found(engine: Engine, handover: UUID, after: int) -> dict[str, Any]:
    try:
        return list_page(engine, handover, after, AT_ONCE).as_json()
    except Problem:
        raise WronglyAsked("there is no such list: copy its id from `linkage handovers list`") from None


def _table_head(page: dict[str, Any]) -> None:
    signed = f" · {page['officer']} 于 {page['signed_at']} 签收, {_others(page)}" if page["signed_at"] else ""
    typer.echo(
        f"第 {page['number']} 号移交清单 · {page['body_name']} → {page['department_name'] or page['department']} · "
        f"{page['permits']} 件 · {page['state_in_words']}{signed}\nSHA-256 {page['sha256']}"
    )


def _table(rows: list[Handover], names: dict[str, str]) -> None:
    table = Table(title="存量移交清单")
    table.add_column("清单", no_wrap=True, min_width=36)
    for heading in ("号", "移交机关", "接收部门", "件数", "生成", "状态", "签收", "退回"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(
            str(row.list), str(row.number), row.body_name, names.get(row.department, row.department),
            str(row.permits), moment_in_words(row.made_at), row.as_json()["state_in_words"], row.officer or "—",
            str(len(row.returned)),
        )  # fmt: skip
    terminal().print(table)


def _print(answer: Any) -> None:
    typer.echo(json.dumps(answer, ensure_ascii=False, default=str))
