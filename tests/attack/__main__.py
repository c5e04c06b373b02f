"""``make attack``: the whole API of both sides, with an open door and without any right. Leaves with 1 when something
was found. ``--cases`` to each operation and door; the same ``--seed`` sends the same."""

from __future__ import annotations

import argparse
import json
import platform
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from services.access.entrance import OPEN, Entrance
from services.approval.http import Office, application, key_token
from services.embedded_postgres import attach
from services.supervision.http import application as supervision_application
from tests.attack.whole_api import attack
from tests.conftest import FORGETFUL, _memory, _with_templates, a_data_folder, fresh_databases
from tests.invented import decision, duty
from tests.linkage import MASTER, Linkage, open_linkage
from tests.supervision_web import web

RESULTS = Path(__file__).parents[2] / "docs" / "attack-results.json"
DOORS = {"open door": OPEN, "no right": Entrance(())}


def sides(linkage: Linkage, entrance: Entrance) -> dict[str, FastAPI]:
    supervision = web(linkage)
    return {
        "approval": application(Office(linkage.approval_web, linkage.web_desk, key_token(MASTER)), entrance),
        "supervision": supervision_application(supervision.state.office, entrance),
    }


def run(cases: int, beginning: int) -> dict[str, Any]:
    began, found = time.monotonic(), dict[str, Any]()
    serving = contextmanager(_with_templates)
    with (
        a_data_folder(_memory()) as folder,
        attach(folder, settings=FORGETFUL) as embedded,
        serving(embedded.url("postgres")) as server,
        fresh_databases(server) as databases,
        open_linkage(databases.approval_url, databases.supervision_url) as linkage,
    ):
        linkage.duties(duty())
        linkage.publish(*(decision(permit_number=f"批-{number}") for number in range(5)))
        for door, entrance in DOORS.items():
            for side, app in sides(linkage, entrance).items():
                found[f"{side}, {door}"] = attack(app, cases, beginning).as_json()
                print(side, door, found[f"{side}, {door}"]["cases"], file=sys.stderr)
    return {
        "command": f"python -m tests.attack --cases {cases} --seed {beginning}",
        "machine": f"{platform.machine()}, Python {platform.python_version()}",
        "seconds": round(time.monotonic() - began),
        "cases": sum(one["cases"] for one in found.values()),
        "found": found,
    }


def main() -> int:
    asked = argparse.ArgumentParser(prog="python -m tests.attack", description=__doc__)
    asked.add_argument("--cases", type=int, default=100)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--record", action="store_true", help=f"write {RESULTS.name}")
    said = asked.parse_args()
    results = run(said.cases, said.seed)
    text = json.dumps(results, ensure_ascii=False, indent=1) + "\n"
    if said.record:
        RESULTS.write_text(text)
    print(text)
    return int(any(one["faults"] for one in results["found"].values()))


if __name__ == "__main__":
    raise SystemExit(main())
