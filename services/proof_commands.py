"""``linkage reconcile`` and ``verify``: is everything there, and is it what was recorded?"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from events.database import connect
from projections.tallies import Compared
from services.checkpoints.opening import believed_by
from services.checkpoints.stamps import stamp_faults
from services.checkpoints.time_stamps import STAMP_WORDS
from services.command_options import AsJson
from services.completeness_answers import other_side
from services.databases import BOTH
from services.ledger_walks import Walk, of_walk, walk
from services.looking import as_it_stands
from services.migrating import Side
from services.parts import log_of
from services.proof_file_commands import verify_file
from services.proofs import RECONCILE, VERIFY, keep
from services.reconciling import WORDS, in_words, outcome, reconcile_side
from services.scheduler import database_clock
from services.terminal import terminal

OneSide = Annotated[Side | None, typer.Option(help="Only what can be seen from one side: its database and the log.")]


def reconcile_lists(
    day: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Only one day (China).")] = None,
    side: OneSide = None,
    as_json: AsJson = False,
) -> None:
    """Counts and hashes of ledgers, log, pushes and lists, by source, day and department; where they differ, the first
    ids. With Kafka the topics are read back. Leaves with 1 when something differs."""
    sides = frozenset({side}) if side else BOTH
    compared: list[Compared] = []
    with as_it_stands("reconcile", sides) as (settings, databases):
        for one in sorted(sides):
            own = log_of(one, settings, databases, making=False)
            heard = log_of(other_side(one), settings, databases, making=False)
            with connect(databases.owner[one], application="reconcile") as connection:
                began_at = database_clock(connection)
                found = reconcile_side(connection, one, own, heard, day.date() if day else None)
                if day is None:
                    keep(connection, RECONCILE, began_at, *outcome(found))
            compared += found
    clean = all(one.clean for one in compared)
    if as_json:
        typer.echo(json.dumps({"clean": clean, "compared": [one.as_json() for one in compared]}, ensure_ascii=False))
    else:
        _print(compared, day.date() if day else None)
    raise typer.Exit(int(not clean))


def _print(compared: Sequence[Compared], day: date | None) -> None:
    table = Table("比对", "来源", "应有", "实有", "结果", title=f"核对 {day}" if day else "核对")
    for one in compared:
        result = one.note or ("一致" if one.clean else f"不一致 {one.wrong}")
        counts = ("", "") if one.note and not one.recorded else (str(one.recorded), str(one.received))
        table.add_row(WORDS[one.between], one.source, *counts, result)
    console = terminal(soft_wrap=True)
    console.print(table)
    for one in compared:
        for line in in_words(one):
            console.print(line)
    console.print("一致" if all(one.clean for one in compared) else "不一致")


def verify_ledgers(
    file: Annotated[Path | None, typer.Argument(help="A proof file or a receipt, instead of the ledgers.")] = None,
    key: Annotated[list[str] | None, typer.Option(help="Of a file: id of a key that counts; may be repeated.")] = None,
    since_last: Annotated[bool, typer.Option("--since-last", help="Only what came since the last walk.")] = False,
    side: OneSide = None,
    as_json: AsJson = False,
) -> None:
    """Walks the hash chain of the ledgers from the first event on, and holds it against what was signed; or checks a
    file that was exported. Time stamps are checked where the site names authorities that it believes. Leaves with 1
    when a place does not hold. Pages show the last walk."""
    if file is not None:
        verify_file(file, key or [], as_json)
        return
    faults: dict[str, list[dict[str, Any]]] = {}
    walks: dict[str, Walk] = {}
    stamps: dict[str, list[tuple[int, str]]] = {}
    sides = frozenset({side}) if side else BOTH
    with as_it_stands("verify", sides) as (settings, databases):
        for one in sorted(sides):
            with connect(databases.owner[one], application="verify") as connection:
                began_at = database_clock(connection)
                walks[one], named = walk(connection, one, whole=not since_last)
                keep(connection, VERIFY, began_at, *of_walk(walks[one]))
                faults[one] = [asdict(fault) for fault in named]
                believed = believed_by(settings)
                stamps[one] = list(stamp_faults(connection, believed)) if believed else []
    if as_json:
        heads = {name: found.head for name, found in walks.items()}
        said = {"heads": heads, "faults": faults, "since": {n: w.since for n, w in walks.items()}}
        typer.echo(json.dumps(said | {"stamps": stamps}))
    else:
        for name, found in walks.items():
            typer.echo(f"{name}: {found.head} events, {found.faults} faults")
            for fault in faults[name][:20]:
                typer.echo(f"  position {fault['position']}: {fault['kind']}")
            for size, reason in stamps[name][:20]:
                typer.echo(f"  time stamp of {size}: {STAMP_WORDS[reason]}")
    raise typer.Exit(int(any(faults.values()) or any(stamps.values())))
