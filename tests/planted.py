"""``python -m tests.planted``: five faults are planted in a running site, and an operator who has nothing but the
runbook finds and repairs each.

The operator knows of no fault. He asks ``linkage alerts list``, opens the entry of the runbook that an alert names
(with the sections that the entry leads to), and gives only commands that stand there. Takes about ten minutes: an alert
opens when its condition has held for as long as the rules say. Needs root, for the small disk.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

import httpx
from rich.console import Console
from rich.table import Table

from events import store
from events.envelope import NewEvent, canonical
from tests.chaos.bureaus import Permit
from tests.chaos.disks import small_disk
from tests.chaos.parts import LINKAGE
from tests.chaos.site import Site, open_site, until

DOCS = Path(__file__).parents[1] / "docs"
MEGABYTE = 10**6
DISK_MEGABYTES = 64
WITHIN_SECONDS = 900.0
LOOK_SECONDS = 3.0
AGAIN_SECONDS = 45.0
"""How long the operator waits for an alert to end before reading its entry again."""
FAULTS: Mapping[str, str] = {
    "a part is down": "LinkageSilent",
    "nobody numbers": "LinkageOutboxStuck",
    "an event of a type that nobody knows": "LinkageParked",
    "a row is gone from a watch list": "LinkageReconcileDiffers",
    "the disk is nearly full": "LinkageDiskClosed",
}
"""What is planted, and the alert that must name it."""


def entry_of(alert: str) -> str:
    """Return the runbook's entry of an alert, with the sections that it leads to."""
    entry = _section(DOCS / "alerts.md", alert.lower())
    led = (_section(DOCS / page, anchor) for page, anchor in re.findall(r"\]\((\w+\.md)#([\w-]+)\)", entry))
    return "\n".join((entry, *led))


def _section(page: Path, anchor: str) -> str:
    parts = re.split(r"^(#+ .+)$", page.read_text(), flags=re.MULTILINE)
    for heading, text in zip(parts[1::2], parts[2::2], strict=True):
        if re.sub(r"[^\w -]", "", heading.lstrip("# ")).lower().replace(" ", "-") == anchor:
            return heading + text
    raise LookupError(f"{page.name} has no section {anchor}")


@dataclass
class Operator:
    """Whoever has the runbook, a shell, and no idea of what was planted. ``did``: what he gave, by alert."""

    site: Site
    ballast: Path
    did: dict[str, list[str]] = field(default_factory=dict)
    reading: str = ""

    def open_alerts(self) -> set[str]:
        found: set[str] = set()
        for side in ("approval", "supervision"):
            said = self.asks("alerts", "list", "--side", side, "--json")
            found |= {one["alert"] for one in said if one["closed_at"] is None}
        return found

    def asks(self, *words: str) -> Any:
        done = linkage(self.site, *words)
        return json.loads(done.stdout)

    def gives(self, command: str, *more: str) -> subprocess.CompletedProcess[str]:
        """Give a command that the runbook has, with the words that it leaves open."""
        assert command in entry_of(self.reading), f"the entry of {self.reading} does not say: {command}"
        self.did.setdefault(self.reading, []).append(command)
        return linkage(self.site, *command.removeprefix("linkage ").split(), *more)

    def starts(self, part: str) -> None:
        """Start a part that the entry names, and that does not run."""
        assert f"linkage run {part}" in entry_of(self.reading), f"the entry of {self.reading} does not name {part}"
        if part not in self.site.parts.pids():
            self.did.setdefault(self.reading, []).append(f"linkage run {part}")
            self.site.parts.again(part)

    def sees_to(self, alert: str) -> None:
        self.reading = alert
        ACTS[alert](self)


def _starts_who_is_silent(operator: Operator) -> None:
    said = operator.gives("linkage lag", "--json")
    for row in json.loads(said.stdout):
        silent = row["heartbeat_age"] is None or row["heartbeat_age"] > 30
        if row["status"] == "失联":
            operator.starts("projector" if silent else "sequencer")


def _starts_the_sequencer(operator: Operator) -> None:
    operator.starts("sequencer")


def _skips_what_is_parked(operator: Operator) -> None:
    listed = json.loads(operator.gives("linkage parked list", "--json").stdout)
    for one in listed:
        stream = str(one["stream"])
        operator.gives("linkage parked skip", stream, "--by", "S-0901", "--why", "来源误发的事件，内容与许可无关")
        operator.gives("linkage parked consent", stream, "--by", "S-0902")


def _rebuilds_the_lists(operator: Operator) -> None:
    if operator.gives("linkage reconcile").returncode == 0:
        return
    operator.gives("linkage rebuild begin", "--by", "S-0901")

    def compared() -> bool:
        shown = json.loads(operator.gives("linkage rebuild show", "--json").stdout)
        return bool(shown and shown["compared_at"])

    until(compared, 120, "the list is not made anew")
    operator.gives("linkage rebuild switch", "--by", "S-0901")
    operator.gives("linkage rebuild end", "--by", "S-0901")
    operator.gives("linkage reconcile")


def _makes_room(operator: Operator) -> None:
    assert "Make room" in entry_of(operator.reading)
    operator.did.setdefault(operator.reading, []).append("(makes room)")
    operator.ballast.unlink(missing_ok=True)


ACTS: Mapping[str, Callable[[Operator], None]] = {
    "LinkageSilent": _starts_who_is_silent,
    "LinkageOutboxStuck": _starts_the_sequencer,
    "LinkageParked": _skips_what_is_parked,
    "LinkageReconcileDiffers": _rebuilds_the_lists,
    "LinkageDiskClosed": _makes_room,
    # Consequences of the others: nothing is done for them, they end with their cause.
    "LinkageDiskNearReserve": lambda operator: None,
    "LinkageCanaryMissing": lambda operator: None,
    "LinkageBehind": lambda operator: None,
    "LinkageStalled": lambda operator: None,
}


def linkage(site: Site, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [LINKAGE, *words], env=site.parts.environment, capture_output=True, text=True, check=False, timeout=120
    )


def decided(site: Site, permit: Permit) -> httpx.Response:
    _, stated = permit.next()
    return httpx.post(f"{site.approval}/api/v1/decisions", json=stated, timeout=30, trust_env=False)


def plant(site: Site, ballast: Path) -> None:
    """Plant all five. The row goes first, and the night's comparison is made by hand: its alert is the slowest."""
    draw = Random(7)
    permits = [Permit(draw, f"P{number}") for number in range(20)]
    streams = [UUID(decided(site, permit).raise_for_status().json()["permit"]) for permit in permits]
    with site.connect("supervision") as there:
        listed = "SELECT count(*) FROM watch_list WHERE permit = ANY(%s)"
        until(lambda: (there.execute(listed, (streams,)).fetchone() or [0])[0] >= len(streams) - 2, 60, "not listed")
        there.execute("DELETE FROM watch_list WHERE permit = (SELECT permit FROM watch_list LIMIT 1)")
    assert linkage(site, "reconcile").returncode == 1
    with site.connect("approval") as here:
        row = here.execute("SELECT version, clock_timestamp() FROM streams WHERE stream = %s", (streams[3],)).fetchone()
        assert row is not None
        unknown = NewEvent(streams[3], row[0] + 1, "permit_blessed", 1, row[1], canonical({}))
        store.append(here, "approval", [unknown])
    until(lambda: linkage(site, "parked", "list").returncode == 1, 60, "nothing is parked")
    ballast.write_bytes(bytes(DISK_MEGABYTES * MEGABYTE * 9 // 10))
    later = (Permit(draw, f"Q{number}") for number in count())
    until(lambda: decided(site, next(later)).status_code == 507, 60, "the disk is never nearly full")
    for part in ("projector", "sequencer"):
        site.parts.retire(part)


def main(console: Console) -> int:
    began = time.monotonic()
    with ExitStack() as leaving:
        disk = Path(leaving.enter_context(TemporaryDirectory(prefix="linkage-disk-"))) / "small"
        leaving.enter_context(small_disk(disk, DISK_MEGABYTES))
        more = {"LINKAGE_DISK_FOLDER": str(disk), "LINKAGE_DISK_RESERVE": str(DISK_MEGABYTES // 4)}
        site = leaving.enter_context(open_site(scheduler=True, settings=more))
        ballast = disk / "ballast"
        plant(site, ballast)
        console.print(f"{len(FAULTS)} faults are planted; the operator begins")
        operator = Operator(site, ballast)
        seen: dict[str, float] = {}
        handled: dict[str, float] = {}
        while time.monotonic() - began < WITHIN_SECONDS:
            there = operator.open_alerts()
            for alert in sorted(there - set(seen)):
                seen[alert] = time.monotonic() - began
                console.print(f"{seen[alert]:5.0f} s  {alert}")
            for alert in sorted(there):
                if time.monotonic() - handled.get(alert, -AGAIN_SECONDS) >= AGAIN_SECONDS:
                    operator.sees_to(alert)
                    handled[alert] = time.monotonic()
            if set(FAULTS.values()) <= handled.keys() and not there:
                break
            time.sleep(LOOK_SECONDS)
        left = operator.open_alerts()
        level = linkage(site, "lag").returncode == 0 and linkage(site, "reconcile").returncode == 0
        accepted = decided(site, Permit(Random(9), "R")).is_success
    table = Table("planted", "alert", "seen after", "the operator gave")
    for fault, alert in FAULTS.items():
        given = ", ".join(dict.fromkeys(operator.did.get(alert, [])))
        table.add_row(fault, alert, f"{seen[alert]:.0f} s" if alert in seen else "never", given)
    console.print(table)
    console.print(
        f"still open: {', '.join(sorted(left)) or 'nothing'}; level: {level}; decisions are taken: {accepted}"
    )
    return int(bool(left) or not level or not accepted or not set(FAULTS.values()) <= handled.keys())


if __name__ == "__main__":
    sys.exit(main(Console()))
