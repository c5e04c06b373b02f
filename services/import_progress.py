"""A file being imported from the command line: its progress, and what became of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from sqlalchemy import Engine

from services.access.files_by_command import write_down
from services.command_options import readable
from services.publication_file.reading import batch_of
from services.publication_file.summary import Summary
from services.terminal import terminal

Run = Callable[[Path, Callable[[Summary], None]], Summary]
"""Imports a file, writes its refused rows to the path, and tells how far it is."""


def import_to_end(engine: Engine, place: str, file: Path, refused: Path | None, as_json: bool, run: Run) -> None:
    """Import ``file`` under a progress bar, say what became of it, and leave with 1 when rows were refused or
    the file is not whole. ``place``: the command, for the audit trail, as what was refused is written to a file."""
    refused_to = refused or file.with_name(f"{file.stem}.refused.xlsx")
    write_down(engine, place, [f"batch={batch_of(file)}"], ["refused_rows"])
    summary = with_progress(file, refused_to, run)
    if not summary.refused:
        refused_to.unlink(missing_ok=True)
    if as_json:
        typer.echo(json.dumps(summary.as_json(), ensure_ascii=False))
    else:
        _show(summary, refused_to)
    raise typer.Exit(int(summary.refused > 0 or not summary.whole))


def with_progress(file: Path, refused_to: Path, run: Run) -> Summary:
    """Import ``file`` under a progress bar on standard error."""
    columns = (
        SpinnerColumn(), TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(),
        TimeElapsedColumn(),
    )  # fmt: skip
    with Progress(*columns, console=terminal(stderr=True), transient=True) as bars:
        bar = bars.add_task(file.name, total=_rows_about(file))
        with readable(file):
            return run(refused_to, lambda summary: bars.update(bar, completed=summary.rows))


def _rows_about(file: Path) -> int | None:
    """Count the lines of a text file; a spreadsheet does not say beforehand how many rows it has."""
    with file.open("rb") as content:
        if content.read(4) == b"PK\x03\x04":
            return None
        return max(1, sum(chunk.count(b"\n") for chunk in iter(lambda: content.read(1 << 20), b"")))


def _show(summary: Summary, refused_to: Path) -> None:
    console = terminal()
    console.print(
        f"批次 {summary.batch}\n共 {summary.rows} 行: 新记录 {summary.events}, 已有 {summary.known}, "
        f"未通过 {summary.refused}, 待处理 {summary.waiting}"
    )
    if not summary.whole:
        console.print(f"报送方载明 {summary.stated_rows} 行, 文件共 {summary.rows} 行: 文件不完整, 请向报送方重取")
    for sentence in summary.sentences():
        console.print(sentence)
    for notice in summary.notices:
        console.print(f"提示: {notice}")
    if summary.first_refused:
        table = Table(title=f"未通过的行 (全部在 {refused_to.name})")
        for heading in ("行", "列", "原因", "修改办法"):
            table.add_column(heading, overflow="fold")
        for row in summary.first_refused[:10]:
            table.add_row(str(row["row"]), row["heading"], row["reason"], row["repair"])
        console.print(table)
