"""``linkage limits list``, ``set`` and ``import``: how long each kind of work may take, on one side or on both."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from events.database import connect
from events.limits import LimitKind, LimitSet, Unit
from services.command_options import AsJson, By, named, readable
from services.databases import BOTH, open_databases
from services.journal import open_journal
from services.limit_file import LimitFile, read_limit_file
from services.limits import EVERY_MATTER, KIND_WORDS, STATE_WORDS, UNIT_WORDS, limit_rows
from services.looking import as_it_stands
from services.migrating import Side
from services.refused_rows_shown import Refusals, refused_as_json
from services.settings import read_settings
from services.terminal import terminal
from services.time_rules import Entry, Taken, read_limits, take_entries
from services.trouble import WronglyAsked
from services.working_days import china_day

OfSide = Annotated[Side | None, typer.Option(help="Only this side's; else both.")]


def list_limits(
    side: Annotated[Side, typer.Option(help="Whose limits.")] = "supervision", as_json: AsJson = False
) -> None:
    """Shows the limits that were set, past and future ones too, and what holds where none was."""
    with (
        as_it_stands("limits", frozenset({side})) as (_, databases),
        connect(databases.owner[side], application="limits") as connection,
    ):
        entries = read_limits(connection)
    rows = limit_rows(entries, china_day())
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False))
        return
    table = Table(title="期限")
    for heading in ("种类", "事项编码", "期限", "生效日期", "失效日期", "依据", "现状"):
        table.add_column(heading, overflow="fold", no_wrap=heading in WHOLE)
    for row in rows:
        table.add_row(
            KIND_WORDS[LimitKind(row["kind"])], row["matter_code"], f"{row['days']} 个{UNIT_WORDS[Unit(row['unit'])]}",
            row["valid_from"] or "–", row["valid_to"] or "–", row["basis"], STATE_WORDS[row["state"]],
        )  # fmt: skip
    terminal().print(table)


WHOLE = ("期限", "生效日期", "失效日期", "现状")
"""What says nothing when it is cut off, however narrow the window."""


def set_limit(
    kind: Annotated[LimitKind, typer.Argument(help="Of what.")],
    days: Annotated[int, typer.Argument(help="How many days.", min=1, max=1000)],
    by: By,
    valid_from: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="First day on which it holds.")],
    valid_to: Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day.")] = None,
    matter: Annotated[str, typer.Option(help="Only for this matter's code.")] = EVERY_MATTER,
    natural: Annotated[bool, typer.Option("--natural", help="自然日 instead of working days.")] = False,
    basis: Annotated[str, typer.Option(help="The document that it rests on.")] = "",
    side: OfSide = None,
    as_json: AsJson = False,
) -> None:
    """Sets a limit for what is opened from its first day on; what is open keeps its due day."""
    if valid_to is not None and valid_to < valid_from:
        raise WronglyAsked("--to is before --from")
    entry = LimitSet(
        kind=kind,
        matter_code=matter,
        days=days,
        unit=Unit.NATURAL_DAYS if natural else Unit.WORKING_DAYS,
        valid_from=valid_from.date(),
        valid_to=valid_to.date() if valid_to else None,
        basis=basis,
        officer=named(by),
    )
    tell_taken(take_on([entry], side), (), as_json)


def import_limits(
    file: Annotated[Path, typer.Argument(help="CSV or XLSX.", exists=True, dir_okay=False)],
    by: By,
    side: OfSide = None,
    as_json: AsJson = False,
) -> None:
    """Takes the good rows and names the bad ones. Leaves with 1 when rows were refused."""
    with readable(file):
        found: LimitFile = read_limit_file(file, named(by))
    tell_taken(take_on(found.entries, side), found.refused, as_json)
    raise typer.Exit(int(bool(found.refused)))


def take_on(entries: Sequence[Entry], side: Side | None) -> dict[Side, Taken]:
    """Record ``entries`` on one side, or on both. What one side has already changes nothing when it is said again."""
    settings = read_settings()
    open_journal(settings.log_level, process="limits")
    sides = frozenset({side}) if side else BOTH
    taken: dict[Side, Taken] = {}
    with open_databases(settings, sides) as databases:
        for one in sorted(sides):
            with connect(databases.owner[one], application="limits") as connection:
                taken[one] = take_entries(connection, one, entries, datetime.now(UTC))
    return taken


SIDE_WORDS: dict[Side, str] = {"approval": "审批侧", "supervision": "监管侧"}


def tell_taken(taken: dict[Side, Taken], refused: Refusals, as_json: bool) -> None:
    """Print what each side has recorded, and the rows of the file that were refused."""
    if as_json:
        said = {side: {"recorded": one.recorded, "unchanged": one.unchanged} for side, one in taken.items()}
        typer.echo(json.dumps({**said, "refused": refused_as_json(refused)}, ensure_ascii=False))
        return
    for side, one in taken.items():
        typer.echo(f"{SIDE_WORDS[side]}: 新记录 {one.recorded} 条, 未变 {one.unchanged} 条")
    for row, column, value, fault in refused:
        where = f"第 {row} 行 {column}" if row else column
        typer.echo(f"{where} {value}: {fault.reason}{fault.repair}")
