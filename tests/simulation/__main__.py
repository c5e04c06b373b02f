"""``python -m tests.simulation``: many seeds, a table, and ``bench/results/simulation-<from>-<seeds>.json``."""

from __future__ import annotations

import os
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.table import Table

from tests.simulation import golden
from tests.simulation.ground import Ground
from tests.simulation.many import open_ground, outcomes
from tests.simulation.plan import Plan, draw
from tests.simulation.variants import VARIANTS
from tests.simulation.world import HEALS_WITHIN, Outcome

RESULTS = Path(__file__).parents[2] / "bench" / "results"
LIVENESS = ("not level", "stuck")
SAID_EVERY = 60.0
"""Seconds between two words of how far it has come."""


@dataclass
class Tally:
    """What became of the seeds so far. ``digest`` covers the traces of all of them, in their order."""

    seeds: int = 0
    steps: int = 0
    struck: Counter[str] = field(default_factory=Counter)
    found: dict[int, list[str]] = field(default_factory=dict)
    unsafe: set[int] = field(default_factory=set)
    slowest: float = 0.0
    digest: str = ""

    def add(self, seed: int, outcome: Outcome, steps: int) -> None:
        self.seeds += 1
        self.steps += steps
        self.struck += outcome.struck
        self.slowest = max(self.slowest, HEALS_WITHIN if outcome.healed is None else outcome.healed)
        self.digest = sha256((self.digest + outcome.digest).encode()).hexdigest()
        if outcome.findings:
            self.found[seed] = [f"{finding.kind}: {finding.what}" for finding in outcome.findings]
        if any(finding.kind not in LIVENESS for finding in outcome.findings):
            self.unsafe.add(seed)

    def as_json(self) -> dict[str, Any]:
        return {
            "seeds": self.seeds,
            "steps": self.steps,
            "faults": dict(self.struck),
            "safety_failures": sorted(self.unsafe),
            "liveness_failures": sorted(self.found.keys() - self.unsafe),
            "slowest_healing_simulated_seconds": self.slowest,
            "digest": self.digest,
            "found": {str(seed): what for seed, what in self.found.items()},
        }


def main(
    seeds: Annotated[int, typer.Option(help="How many seeds.", min=1)] = 10_000,
    first: Annotated[int, typer.Option("--from", help="The first of them.")] = 0,
    seed: Annotated[int | None, typer.Option(help="Only this one.")] = None,
    trace: Annotated[bool, typer.Option("--trace", help="Print every step of it.")] = False,
    minutes: Annotated[float, typer.Option(help="Stop after so long; the results say how many it were.")] = 0.0,
    processes: Annotated[int, typer.Option(help="How many simulate at once.", min=1)] = os.cpu_count() or 1,
    controls: Annotated[
        bool, typer.Option("--controls", help="Find and shrink a seed for each broken variant, and keep them.")
    ] = False,
) -> None:
    """Simulates the linkage under faults. Leaves with 1 when one seed was unsafe, or not level in time."""
    console = Console(width=max(120, Console().width))
    if controls:
        with open_ground() as ground:
            raise typer.Exit(_controls(ground, console))
    if seed is not None:
        with open_ground() as ground:
            outcome = golden.simulate(ground, draw(seed))
        if trace:
            _print(console, draw(seed), outcome)
        tally = Tally()
        tally.add(seed, outcome, len(outcome.trace))
        console.print(_table(tally, 0.0))
        raise typer.Exit(int(bool(tally.found)))
    began, said, tally = time.monotonic(), time.monotonic(), Tally()
    for block in outcomes(range(first, first + seeds), processes):
        for number, outcome, steps in block:
            tally.add(number, outcome, steps)
        now = time.monotonic()
        if now - said > SAID_EVERY:
            said = now
            console.print(f"{tally.seeds:,} of {seeds:,} seeds, {len(tally.found)} found, {now - began:.0f} s")
        if minutes and now - began > minutes * 60:
            break
    seconds = time.monotonic() - began
    console.print(_table(tally, seconds))
    for number, what in tally.found.items():
        console.print(f"[red]seed {number}[/red]: {what[0]}", highlight=False)
    console.print(f"written to {_write(tally, first, seconds)}")
    raise typer.Exit(int(bool(tally.found)))


def _controls(ground: Ground, console: Console) -> int:
    plans: dict[str, Plan] = {}
    for variant in VARIANTS:
        plan = golden.find_and_shrink(ground, variant, range(1000))
        if plan is None:
            console.print(f"[red]{variant.name}: not found[/red]")
            continue
        plans[variant.name] = plan
        shrunk = f"seed {plan.seed}, {draw(plan.seed).size} → {plan.size} decisions"
        console.print(f"{variant.name}: {variant.finds}, {shrunk}")
    golden.write(plans)
    return int(len(plans) < len(VARIANTS))


def _print(console: Console, plan: Plan, outcome: Outcome) -> None:
    console.print(plan)
    for second, who, *said in outcome.trace:
        console.print(f"{second:6.1f}  {who:24} {' '.join(map(str, said))}", highlight=False, markup=False)
    for finding in outcome.findings:
        console.print(f"[red]{finding.kind}[/red]: {finding.what}", highlight=False)
    console.print(f"trace {outcome.digest}")


def _table(tally: Tally, seconds: float) -> Table:
    table = Table("seeds", "steps", "unsafe", "not level in 60 s", "slowest healing", "seconds", "digest of all traces")
    table.add_row(
        f"{tally.seeds:,}",
        f"{tally.steps:,}",
        str(len(tally.unsafe)),
        str(len(tally.found.keys() - tally.unsafe)),
        f"{tally.slowest:.1f} simulated s",
        f"{seconds:.0f}",
        tally.digest[:16],
    )
    table.caption = ", ".join(f"{count:,} × {kind}" for kind, count in tally.struck.most_common())
    return table


def _write(tally: Tally, first: int, seconds: float) -> Path:
    RESULTS.mkdir(exist_ok=True)
    said = {"at": datetime.now(UTC).isoformat(), "from": first, "seconds": round(seconds, 1), **tally.as_json()}
    path = RESULTS / f"simulation-{first}-{tally.seeds}.json"
    path.write_bytes(orjson.dumps(said, option=orjson.OPT_INDENT_2))
    return path


if __name__ == "__main__":
    typer.run(main)
