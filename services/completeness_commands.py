"""``linkage completeness``: did everything arrive, and what is missing is asked for again."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.table import Table

from events.database import connect
from events.log import Log
from events.numbers import count
from projections.completeness import kept, look, look_at_others
from projections.received_numbers import compact
from services.asking_again import ask, fetch
from services.command_options import AsJson
from services.completeness_answers import READERS, completeness_of, lines, other_side
from services.databases import BOTH
from services.looking import as_it_stands
from services.migrating import Side
from services.parts import log_of
from services.scheduler import database_clock
from services.terminal import terminal


def show(
    source: Annotated[str, typer.Option(help="A sender, a deciding body, approval or supervision: only its.")] = "",
    day: Annotated[datetime | None, typer.Option(help="Only of this day in China.", formats=["%Y-%m-%d"])] = None,
    ask_again: Annotated[bool, typer.Option("--ask-again", help="Ask for what is missing now.")] = False,
    by: Annotated[str, typer.Option(help="With --ask-again: your staff number.")] = "operator",
    as_json: AsJson = False,
) -> None:
    """Names the missing numbers, by source and day. Leaves with 1 when any are."""
    found: list[dict[str, Any]] = []
    with as_it_stands("completeness") as (settings, databases):
        for side in sorted(BOTH):
            with (
                connect(databases.owner[side], application="completeness") as connection,
                closing(log_of(other_side(side), settings, databases, making=False)()) as log,
            ):
                asked = _look(connection, log, side, by if ask_again else "")
                said = completeness_of(connection, side, day.date() if day else None)
            found.append(said | ({"asked_again": asked} if ask_again else {}))
    if source:
        found = [_only(said, source) for said in found]
    incomplete = any(lines(said) for said in found)
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
    else:
        _show(found)
    raise typer.Exit(int(incomplete))


def _look(connection: Any, log: Log, side: Side, by: str) -> int:
    """Look now, as the watch does every few seconds; with ``by``, ask. Return how many numbers were asked for."""
    series = compact(connection) | {one.series for one in kept(connection)}
    missing = look(connection, log, READERS[side])
    look_at_others(connection, series - {READERS[side]}, READERS[side])
    if not by:
        return 0
    asked = ask(
        connection, side, log.source, [one.run for one in missing], database_clock(connection), by, at_once=True
    )
    fetch(connection, log, READERS[side], asked)
    return count(asked)


def _only(said: dict[str, Any], source: str) -> dict[str, Any]:
    ledger = said["ledger"]
    return said | {
        "ledger": ledger if ledger["source"] == source else ledger | {"missing": []},
        "pushes": [one for one in said["pushes"] if one["body"] == source],
        "senders": [one for one in said["senders"] if one["sender"] == source],
    }


def _show(found: list[dict[str, Any]]) -> None:
    console = terminal()
    for said in found:
        ledger = said["ledger"]
        console.print(
            f"{said['side']} 收到 {ledger['source']} 台账 {ledger['received']} 件, 至 {ledger['up_to']} 号"
            f" (对方最近一次说: 已编至 {ledger['announced'] if ledger['announced'] is not None else '未知'} 号),"
            f" 其中停放 {ledger['parked']} 件, 跳过 {ledger['skipped']} 件, 由更正取代 {ledger['replaced']} 件"
        )
        for request in said["requests"]:
            console.print(f"已请求重取 {request['asked']} 次, 最近 {request['asked_at']}, 尚未补齐")
        if "asked_again" in said:
            console.print(f"本次请求重取 {said['asked_again']} 个编号")
    rows = [line for said in found for line in lines(said)]
    if not rows:
        console.print("齐全")
        return
    table = Table("来源", "系列", "日期", "缺号", "发现于", title="缺号")
    for row in rows:
        table.add_row(*row)
    console.print(table)
