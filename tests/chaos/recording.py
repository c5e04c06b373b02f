"""What was seen, kept in ``docs/chaos-results.json``: of each scenario and size the newest run, and on what it was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson

from bench.machine import machine, versions
from services.postgres_programs import find_programs
from tests.chaos.running import Result

SEEN = Path(__file__).parents[2] / "docs" / "chaos-results.json"
_KEPT = (
    *("scenario", "log", "profile", "seed", "seconds", "attacks", "acknowledged", "repeated", "indefinite", "level"),
    *("lost", "doubled", "order", "level_p99", "control", "notes", "findings", "not_run", "verdict"),
)


def ground() -> dict[str, Any]:
    """Return on which machine, and with which versions, something is about to be seen."""
    with TemporaryDirectory() as folder:
        said = find_programs(Path(folder)).run("postgres", "--version")
    return {"machine": machine(), "versions": versions(said.split()[-1], with_kafka=True)}


def keep(about: Mapping[str, Any], results: Sequence[Result]) -> None:
    """Put ``results`` in the place of what was seen before of the same scenarios at the same size."""
    rows = seen()
    for result in results:
        said = result.as_json()
        rows[result.profile, result.scenario] = {name: said[name] for name in _KEPT} | {
            name: about[name] for name in ("at", "machine", "versions")
        }
    ordered = [rows[key] for key in sorted(rows)]
    SEEN.write_bytes(orjson.dumps(ordered, option=orjson.OPT_INDENT_2) + b"\n")


def seen() -> dict[tuple[str, str], dict[str, Any]]:
    """Return what was seen, by size and scenario."""
    if not SEEN.exists():
        return {}
    return {(one["profile"], one["scenario"]): one for one in orjson.loads(SEEN.read_bytes())}
