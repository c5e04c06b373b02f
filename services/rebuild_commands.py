"""``linkage rebuild …``: the watch lists made anew beside those that are read, compared, exchanged, put away."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Annotated

import psycopg
import typer
from rich.table import Table

from events.database import connect
from services import rebuilding
from services.command_options import AsJson
from services.looking import as_it_stands
from services.rebuild_state import STATE_WORDS, STEP_WORDS, Rebuild, State, newest, steps_of
from services.refusing import Refused
from services.terminal import terminal
from services.trouble import WronglyAsked
from services.wording import duration_in_words, moment_in_words

By = Annotated[str, typer.Option("--by", help="The staff number of whoever asks for it.", metavar="STAFF")]


def show(as_json: AsJson = False) -> None:
    """Shows how far the rebuild is, when it will be filled, and in what the two lists differ. Leaves with 1 when there
    is none at work."""
    with (
        as_it_stands("rebuild", frozenset({"supervision"})) as (_, databases),
        connect(databases.owner["supervision"], application="rebuild") as connection,
    ):
        one = newest(connection)
        steps = steps_of(connection, one.number) if one else []
    if as_json:
        typer.echo(json.dumps(one.as_json() if one else None, ensure_ascii=False))
    elif one is None:
        typer.echo("没有重建过监管名单")
    else:
        _print(one)
        for at, step, by in steps:
            typer.echo(f"{moment_in_words(at)} {STEP_WORDS[step]} ({by})")
    raise typer.Exit(int(one is None or one.state == State.ENDED))


def begin(by: By) -> None:
    """Begins a rebuild; the scheduler goes on with it. Those who read the lists notice nothing."""
    _do("已开始, 由调度程序办理; 进度见 linkage rebuild show", lambda connection: rebuilding.begin(connection, by))


def pause(by: By) -> None:
    """Stops working at it until it is resumed; what is filled in stays."""
    _do("已暂停", lambda connection: rebuilding.pause(connection, by, paused=True))


def resume(by: By) -> None:
    """Goes on where it stopped."""
    _do("已继续", lambda connection: rebuilding.pause(connection, by, paused=False))


def compare(by: By) -> None:
    """Has the two lists compared as they are now."""
    _do("将重新比较; 结果见 linkage rebuild show", lambda connection: rebuilding.compare_again(connection, by))


def switch(by: By) -> None:
    """Lets the new list be read, at once and for all."""
    _do("已切换到新名单", lambda connection: rebuilding.switch(connection, by))


def back(by: By) -> None:
    """Lets the list be read again that was read before."""
    _do("已切回原名单", lambda connection: rebuilding.switch(connection, by, back=True))


def end(by: By) -> None:
    """Drops the list that is not read; there is no way back."""
    _do("已结束, 未使用的名单已删除", lambda connection: rebuilding.end(connection, by))


def _do(said: str, act: Callable[[psycopg.Connection], None]) -> None:
    with (
        as_it_stands("rebuild", frozenset({"supervision"})) as (_, databases),
        connect(databases.owner["supervision"], application="rebuild") as connection,
    ):
        try:
            with connection.transaction():
                act(connection)
        except Refused as refused:
            raise WronglyAsked(f"{refused.text}{refused.rule.repair}") from None
    typer.echo(said)


def _print(one: Rebuild) -> None:
    state = STATE_WORDS[State(one.state)] + (" (已暂停)" if one.paused else "")
    typer.echo(f"第 {one.number} 次重建: {state}, {one.progress:.1%}, 许可 {one.permits} 件, 名单 {one.rows} 行")
    if one.remaining is not None and one.state == State.FILLING:
        typer.echo(f"预计还需 {duration_in_words(one.remaining.total_seconds())}")
    if one.comparison is not None:
        table = Table("部门", "相同", "在用名单缺", "在用名单多", "不同", title="逐行比较")
        for department, counts in one.comparison.items():
            table.add_row(department, *(str(counts[kind]) for kind in ("equal", "missing", "surplus", "different")))
        terminal().print(table)
