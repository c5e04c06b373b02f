"""`linkage run`, `linkage migrate`."""

import json
import threading
from contextlib import ExitStack
from typing import Annotated

import psycopg
import structlog
import typer
from sqlalchemy.exc import DBAPIError

from events.database import is_outage
from services.assembling import assembled
from services.beside_units import INSTEAD_OF_MIGRATING, instead_of_running, refuse_beside_units
from services.command_options import AsJson
from services.crew import stopped_by_signals
from services.databases import BOTH, DatabaseAway, open_databases
from services.freed_memory import give_back_what_is_freed
from services.journal import open_journal
from services.migrating import Side
from services.parts import Part, sides_of
from services.read_in import unswept
from services.settings import Settings, read_settings

log = structlog.get_logger()

AGAIN_SECONDS = 1.0

ApprovalPort = Annotated[int | None, typer.Option(help="Port of the approval side; else APPROVAL_PORT.")]
SupervisionPort = Annotated[int | None, typer.Option(help="Port of the supervision side; else SUPERVISION_PORT.")]


def run(
    part: Annotated[Part, typer.Argument(help="The part, or all of them in one process.")],
    side: Annotated[
        Side | None, typer.Option(help="For sequencer, relay, projector and scheduler: only this side's.")
    ] = None,
    approval_port: ApprovalPort = None,
    supervision_port: SupervisionPort = None,
) -> None:
    """Runs until Ctrl-C or SIGTERM, then drains within five seconds. Leaves with 1 when a loop of it failed.

    A database that is away is waited for, at the start as later: a service manager gives up one that ends too often.
    """
    settings = read_settings(approval_port=approval_port, supervision_port=supervision_port)
    refuse_beside_units(settings, sides_of(part, side), instead_of_running(part, side))
    open_journal(settings.log_level, process=str(part))
    give_back_what_is_freed()
    stop = threading.Event()
    failed = False
    with stopped_by_signals(stop):
        while not stop.is_set():
            try:
                failed = _at_work(settings, part, side, stop)
            except (DatabaseAway, DBAPIError, psycopg.Error) as error:
                if not isinstance(error, DatabaseAway) and not is_outage(error):
                    raise
                why = str(error) if isinstance(error, DatabaseAway) else type(error).__name__
                log.warning("part_waits_for_database", part=str(part), why=why)
                stop.wait(AGAIN_SECONDS)
    raise typer.Exit(int(failed))


def _at_work(settings: Settings, part: Part, side: Side | None, stop: threading.Event) -> bool:
    """Return whether a loop failed. Raises, with nothing left open, when a database is away at the start."""
    with ExitStack() as leaving:
        with unswept():
            crew, _ = leaving.enter_context(assembled(settings, part, stop, side=side))
        leaving.enter_context(crew.at_work())
        crew.wait()
    return crew.failed


def migrate_databases(
    side: Annotated[Side | None, typer.Option(help="Only this side's database.")] = None, as_json: AsJson = False
) -> None:
    """Prints the step at which each database stands afterwards."""
    settings, sides = read_settings(), frozenset({side}) if side else BOTH
    refuse_beside_units(settings, sides, INSTEAD_OF_MIGRATING)
    open_journal(settings.log_level, process="migrate")
    with open_databases(settings, sides) as databases:
        standing = databases.standing
    if as_json:
        typer.echo(json.dumps(standing))
    else:
        for one, step in sorted(standing.items()):
            typer.echo(f"{one}: {step}")
