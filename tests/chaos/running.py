"""One scenario from an empty site to its verdict, and what is written down of it."""

from __future__ import annotations

import shutil
import time
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from typing import Any

from tests.chaos.attacks import CATALOGUE, THROUGH_KAFKA, Profile
from tests.chaos.history import History
from tests.chaos.judge import Finding
from tests.chaos.siege import Siege
from tests.chaos.site import open_site

LOST = ("lost", "not_pushed")
DOUBLED = ("decided_twice", "pushed_twice")


@dataclass(frozen=True)
class Result:
    """``level``: seconds from each repair until what was acknowledged after it stood in the lists."""

    scenario: str
    log: str
    seconds: float
    attacks: dict[str, int]
    acknowledged: int
    repeated: int
    indefinite: int
    unanswered: dict[str, int]
    level: list[float]
    findings: list[Finding]

    def found(self, *kinds: str) -> int:
        return sum(finding.kind in kinds for finding in self.findings)

    @property
    def level_p99(self) -> float:
        ordered = sorted(self.level)
        return ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))] if ordered else 0.0

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"level_p99": self.level_p99}


def run(scenario: str, profile: Profile, seed: int, evidence: Path) -> Result:
    """Open a site, attack it under load, and judge. When anything is found, journals and history are kept under
    ``evidence``."""
    kafka = scenario in THROUGH_KAFKA
    began = time.monotonic()
    with open_site(kafka=kafka, projectors=2 if scenario == "projector_frozen" else 1) as site:
        history = History(site.folder / "history.jsonl")
        siege = Siege(site, history, Random(f"{scenario}/{seed}"))
        try:
            with siege.under_load():
                CATALOGUE[scenario](siege, profile)
        except TimeoutError as error:
            siege.voids.append(str(error))
        findings = siege.verdict()
        history.close()
        if findings:
            kept = evidence / f"chaos-{seed}-{scenario}"
            shutil.copytree(site.parts.journals, kept, dirs_exist_ok=True)
            shutil.copy(history.path, kept)
    return Result(
        scenario,
        "kafka" if kafka else "embedded",
        round(time.monotonic() - began, 1),
        dict(siege.attacks),
        len(history.acknowledged),
        history.repeated,
        len(history.indefinite),
        dict(Counter(history.counts)),
        [round(seconds, 2) for seconds in siege.level],
        findings,
    )
