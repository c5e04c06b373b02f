"""``linkage deadlines list`` and ``linkage urge``: what is due, and the demand that it be done."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.table import Table

from events.database import connect, open_engine
from events.limits import LimitKind
from services.command_options import AsJson, By, id_of, named, refusals_said
from services.databases import open_databases
from services.journal import open_journal
from services.limits import KIND_WORDS
from services.looking import as_it_stands
from services.migrating import Side
from services.open_deadlines import ESTIMATE, STEP_WORDS, Standing, Wanted, done_standings, open_standings
from services.part_names import restarting
from services.parts_by_the_clock import open_items_of
from services.scheduling import scheduled_until
from services.settings import read_settings
from services.terminal import terminal
from services.trouble import WronglyAsked
from services.urging import Demand, urge_item
from services.working_days import Light, china_day

OfSide = Annotated[Side, typer.Option(help="Whose items.")]


def list_deadlines(
    overdue: Annotated[bool, typer.Option("--overdue", help="Only what is past its due day.")] = False,
    kind: Annotated[LimitKind | None, typer.Option(help="Only of this kind.")] = None,
    owner: Annotated[str | None, typer.Option(help="Only this owner's: department code or short name.")] = None,
    officer: Annotated[str | None, typer.Option(help="Only what this officer holds: staff number.")] = None,
    done_since: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="What was done since then instead, with the days it was early."),
    ] = None,
    side: OfSide = "supervision",
    as_json: AsJson = False,
) -> None:
    """Shows what is open with its light, what is due first before the rest. Leaves with 1 when something is overdue."""
    with (
        as_it_stands("deadlines", frozenset({side})) as (settings, databases),
        connect(databases.owner[side], application="deadlines") as connection,
    ):
        kinds, until = open_items_of(side, settings), scheduled_until(connection)
        if done_since is None:
            found = open_standings(connection, kinds, china_day())
        else:
            found = done_standings(connection, kinds, done_since.date())
    if until is None or until < china_day():
        gap = f"{until} 之后没有做过提醒" if until else "还没有做过提醒"
        typer.echo(f"{gap}: 请查看调度程序是否在运行: {restarting(side, 'scheduler')}", err=True)
    wanted = Wanted(kind, owner, Light.RED if overdue else None, officer)
    found = [one for one in found if wanted.wants(one)]
    if as_json:
        typer.echo(json.dumps([one.as_json() for one in found], ensure_ascii=False))
    else:
        _show(found)
    raise typer.Exit(int(any(one.item.done_on is None and one.worst is Light.RED for one in found)))


def _show(found: list[Standing]) -> None:
    table = Table(title="期限")
    # Whole, however narrow the window: it is copied into `linkage urge`.
    table.add_column("编号", no_wrap=True, min_width=36)
    for heading in ("种类", "责任方", "经办", "起算", "到期", "灯", "已做", "办结"):
        table.add_column(heading, overflow="fold")
    for standing in found:
        for number, clock in standing.clocks.items():
            said = [STEP_WORDS[step] for step in STEP_WORDS if step in clock.given]
            if number:
                said.insert(0, f"{clock.officer} 督办: {clock.reason}")
            table.add_row(
                "" if number else str(standing.item.id), "" if number else KIND_WORDS[standing.item.kind],
                "" if number else standing.item.owner, "" if number else standing.officer or "",
                clock.opened_on.isoformat(),
                f"{clock.due.day}{f' {ESTIMATE}' if clock.due.estimated else ''}", standing.light(clock).words,
                "、".join(said), "" if number else _done(standing),
            )  # fmt: skip
    terminal().print(table)


def _done(standing: Standing) -> str:
    said = standing.as_json()
    early = said["days_early"]
    if early is None:
        return ""
    when = f"提前 {early} 个工作日" if early > 0 else f"逾期 {-early} 个工作日" if early < 0 else "当日"
    return f"{said['done_on']} {when}"


def urge_one(
    item: Annotated[str, typer.Argument(help="The item, as `linkage deadlines list` shows it.")],
    limit: Annotated[int, typer.Option(help="Working days from today.", min=1, max=250)],
    by: By,
    reason: Annotated[str, typer.Option(help="Why; whoever must do it reads it.")],
    side: OfSide = "supervision",
    as_json: AsJson = False,
) -> None:
    """督办: demands that an open item be done within a new limit; its own clock goes on."""
    wanted = id_of(item)
    settings = read_settings()
    open_journal(settings.log_level, process="urge")
    demand = Demand(limit=limit, officer=named(by), reason=reason_of(reason))
    with open_databases(settings, frozenset({side})) as databases:
        engine = open_engine(databases.owner[side], application="urge")
        try:
            with refusals_said(as_json):
                urged = urge_item(engine, side, open_items_of(side, settings), wanted, demand, datetime.now(UTC))
        finally:
            engine.dispose()
    if as_json:
        typer.echo(json.dumps(urged, ensure_ascii=False))
    else:
        typer.echo(f"已督办, {urged['due_on']}{f' ({ESTIMATE})' if urged['estimated'] else ''} 前办结")


def reason_of(reason: str) -> str:
    """Return the reason, or say that it must be said."""
    if not reason.strip():
        raise WronglyAsked("say why it is urgent: --reason")
    return reason.strip()
