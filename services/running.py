"""`linkage run`, `linkage migrate`, `linkage settings`."""

import json
import threading
from typing import Annotated

import typer

from services.assembling import assembled
from services.crew import stopped_by_signals
from services.databases import BOTH, open_databases
from services.journal import open_journal
from services.migrating import Side
from services.parts import Part
from services.settings import explained, read_settings

ApprovalPort = Annotated[int | None, typer.Option(help="Port of the approval side; else APPROVAL_PORT.")]
SupervisionPort = Annotated[int | None, typer.Option(help="Port of the supervision side; else SUPERVISION_PORT.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def run(
    part: Annotated[Part, typer.Argument(help="The part, or all of them in one process.")],
    side: Annotated[Side | None, typer.Option(help="For sequencer, relay and projector: only this side's.")] = None,
    approval_port: ApprovalPort = None,
    supervision_port: SupervisionPort = None,
) -> None:
    """Runs until Ctrl-C or SIGTERM, then drains within five seconds. Leaves with 1 when a loop of it failed."""
    settings = read_settings(approval_port=approval_port, supervision_port=supervision_port)
    open_journal(settings.log_level, process=str(part))
    stop = threading.Event()
    with stopped_by_signals(stop), assembled(settings, part, stop, side=side) as (crew, _), crew.at_work():
        crew.wait()
    raise typer.Exit(int(crew.failed))


def migrate_databases(
    side: Annotated[Side | None, typer.Option(help="Only this side's database.")] = None, as_json: AsJson = False
) -> None:
    """Prints the step at which each database stands afterwards."""
    settings = read_settings()
    open_journal(settings.log_level, process="migrate")
    with open_databases(settings, frozenset({side}) if side else BOTH) as databases:
        standing = databases.standing
    if as_json:
        typer.echo(json.dumps(standing))
    else:
        for one, step in sorted(standing.items()):
            typer.echo(f"{one}: {step}")


def show_settings(as_json: AsJson = False) -> None:
    """Passwords in addresses are hidden."""
    rows = explained(read_settings())
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("name", "value", "meaning")
    for row in rows:
        table.add_row(row["name"], row["value"] or "–", row["meaning"])
    Console().print(table)
