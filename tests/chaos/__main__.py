"""``python -m tests.chaos``: every scenario on sites of its own; a table, and ``bench/results/chaos-<seed>.json``."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.table import Table

from tests.chaos.catalogue import order_of, rows_of
from tests.chaos.profile import PROFILES
from tests.chaos.recording import ground, keep
from tests.chaos.running import DOUBLED, LOST, ORDER, Result, run
from tests.chaos.scenarios import SCENARIOS

WIDTH = 180
COUNTED = ("acknowledged", "repeated", "lost", "doubled", "order")
RESULTS = Path(__file__).parents[2] / "bench" / "results"


def main(
    scenario: Annotated[list[str] | None, typer.Option(help=f"Only this, of: {', '.join(SCENARIOS)}.")] = None,
    profile: Annotated[str, typer.Option(help="quick: once each. full: at the size that is promised.")] = "quick",
    seed: Annotated[
        int | None, typer.Option(help="Attack at the same moments again. Without it: drawn, and shown.")
    ] = None,
    minutes: Annotated[
        float | None, typer.Option(help="How long the soak lasts, which is done only when named.")
    ] = None,
    record: Annotated[
        bool, typer.Option("--record", help="Keep what was found in docs/chaos-results.json, beside earlier runs.")
    ] = False,
    lanes: Annotated[int, typer.Option(help="Scenarios at once. Frozen ones wait most of the time.", min=1)] = 2,
) -> None:
    """Kills, freezes and erases what a site consists of, and shows that nothing acknowledged was lost or doubled."""
    if profile not in PROFILES:
        raise typer.BadParameter(f"{profile}: there is only {', '.join(PROFILES)}")
    names = [name for name, one in SCENARIOS.items() if name in (scenario or ()) or not (scenario or one.by_name_only)]
    size = PROFILES[profile] if minutes is None else replace(PROFILES[profile], minutes=minutes)
    if wrong := sorted(set(scenario or ()) - SCENARIOS.keys()):
        raise typer.BadParameter(f"{', '.join(wrong)}: there is only {', '.join(SCENARIOS)}")
    drawn = int(time.time()) % 1_000_000 if seed is None else seed
    console = Console(width=max(WIDTH, Console().width))
    console.print(f"seed {drawn}, profile {profile}, {os.cpu_count()} cores, {lanes} scenarios at once")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    began = time.monotonic()
    with ThreadPoolExecutor(lanes) as running:
        results = list(running.map(lambda name: run(name, size, profile, drawn, RESULTS), names))
    console.print(_table(results))
    for result in results:
        for kind, times in Counter(finding.kind for finding in result.findings).items():
            first = next(finding.what for finding in result.findings if finding.kind == kind)
            console.print(f"[red]{result.scenario}: {times} × {kind}[/red], the first: {first}", highlight=False)
    about = {"at": datetime.now(UTC).isoformat(), "seed": drawn, "profile": profile, **ground()}
    console.print(f"{time.monotonic() - began:.0f} s; written to {_write(about, results)}")
    if record:
        keep(about, results)
        console.print("kept in docs/chaos-results.json; `python -m docs.generated` brings docs/chaos.md up to date")
    raise typer.Exit(int(any(result.findings for result in results)))


def _write(about: dict[str, Any], results: list[Result]) -> Path:
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"chaos-{about['profile']}-{about['seed']}.json"
    scenarios = [result.as_json() for result in results]
    path.write_bytes(orjson.dumps(about | {"scenarios": scenarios}, option=orjson.OPT_INDENT_2))
    return path


def _table(results: list[Result]) -> Table:
    table = Table("id", "scenario", "log", "what was done", *COUNTED, "level p99", "s", "verdict")
    for column in table.columns[4:-1]:
        column.justify = "right"
    rows = sorted(((rows_of(result.scenario), result) for result in results), key=lambda one: order_of(one[0]))
    for ids, result in rows:
        level = "" if result.level_p99 is None else f"{result.level_p99:.1f} s"
        table.add_row(
            " ".join(ids),
            result.scenario,
            result.log,
            "\n".join(_done(result)),
            f"{result.acknowledged:,}",
            str(result.repeated),
            *(str(result.found(*kinds)) for kinds in (LOST, DOUBLED, ORDER)),
            level,
            f"{result.seconds:.0f}",
            result.verdict,
        )
    return table


def _done(result: Result) -> list[str]:
    done = [*(f"{times:,} × {what}" for what, times in result.attacks.items()), *result.notes]
    return [*done, f"control: {result.control}"] if result.control else done


if __name__ == "__main__":
    typer.run(main)
