"""``linkage duties import``: the duty list of a file becomes the duty list in force."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from events.database import open_engine
from events.supervision import DutyAssigned
from services.databases import open_databases
from services.journal import open_journal
from services.settings import read_settings
from services.supervision.duty_file import DutyFile, read_duty_file
from services.supervision.duty_register import Conflicting, take_duties
from services.tables.faults import UnreadableFile
from services.trouble import WronglyAsked

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def import_duties(
    file: Annotated[Path, typer.Argument(help="The duty list, CSV or XLSX.", exists=True, dir_okay=False)],
    as_json: AsJson = False,
) -> None:
    """Takes the good rows and names the bad ones; two leads for one day refuse the file. Leaves with 1 for refusals."""
    settings = read_settings()
    open_journal(settings.log_level, process="duties")
    try:
        read = read_duty_file(file)
    except UnreadableFile as error:
        raise WronglyAsked(f"{file.name}: {error}") from None
    answer: dict[str, Any]
    with open_databases(settings, frozenset({"supervision"})) as databases:
        engine = open_engine(databases.owner["supervision"], application="duties-import")
        try:
            taken = take_duties(engine, read.entries, read.departments, datetime.now(UTC))
            answer = {
                "assigned": taken.assigned, "changed": taken.changed, "unchanged": taken.unchanged,
                "register_version": taken.version, "conflicts": [],
            }  # fmt: skip
        except Conflicting as conflict:
            answer = {
                "assigned": 0, "changed": 0, "unchanged": 0,
                "conflicts": [[_named(read, pair.first), _named(read, pair.second)] for pair in conflict.found],
            }  # fmt: skip
        finally:
            engine.dispose()
    answer["refused"] = [
        {"row": row.row, "column": row.column, "value": row.value, "reason": row.reason, "repair": row.repair}
        for row in read.refused
    ]
    typer.echo(json.dumps(answer, ensure_ascii=False)) if as_json else _show(answer)
    raise typer.Exit(int(bool(answer["refused"] or answer["conflicts"])))


def _named(read: DutyFile, entry: DutyAssigned) -> str:
    row = read.row_of(entry)
    where = f"第 {row} 行" if row else "现行清单"
    return f"{where}: {entry.matter_code} {entry.region_code} {entry.level} 牵头 {entry.lead} 自 {entry.valid_from}"


def _show(answer: dict[str, Any]) -> None:
    console = Console()
    console.print(f"新增 {answer['assigned']} 条, 变更 {answer['changed']} 条, 未变 {answer['unchanged']} 条")
    for first, second in answer["conflicts"]:
        console.print(f"冲突, 整份未导入: {first} / {second}")
    if answer["refused"]:
        table = Table("行", "列", "值", "原因", "修改办法", title="未收下的行")
        for row in answer["refused"]:
            table.add_row(str(row["row"]), row["column"], row["value"], row["reason"], row["repair"])
        console.print(table)
