"""`linkage run`, `linkage migrate`, `linkage settings`."""

import json
import socket
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from typing import Annotated

import typer
from starlette.types import ASGIApp

from events.log.opening import is_embedded
from services.crew import Crew, Worker, stopped_by_signals
from services.databases import BOTH, Databases, open_databases
from services.journal import open_journal
from services.migrating import Side
from services.parts import Part, numbering, projecting, relaying, sides_of
from services.settings import Settings, explained, read_settings
from services.trouble import WronglyAsked
from services.web_server import serving, take_port
from services.web_services import approval_service

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
    if part is Part.RELAY and is_embedded(settings.log_url):
        raise WronglyAsked("the embedded log needs no relay: the ledger itself is read. For Kafka set LOG_URL")
    open_journal(settings.log_level, process=str(part))
    stop = threading.Event()
    with stopped_by_signals(stop), ExitStack() as leaving:
        ports = take_ports(settings, part)
        for port in ports.values():
            leaving.callback(port.close)
        databases = leaving.enter_context(open_databases(settings, sides_of(part, side)))
        crew = Crew(workers(settings, databases, part, side, ports, leaving), stop)
        with crew.at_work():
            crew.wait()
    raise typer.Exit(int(crew.failed))


def take_ports(settings: Settings, part: Part) -> dict[Side, socket.socket]:
    """Listening sockets of the web services in `part`."""
    numbers = {"approval": settings.approval_port, "supervision": settings.supervision_port}
    return {
        side: take_port(settings.host, numbers[side], f"--{side}-port (or {side.upper()}_PORT)")
        for side in _SERVICES
        if part in (Part.ALL, Part(side))
    }


def workers(
    settings: Settings,
    databases: Databases,
    part: Part,
    side: Side | None,
    ports: dict[Side, socket.socket],
    leaving: ExitStack,
) -> list[Worker]:
    """The loops of `part`; what they hold open is closed by `leaving`."""
    crew: list[Worker] = []
    for web, listening in ports.items():
        crew.append(serving(f"{web}-web", leaving.enter_context(_SERVICES[web](settings, databases)), listening))
    for one in sorted({side} if side else BOTH):
        if part in (Part.SEQUENCER, Part.ALL):
            crew += numbering(one, settings, databases)
        if part in (Part.RELAY, Part.ALL):
            crew += relaying(one, settings, databases)
        if part in (Part.PROJECTOR, Part.ALL):
            crew += projecting(one, settings, databases)
    return crew


_SERVICES: dict[Side, Callable[[Settings, Databases], AbstractContextManager[ASGIApp]]] = {
    "approval": approval_service,
}


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
