"""``python -m tests.chaos``: every scenario on sites of its own; a table, and ``bench/results/chaos-<seed>.json``."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.console import Console
from rich.table import Table

from tests.chaos.attacks import CATALOGUE, Profile
from tests.chaos.running import DOUBLED, LOST, Result, run

RESULTS = Path(__file__).parents[2] / "bench" / "results"
PROFILES = {
    "quick": Profile(kills=24, rounds=1, frozen_seconds=70.0),
    "full": Profile(kills=120, rounds=10, frozen_seconds=70.0, down_seconds=20.0),
}


def main(
    scenario: Annotated[list[str] | None, typer.Option(help=f"Only this, of: {', '.join(CATALOGUE)}.")] = None,
    profile: Annotated[str, typer.Option(help="quick: once each. full: ten times as much.")] = "quick",
    seed: Annotated[
        int | None, typer.Option(help="Attack at the same moments again. Without it: drawn, and shown.")
    ] = None,
    lanes: Annotated[int, typer.Option(help="Scenarios at once. Frozen ones wait most of the time.", min=1)] = 2,
) -> None:
    """Kills, freezes and erases what a site consists of, and shows that nothing acknowledged was lost or doubled."""
    if profile not in PROFILES:
        raise typer.BadParameter(f"{profile}: there is only {', '.join(PROFILES)}")
    names = [name for name in CATALOGUE if not scenario or name in scenario]
    if wrong := sorted(set(scenario or ()) - CATALOGUE.keys()):
        raise typer.BadParameter(f"{', '.join(wrong)}: there is only {', '.join(CATALOGUE)}")
    drawn = int(time.time()) % 1_000_000 if seed is None else seed
    console = Console(width=max(120, Console().width))
    console.print(f"seed {drawn}, profile {profile}, {os.cpu_count()} cores, {lanes} scenarios at once")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    began = time.monotonic()
    with ThreadPoolExecutor(lanes) as running:
        results = list(running.map(lambda name: run(name, PROFILES[profile], drawn, RESULTS), names))
    console.print(_table(results))
    for result in results:
        for kind, times in Counter(finding.kind for finding in result.findings).items():
            first = next(finding.what for finding in result.findings if finding.kind == kind)
            console.print(f"[red]{result.scenario}: {times} × {kind}[/red], the first: {first}", highlight=False)
    path = _write(results, profile, drawn)
    console.print(f"{time.monotonic() - began:.0f} s; written to {path}")
    raise typer.Exit(int(any(result.findings for result in results)))


def _write(results: list[Result], profile: str, seed: int) -> Path:
    RESULTS.mkdir(exist_ok=True)
    said = {"at": datetime.now(UTC).isoformat(), "seed": seed, "profile": profile, "cores": os.cpu_count()}
    path = RESULTS / f"chaos-{profile}-{seed}.json"
    path.write_bytes(
        orjson.dumps(said | {"scenarios": [result.as_json() for result in results]}, option=orjson.OPT_INDENT_2)
    )
    return path


def _table(results: list[Result]) -> Table:
    table = Table(
        "scenario", "log", "attacks", "acknowledged", "repeated", "lost", "doubled", "other", "level p99", "s"
    )
    for column in table.columns[3:]:
        column.justify = "right"
    for result in results:
        table.add_row(
            result.scenario,
            result.log,
            "\n".join(f"{count} × {what}" for what, count in result.attacks.items()),
            f"{result.acknowledged:,}",
            str(result.repeated),
            str(result.found(*LOST)),
            str(result.found(*DOUBLED)),
            str(len(result.findings) - result.found(*LOST, *DOUBLED)),
            f"{result.level_p99:.1f} s",
            f"{result.seconds:.0f}",
        )
    return table


if __name__ == "__main__":
    typer.run(main)
