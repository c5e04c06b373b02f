"""``linkage import``, ``bodies import``, ``matters import``, ``withdraw-batch`` and ``exceptions``: what a clerk does
with files from the command line."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from events.database import open_engine, raw
from services.approval import waiting_rows
from services.approval.decision import Kind
from services.approval.file_manifest import Manifest
from services.approval.handling import Desk
from services.approval.importing import Manner, import_permits
from services.approval.master_key import open_master_key
from services.approval.place_register import PlaceFile, read_bodies, read_matters, take_entries
from services.approval.retrying import retry_waiting
from services.command_options import AsJson, id_of, readable
from services.databases import open_databases
from services.import_progress import import_to_end
from services.journal import open_journal
from services.looking import approval_as_it_stands
from services.settings import read_settings
from services.terminal import terminal
from services.trouble import WronglyAsked
from services.working_days import CHINA

InputFile = Annotated[Path, typer.Argument(help="CSV or XLSX.", exists=True, dir_okay=False)]


@contextmanager
def opened_desk() -> Iterator[Desk]:
    """Open the approval database and its desk for one command."""
    settings = read_settings()
    open_journal("warning", process="files")
    with open_databases(settings, frozenset({"approval"})) as databases:
        engine = open_engine(databases.owner["approval"], application="files")
        try:
            with engine.connect() as connection:
                master = open_master_key(settings.key_file, raw(connection))
            yield Desk(engine, master)
        finally:
            engine.dispose()


def import_file(
    file: InputFile,
    opening_stock: Annotated[bool, typer.Option("--opening-stock", help="存量移交: no clock starts.")] = False,
    correction: Annotated[
        bool, typer.Option("--correction", help="更正: what differs is a wrong fact put right.")
    ] = False,
    refused: Annotated[Path | None, typer.Option(help="Where refused rows go; else beside the file.")] = None,
    sender: Annotated[str, typer.Option(help="Who sent the file; for --number.")] = "",
    number: Annotated[int | None, typer.Option(min=1, help="Its number among the sender's files: 1, 2, 3 …")] = None,
    rows: Annotated[int | None, typer.Option(min=0, help="How many rows the sender says that it has.")] = None,
    as_json: AsJson = False,
) -> None:
    """Good rows go through; refused ones go to a file with reason and repair. Leaves with 1 when rows were refused, or
    when there are not as many rows as the sender says."""
    if (number is None) != (not sender):
        raise WronglyAsked("--sender and --number go together: a number is one of a sender's own")
    manner, manifest = Manner(opening_stock, correction), Manifest(sender, number, rows)
    with opened_desk() as desk:
        import_to_end(
            desk.engine,
            "linkage import",
            file,
            refused,
            as_json,
            lambda refused_to, progress: import_permits(
                desk, file, manner, manifest=manifest, refused_to=refused_to, progress=progress
            ),
        )


def import_bodies(file: InputFile, as_json: AsJson = False) -> None:
    """Takes the register of bodies (许可机关登记簿), then tries the waiting rows again."""
    _import_places(file, read_bodies, as_json)


def import_matters(file: InputFile, as_json: AsJson = False) -> None:
    """Takes the mapping from certificates and documents to matters, then tries the waiting rows again."""
    _import_places(file, read_matters, as_json)


def _import_places(file: Path, read: Callable[[Path], PlaceFile], as_json: bool) -> None:
    with readable(file):
        found = read(file)
    with opened_desk() as desk:
        taken, known = take_entries(desk.engine, found.entries, datetime.now(UTC))
        settled, still = retry_waiting(desk)
    answer: dict[str, Any] = {
        "recorded": taken,
        "known": known,
        "settled": settled,
        "still_waiting": still,
        "refused": [
            {"row": row, "column": column, "value": value, "reason": fault.reason, "repair": fault.repair}
            for row, column, value, fault in found.refused
        ],
    }
    if as_json:
        typer.echo(json.dumps(answer, ensure_ascii=False))
    else:
        typer.echo(f"新记录 {taken} 条, 已有 {known} 条; 待处理的行: 已解决 {settled}, 仍待处理 {still}")
        for row in answer["refused"]:
            typer.echo(f"第 {row['row']} 行 {row['column']}: {row['reason']}{row['repair']}")
    raise typer.Exit(int(bool(found.refused)))


def withdraw_batch(
    batch: Annotated[str, typer.Argument(help="The batch, as the import printed it.")],
    reason: Annotated[str, typer.Option(help="Why; it is recorded with every event.")],
    as_json: AsJson = False,
) -> None:
    """Takes a wrongly imported file back, by events. Leaves with 1 when later decisions rest on some of it."""
    with opened_desk() as desk:
        outcomes = desk.retract_batch(id_of(batch), reason)
    kept = [outcome.answer() for outcome in outcomes if not outcome.accepted]
    if as_json:
        typer.echo(json.dumps({"withdrawn": len(outcomes) - len(kept), "kept": kept}, ensure_ascii=False))
    else:
        typer.echo(f"已撤回 {len(outcomes) - len(kept)} 件, 不能撤回 {len(kept)} 件")
        for answer in kept[:20]:
            typer.echo(f"  {answer['text']}{answer['repair']}")
    raise typer.Exit(int(bool(kept)))


def list_exceptions(as_json: AsJson = False) -> None:
    """Rows of files that wait for a person: reason, candidates, owner and since when; contents stay hidden."""
    with approval_as_it_stands("files") as connection:
        rows = waiting_rows.shown(connection)
    if as_json:
        typer.echo(json.dumps([row.as_json() for row in rows], ensure_ascii=False))
    else:
        table = Table(title="待处理的行")
        # Whole, however narrow the window: it is copied into `linkage exceptions settle`.
        table.add_column("编号", no_wrap=True, min_width=36)
        for heading in ("行", "原因", "候选", "负责人", "自"):
            table.add_column(heading, overflow="fold")
        for row in rows:
            table.add_row(
                str(row.id), str(row.row_number), row.reason, "、".join(row.candidates), row.owner,
                f"{row.since.astimezone(CHINA):%m-%d %H:%M}",
            )  # fmt: skip
        terminal().print(table)
    raise typer.Exit(int(bool(rows)))


def settle_exception(
    row: Annotated[str, typer.Argument(help="The row's id, as `linkage exceptions list` shows it.")],
    kind: Annotated[Kind, typer.Option(help="The kind of decision that the row states.")],
) -> None:
    """Records a waiting row as the kind of decision that a person says it is. Leaves with 1 when it still waits."""
    with opened_desk() as desk:
        settled, still = retry_waiting(desk, one=id_of(row), chosen=kind)
    typer.echo("已记录" if settled else "仍待处理" if still else "没有这一行")
    raise typer.Exit(int(not settled))
