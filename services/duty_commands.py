"""``linkage duties import``: the duty list of a file becomes the duty list in force."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from events.database import open_engine, raw
from services.command_options import AsJson, readable
from services.databases import open_databases
from services.duty_printing import named, print_history, show_difference, show_gaps
from services.journal import open_journal
from services.oversight_opened import opened_supervision
from services.refused_rows_shown import show_refused
from services.settings import read_settings
from services.supervision.duty_difference import difference, gaps
from services.supervision.duty_file import read_duty_file
from services.supervision.duty_history import history_of
from services.supervision.duty_register import Conflicting, read_register, take_duties
from services.terminal import terminal
from services.working_days import china_day


def import_duties(
    file: Annotated[Path, typer.Argument(help="The duty list, CSV or XLSX.", exists=True, dir_okay=False)],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what it would change and move; take nothing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Takes the good rows and names the bad ones; two leads for one day refuse the file. Leaves with 1 for refusals.

    Current permits follow a changed list within seconds, or on the day from which it holds.
    """
    settings = read_settings()
    open_journal(settings.log_level, process="duties")
    with readable(file):
        read = read_duty_file(file)
    answer: dict[str, Any]
    with open_databases(settings, frozenset({"supervision"})) as databases:
        engine = open_engine(databases.owner["supervision"], application="duties-import")
        try:
            if dry_run:
                with engine.connect() as connection:
                    would = difference(raw(connection), read.entries, china_day())
                show_difference(would, read, as_json)
                raise typer.Exit(int(bool(read.refused or would.conflicts)))
            taken = take_duties(engine, read.entries, read.departments, datetime.now(UTC))
            answer = {
                "assigned": taken.assigned, "changed": taken.changed, "unchanged": taken.unchanged,
                "register_version": taken.version, "conflicts": [],
            }  # fmt: skip
        except Conflicting as conflict:
            answer = {
                "assigned": 0, "changed": 0, "unchanged": 0,
                "conflicts": [[named(read, pair.first), named(read, pair.second)] for pair in conflict.found],
            }  # fmt: skip
        finally:
            engine.dispose()
    answer["refused"] = [
        {"row": row.row, "column": row.column, "value": row.value, "reason": row.reason, "repair": row.repair}
        for row in read.refused
    ]
    typer.echo(json.dumps(answer, ensure_ascii=False)) if as_json else _show(answer)
    raise typer.Exit(int(bool(answer["refused"] or answer["conflicts"])))


def _show(answer: dict[str, Any]) -> None:
    console = terminal()
    console.print(f"新增 {answer['assigned']} 条, 变更 {answer['changed']} 条, 未变 {answer['unchanged']} 条")
    for first, second in answer["conflicts"]:
        console.print(f"冲突, 整份未导入: {first} / {second}")
    show_refused(console, answer["refused"])


def list_gaps(
    on: Annotated[datetime | None, typer.Option(help="The day; today if left out.", formats=["%Y-%m-%d"])] = None,
    as_json: AsJson = False,
) -> None:
    """Matters, regions and levels with current permits or waiting decisions. Leaves with 1 when there are any."""
    with opened_supervision("duties") as engine, engine.connect() as connection:
        day = on.date() if on else china_day()
        found = gaps(raw(connection), read_register(raw(connection)), day)
    show_gaps(found, day, as_json)
    raise typer.Exit(int(bool(found)))


def show_history(
    matter: Annotated[str, typer.Argument(help="Code of the matter.")],
    as_json: AsJson = False,
) -> None:
    """Every entry of a matter with each of its versions: what held, and when that was recorded."""
    with opened_supervision("duties") as engine, engine.connect() as connection:
        found = history_of(raw(connection), matter)
    print_history(found, as_json)
