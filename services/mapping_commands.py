"""``linkage mappings``: what old codes of matters, regions and departments stand for."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from events.code_mappings import CodeMapped
from events.database import raw
from services.command_options import AsJson, readable
from services.oversight_opened import opened_supervision
from services.refused_rows_shown import refused_as_json, show_refused
from services.supervision.code_file import KINDS, read_code_file
from services.supervision.code_register import Clashing, read_mappings, take_mappings
from services.terminal import terminal

WORDS = {kind: words for words, kind in KINDS.items()}


def import_mappings(
    file: Annotated[Path, typer.Argument(help="The mappings, CSV or XLSX.", exists=True, dir_okay=False)],
    as_json: AsJson = False,
) -> None:
    """Takes the good rows and names the bad ones; a code with two meanings on one day, or a circle, refuses the file.

    Current permits, and what waits for a duty, follow by events within seconds. Leaves with 1 for refusals.
    """
    with readable(file):
        read = read_code_file(file)
    answer: dict[str, Any] = {"recorded": 0, "unchanged": 0, "clashes": []}
    with opened_supervision("mappings") as engine, engine.begin() as transaction:
        try:
            taken = take_mappings(raw(transaction), read.entries, datetime.now(UTC))
            answer |= {"recorded": taken.recorded, "unchanged": taken.unchanged}
        except Clashing as clashing:
            answer["clashes"] = [[_named(one.first), _named(one.second)] for one in clashing.found]
    answer["refused"] = refused_as_json(read.refused)
    typer.echo(json.dumps(answer, ensure_ascii=False)) if as_json else _show(answer)
    raise typer.Exit(int(bool(answer["refused"] or answer["clashes"])))


def list_mappings(as_json: AsJson = False) -> None:
    """Past and future ones too."""
    with opened_supervision("mappings") as engine, engine.connect() as connection:
        found = read_mappings(raw(connection))
    if as_json:
        typer.echo(json.dumps([one.model_dump(mode="json") for one in found], ensure_ascii=False))
        return
    table = Table("类别", "旧代码", "新代码", "仅限区划", "自", "至", "说明", title="代码对照")
    for one in sorted(found, key=lambda entry: (entry.kind, entry.old, entry.valid_from)):
        until = str(one.valid_to or "长期")
        table.add_row(WORDS[one.kind], one.old, one.new, one.only_region, str(one.valid_from), until, one.reason)
    terminal().print(table)


def _named(entry: CodeMapped) -> str:
    where = f" (仅限 {entry.only_region})" if entry.only_region else ""
    return f"{WORDS[entry.kind]} {entry.old} → {entry.new}{where} 自 {entry.valid_from} 至 {entry.valid_to or '长期'}"


def _show(answer: dict[str, Any]) -> None:
    console = terminal()
    console.print(f"新增或变更 {answer['recorded']} 条, 未变 {answer['unchanged']} 条")
    for first, second in answer["clashes"]:
        console.print(f"冲突, 整份未导入: {first} / {second}")
    show_refused(console, answer["refused"])
