"""``linkage lag`` and ``parked``: what an operator asks, and what he repairs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict
from typing import Annotated
from uuid import UUID

import psycopg
import typer
from rich.console import Console
from rich.table import Table

from events.database import connect
from events.log.commands import READER
from events.log.opening import is_embedded, open_commands
from projections import parking
from projections.hearing import TOLERATED_SECONDS
from projections.lag import Lag, measure, measure_unannounced
from services.completeness_answers import READERS, other_side
from services.databases import Databases
from services.looking import as_it_stands
from services.parts import log_of
from services.settings import Settings
from services.trouble import WronglyAsked

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
INTAKE = "intake"


def lags(settings: Settings, databases: Databases) -> list[Lag]:
    """Measure every projection of both sides, each in its own database and against the other side's log; and with Kafka
    the intake of the bureaus' commands."""
    measured = []
    for side, projection in READERS.items():
        with (
            connect(databases.owner[side], application="lag") as connection,
            closing(log_of(other_side(side), settings, databases, making=False)()) as log,
        ):
            measured.append(measure(connection, log, projection))
    if not is_embedded(settings.log):
        with (
            connect(databases.owner["approval"], application="lag") as connection,
            closing(open_commands(settings.log, making=False)) as commands,
        ):
            measured.append(measure_unannounced(connection, commands, READER))
    return measured


def show_lag(as_json: AsJson = False) -> None:
    """Events, seconds, trend and the stage where the oldest one waits. Leaves with 1 when something is behind."""
    with as_it_stands("lag") as (settings, databases):
        measured = lags(settings, databases)
    if as_json:
        typer.echo(json.dumps([lag.as_json() for lag in measured], ensure_ascii=False))
    else:
        # Narrow enough for a window of 80 columns.
        table = Table("清单", "来源", "状态", "秒", "事件", "趋势", "环节", "停放", "截至", title="延迟")
        for lag in measured:
            table.add_row(
                lag.projection, lag.source, lag.status, f"{lag.seconds:.1f}", str(lag.events), lag.trend, lag.stage,
                f"{lag.parked_streams} / {lag.parked_events}", f"{lag.as_of:%H:%M:%S}",
            )  # fmt: skip
        console = Console()
        console.print(table)
        for lag in measured:
            if (ahead := lag.source_clock_skew) and abs(ahead) > TOLERATED_SECONDS:
                console.print(
                    f"来源 {lag.source} 的时钟比清单 {lag.projection} 的数据库{'快' if ahead > 0 else '慢'} "
                    f"{abs(ahead):.1f} 秒: 延迟已据此校正, 请校准时钟"
                )
    raise typer.Exit(int(any(lag.behind for lag in measured)))


def list_parked(as_json: AsJson = False) -> None:
    """Streams that stand still, with reason and what waits behind; contents stay hidden. Leaves with 1 if any."""
    with as_it_stands("parked") as (_, databases), _supervision(databases) as connection:
        found = parking.parked(connection, INTAKE)
    if as_json:
        typer.echo(json.dumps([asdict(stream) for stream in found], default=str, ensure_ascii=False))
    else:
        table = Table(title="停放事件")
        # Whole, however narrow the window: it is copied into `linkage parked retry`.
        table.add_column("stream", no_wrap=True, min_width=36)
        for heading in ("reason", "detail", "since", "waiting"):
            table.add_column(heading, overflow="fold")
        for stream in found:
            table.add_row(
                str(stream.stream), stream.reason, stream.detail, f"{stream.parked_at:%m-%d %H:%M:%S}",
                str(stream.waiting),
            )  # fmt: skip
        Console().print(table)
    raise typer.Exit(int(bool(found)))


def retry_parked(
    stream: Annotated[str | None, typer.Argument(help="One stream; or give --reason.")] = None,
    reason: Annotated[str | None, typer.Option(help="Every stream that was parked for this reason.")] = None,
    as_json: AsJson = False,
) -> None:
    """Asks the worker that owns each stream to apply what waits, in order."""
    if not stream and not reason:
        raise WronglyAsked("say which stream, or give --reason")
    try:
        one = UUID(stream) if stream else None
    except ValueError:
        raise WronglyAsked("a stream is named by its id, as `linkage parked list` shows it") from None
    with as_it_stands("parked") as (_, databases), _supervision(databases) as connection:
        asked = parking.request_retry(connection, INTAKE, stream=one, reason=reason)
    typer.echo(json.dumps({"asked": asked}) if as_json else f"asked to retry {asked} streams")


@contextmanager
def _supervision(databases: Databases) -> Iterator[psycopg.Connection]:
    with connect(databases.owner["supervision"], application="parked") as connection:
        yield connection
