"""``make attack``: the whole API of both sides, by every door of ``doors.py``. Leaves with 1 when something was found.
``--cases`` random ones to each operation and door, beside those that the document asks for; the same ``--seed`` sends
the same."""

from __future__ import annotations

import argparse
import json
import platform
import sys
import time
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

from services.embedded_postgres import attach
from services.supervision import arrival
from tests.attack.doors import doors, settled
from tests.attack.whole_api import attack
from tests.conftest import FORGETFUL, _memory, _with_templates, a_data_folder, fresh_databases
from tests.linkage import open_linkage

RESULTS = Path(__file__).parents[2] / "docs" / "attack-results.json"
TOOLS = ("schemathesis", "hypothesis", "fastapi", "pydantic")


def run(cases: int, beginning: int, only: str, record: bool) -> dict[str, Any]:
    """Attack by each door; what was recorded of others stays."""
    found = dict[str, Any]()
    serving = contextmanager(_with_templates)
    # Whoever waits for a version that never comes is told so after five seconds: here hundreds would.
    arrival.WAIT_SECONDS = 0.05
    with (
        a_data_folder(_memory()) as folder,
        attach(folder, settings=FORGETFUL) as embedded,
        serving(embedded.url("postgres")) as server,
        fresh_databases(server) as databases,
        open_linkage(databases.approval_url, databases.supervision_url) as linkage,
    ):
        known = settled(linkage)
        for door in doors(linkage):
            name = f"{door.side}, {door.name}"
            if only not in name:
                continue
            began, worked = time.monotonic(), time.process_time()
            tried = attack(door.app, cases, beginning, key=door.key, known=known, phases=door.phases, judge=door.judge)
            found[name] = tried.as_json() | {
                "seed": beginning,
                "random to each operation": cases,
                "seconds": round(time.monotonic() - began),
                "seconds of the processor": round(time.process_time() - worked),
                "day": time.strftime("%Y-%m-%d"),
                "machine": f"{platform.machine()}, Python {platform.python_version()}",
                "tools": {tool: version(tool) for tool in TOOLS},
            }
            print(name, tried.cases, found[name]["seconds"], tried.faults, sep="; ", file=sys.stderr, flush=True)
            if record:
                before = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
                RESULTS.write_text(json.dumps(before | {name: found[name]}, ensure_ascii=False, indent=1) + "\n")
    return found


def main() -> int:
    asked = argparse.ArgumentParser(prog="python -m tests.attack", description=__doc__)
    asked.add_argument("--cases", type=int, default=6)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--door", default="", help="those alone whose side and name have this in them")
    asked.add_argument("--record", action="store_true", help=f"write {RESULTS.name}")
    said = asked.parse_args()
    found = run(said.cases, said.seed, said.door, said.record)
    print(json.dumps(found, ensure_ascii=False, indent=1))
    return int(any(one["faults"] for one in found.values()))


if __name__ == "__main__":
    raise SystemExit(main())
