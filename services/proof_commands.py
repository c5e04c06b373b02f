"""``linkage reconcile`` and ``verify``: is everything there, and is it what was recorded?"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from events import ledger
from events.database import connect
from projections.tallies import Compared
from services.completeness_answers import other_side
from services.databases import BOTH
from services.ledger_walks import note_walk
from services.looking import as_it_stands
from services.migrating import Side
from services.parts import log_of
from services.reconciling import WORDS, in_words, reconcile_side

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
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
                compared += reconcile_side(connection, one, own, heard, day.date() if day else None)
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
    console = Console(soft_wrap=True)
    console.print(table)
    for one in compared:
        for line in in_words(one):
            console.print(line)
    console.print("一致" if all(one.clean for one in compared) else "不一致")


def verify_ledgers(as_json: AsJson = False) -> None:
    """Walks the hash chain of both ledgers. Leaves with 1 when a place does not hold. Pages show the last walk."""
    faults: dict[str, list[dict[str, Any]]] = {}
    heads: dict[str, int] = {}
    with as_it_stands("verify") as (_, databases):
        for side in sorted(BOTH):
            with connect(databases.owner[side], application="verify") as connection:
                heads[side] = ledger.head(connection).position
                found = list(ledger.verify(connection, side))
                note_walk(connection, heads[side], found)
                faults[side] = [asdict(fault) for fault in found]
    if as_json:
        typer.echo(json.dumps({"heads": heads, "faults": faults}))
    else:
        for name, places in faults.items():
            typer.echo(f"{name}: {heads[name]} events, {len(places)} faults")
            for fault in places[:20]:
                typer.echo(f"  position {fault['position']}: {fault['kind']}")
    raise typer.Exit(int(any(faults.values())))
