"""``linkage lag``: how far behind each list is, and where it waits."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from contextlib import closing
from typing import Annotated

import psycopg
import typer
from rich.console import Console
from rich.table import Table

from events.database import connect
from events.log import LogUnavailable
from events.log.commands import READER
from events.log.opening import is_embedded, open_commands
from projections.hearing import TOLERATED_SECONDS
from projections.lag import Lag, measure, measure_unannounced
from services.command_options import AsJson
from services.completeness_answers import READERS, other_side
from services.databases import Databases
from services.looking import as_it_stands
from services.pages.lag_words import rebuilding_in_words
from services.parts import log_of
from services.rebuild_state import with_rebuild
from services.settings import Settings
from services.terminal import terminal
from services.working_days import CHINA

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
            lag = measure(connection, log, projection)
            measured.append(with_rebuild(connection, lag) if side == "supervision" else lag)
    if not is_embedded(settings.log):
        with (
            connect(databases.owner["approval"], application="lag") as connection,
            closing(open_commands(settings.log, making=False)) as commands,
        ):
            measured.append(measure_unannounced(connection, commands, READER))
    return measured


def show_lag(
    as_json: AsJson = False,
    watch: Annotated[bool, typer.Option("--watch", help="Again and again, until Ctrl-C.")] = False,
    every: Annotated[float, typer.Option(min=0.2, help="Seconds between two looks of --watch.")] = 2.0,
) -> None:
    """Events, seconds, trend and the stage where the oldest one waits. Leaves with 1 when something is behind; with
    --watch it goes on, and --json is one line a look."""
    console = terminal()
    with as_it_stands("lag") as (settings, databases):
        measured = lags(settings, databases)
        _show(console, measured, as_json)
        while watch:
            try:
                time.sleep(every)
                measured = lags(settings, databases)
            except KeyboardInterrupt:
                break
            except (LogUnavailable, psycopg.OperationalError) as error:
                typer.echo(f"{type(error).__name__}", err=True)
                continue
            if not as_json:
                console.clear()
            _show(console, measured, as_json)
    raise typer.Exit(int(any(lag.behind for lag in measured)))


def _show(console: Console, measured: Sequence[Lag], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps([lag.as_json() for lag in measured], ensure_ascii=False))
        return
    # Narrow enough for a window of 80 columns.
    table = Table("清单", "来源", "状态", "秒", "事件", "趋势", "环节", "停放", "截至", title="延迟")
    for lag in measured:
        table.add_row(
            lag.projection, lag.source, lag.shown, f"{lag.seconds:.1f}", str(lag.events), lag.trend, lag.stage,
            f"{lag.parked_streams} / {lag.parked_events}", f"{lag.as_of.astimezone(CHINA):%H:%M:%S}",
        )  # fmt: skip
    console.print(table)
    for lag in measured:
        if told := rebuilding_in_words(lag):
            console.print(f"清单 {lag.projection}: {told}")
        if (ahead := lag.source_clock_skew) and abs(ahead) > TOLERATED_SECONDS:
            console.print(
                f"来源 {lag.source} 的时钟比清单 {lag.projection} 的数据库{'快' if ahead > 0 else '慢'} "
                f"{abs(ahead):.1f} 秒: 延迟已据此校正, 请校准时钟"
            )
