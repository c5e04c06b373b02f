"""The tables of ``attacks.md``: what `make attack` and `make fuzz` saw, as they recorded it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from docs.markdown import table

FOLDER = Path(__file__).parent


def _recorded(name: str) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = json.loads((FOLDER / name).read_text())
    return found


def requests() -> str:
    """Return the newest recorded run by each door, and how many requests they are together."""
    found = _recorded("attack-results.json")
    rows = [
        (
            name,
            f"{one['cases']:,}",
            ", ".join(f"{phase} {many:,}" for phase, many in one["phases"].items()),
            ", ".join(f"{status} × {many:,}" for status, many in one["statuses"].items()),
            str(len(one["faults"])),
            f"{one['seed']}",
            f"{one['seconds']} s, {one['seconds of the processor']} s of the processor",
            f"{one['day']}, Python {one['machine'].rpartition(' ')[2]}, schemathesis {one['tools']['schemathesis']}",
        )
        for name, one in sorted(found.items())
    ]
    together = f"{sum(one['cases'] for one in found.values()):,}"
    rows.append(("together", together, "", "", str(sum(len(one["faults"]) for one in found.values())), "", "", ""))
    return table(("door", "requests", "phases", "answered", "faults", "seed", "took", "with"), rows)


def bytes_given() -> str:
    rows = (
        (
            f"`{name}`",
            f"{one['executions']:,}",
            "" if one["edges"] is None else f"{one['edges']:,}",
            str(len(one["wrong"])),
            f"{one['seconds']} s",
            str(one["seed"]),
            f"{one['day']}, {one['by']}, Python {one['machine'].rpartition(' ')[2]}",
        )
        for name, one in sorted(_recorded("fuzz-results.json").items())
    )
    return table(("target", "executions", "edges", "findings", "time", "seed", "with"), rows)
