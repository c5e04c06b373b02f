"""``python -m bench``: measures, prints a table beside the speeds to hold, and writes ``bench/results/<date>.json``."""

from __future__ import annotations

import importlib
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.console import Console
from rich.table import Table

from bench.figure import PER_SECOND, Figure, failure, medians
from bench.ground import Ground, open_ground
from bench.machine import describe

NAMES = (
    "appending",
    "signing",
    "auditing",
    "door",
    "security",
    "catching_up",
    "through_kafka",
    "rebuilding",
    "many_workers",
    "visibility",
    "fairness",
    "importing",
    "disk",
    "watch_list_page",
    "page_times",
    "standing",
    "responsible",
)
ONCE = ("importing", "fairness")
"""So long that each is its own average."""
LARGE = 10_000_000
WIDTH = 160
"""Of the table in a file or a pipe; on a screen it is the screen's."""
RESULTS = Path(__file__).parent / "results"


def main(
    only: Annotated[list[str] | None, typer.Option(help=f"Measure only this, of: {', '.join(NAMES)}.")] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Smaller and once: shows that it works, not how fast.")
    ] = False,
    repeats: Annotated[int, typer.Option(help="The median of so many runs counts.", min=1)] = 3,
    large: Annotated[
        bool, typer.Option("--large", help="The watch list's pages also behind 10,000,000 permits: takes long.")
    ] = False,
    permits: Annotated[int, typer.Option(help="Permits behind the watch list's pages.")] = 100_000,
    rows: Annotated[int, typer.Option(help="Rows of the file beside which single decisions are timed.")] = Ground.rows,
    data: Annotated[
        Path | None, typer.Option(help="Keep the filled watch lists in this folder, for another run.")
    ] = None,
) -> None:
    """Measures how fast the linkage is on this machine. Leaves with 1 when a figure could not be measured."""
    console = Console(width=None if sys.stdout.isatty() else WIDTH)
    wanted = only or list(NAMES)
    if wrong := sorted(set(wanted) - set(NAMES)):
        raise typer.BadParameter(f"{', '.join(wrong)}: there is only {', '.join(NAMES)}")
    figures: list[Figure] = []
    with open_ground(quick=quick, permits=(permits, LARGE) if large else (permits,), rows=rows, data=data) as ground:
        with ground.connect("postgres") as connection:
            about = describe(connection, ground.programs, data or ground.folder / "data", with_kafka=True)
        for name in wanted:
            with console.status(name):
                times = 1 if quick or name in ONCE else repeats
                measured = medians([_run(name, ground) for _ in range(times)])
            figures += measured
            for figure in measured:
                console.print(f"[dim]{figure.name}: {_shown(figure.measured, figure.unit) or figure.note}[/dim]")
    console.print(_table(figures))
    console.print(_where(about))
    path = write(figures, about, quick=quick)
    console.print(f"written to {path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path}")
    raise typer.Exit(int(any(figure.measured is None for figure in figures)))


def _run(name: str, ground: Ground) -> list[Figure]:
    """Measure once. What fails costs its own figures, and none of the others."""
    figures = []
    try:
        for figure in importlib.import_module(f"bench.{name}").measure(ground):
            figures.append(figure)  # noqa: PERF402 - those before a failure are kept
    except Exception as error:
        figures.append(failure(name, error))
    return figures


def write(figures: list[Figure], about: dict[str, object], *, quick: bool) -> Path:
    RESULTS.mkdir(exist_ok=True)
    now = datetime.now(UTC)
    said = {"at": now.isoformat(), "quick": quick, **about, "figures": [figure.as_json() for figure in figures]}
    path = RESULTS / f"{now:%Y-%m-%d}{'-quick' if quick else ''}.json"
    path.write_bytes(orjson.dumps(said, option=orjson.OPT_INDENT_2))
    return path


def _table(figures: list[Figure]) -> Table:
    table = Table("figure", *("measured", "at least", "aim", "pgbench", "ratio"), "held", "")
    for column in table.columns[1:6]:
        column.justify = "right"
    for figure in figures:
        unit = figure.unit
        table.add_row(
            figure.name,
            _shown(figure.measured, unit),
            _shown(figure.floor, unit),
            _shown(figure.aim, unit),
            _shown(figure.beside, unit),
            "" if figure.ratio is None else f"{figure.ratio:.2f}",
            {True: "[green]yes[/green]", False: "[red]no[/red]", None: ""}[figure.held],
            figure.note,
        )
    return table


def _shown(value: float | None, unit: str) -> str:
    if value is None:
        return ""
    return f"{value:,.0f} {unit}" if value >= 100 or unit == PER_SECOND else f"{value:.1f} {unit}"


def _where(about: dict[str, object]) -> str:
    machine, versions = about["machine"], about["versions"]
    assert isinstance(machine, dict)
    assert isinstance(versions, dict)
    return (
        f"{machine['cores']} cores, {machine['memory_gb']} GB, {machine['cpu']}; PostgreSQL {versions['postgresql']}, "
        f"Python {versions['python']}; a durable write: {about['microseconds_a_durable_write']} µs"
    )


if __name__ == "__main__":
    typer.run(main)
