"""``linkage statistics pushes``: figures about pushes, with their definitions, on the screen or as a workbook."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from projections.push_counts import By, Dates, Wanted
from services.access.files_by_command import write_down
from services.command_options import AsJson
from services.oversight_opened import opened_supervision
from services.supervision.statistics import FIGURES, GROUPS, statistics, workbook
from services.terminal import terminal
from services.trouble import WronglyAsked
from services.working_days import CHINA


def count(
    first: Annotated[datetime, typer.Option("--from", help="First day, included.", formats=["%Y-%m-%d"])],
    last: Annotated[datetime, typer.Option("--to", help="Last day, included.", formats=["%Y-%m-%d"])],
    by: Annotated[list[By] | None, typer.Option(help="Told apart by; may be repeated.")] = None,
    dates: Annotated[Dates, typer.Option(help="By the day of the decision, or of the delivery.")] = Dates.RECORDED,
    as_of: Annotated[
        datetime | None, typer.Option(help="As it stood then (China); now if left out.", formats=["%Y-%m-%dT%H:%M"])
    ] = None,
    xlsx: Annotated[Path | None, typer.Option(help="Write a workbook there.", dir_okay=False)] = None,
    as_json: AsJson = False,
) -> None:
    """Claimed, returned, moved, open and overdue are counted apart, at any past moment alike."""
    if first > last:
        raise WronglyAsked("--from is later than --to")
    moment = as_of.replace(tzinfo=CHINA) if as_of else datetime.now(UTC)
    wanted = Wanted(by or [], dates, first.date(), last.date(), moment)
    with opened_supervision("statistics") as engine:
        with engine.connect() as connection:
            said = statistics(connection, wanted)
        if xlsx:
            write_down(engine, "linkage statistics pushes", [f"from={first:%F}", f"to={last:%F}"])
            xlsx.write_bytes(workbook(said))
    if as_json:
        typer.echo(json.dumps(said, ensure_ascii=False))
        return
    groups = wanted.by
    table = Table(*(GROUPS[one] for one in groups), *(words for words, _ in FIGURES.values()), title="推送统计")
    for row in said["rows"]:
        named = [row.get("name") or row["department"] if one is By.DEPARTMENT else row[one.value] for one in groups]
        table.add_row(*named, *(str(row[name]) for name in FIGURES))
    console = terminal()
    console.print(table)
    console.print(
        f"{said['from']} 至 {said['to']}, {said['dates_in_words']}, 统计时点 {moment.astimezone(CHINA):%Y-%m-%d %H:%M}"
    )
    for words, means in FIGURES.values():
        console.print(f"{words}: {means}")
