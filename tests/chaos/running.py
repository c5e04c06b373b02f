"""One scenario from an empty site to its verdict, and what is written down of it."""

from __future__ import annotations

import shutil
import time
from collections import Counter
from contextlib import closing
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from tests.chaos.disks import NotPossible
from tests.chaos.history import History
from tests.chaos.judge import Finding
from tests.chaos.profile import Profile
from tests.chaos.scenarios import SCENARIOS, OnSite
from tests.chaos.siege import PROMISED_SECONDS, Siege
from tests.chaos.site import open_site
from tests.chaos.trial import in_a_process_of_its_own

LOST = ("lost", "not_pushed", "skipped")
DOUBLED = ("decided_twice", "pushed_twice")
ORDER = ("order", "push_order", "gap", "chain")


@dataclass(frozen=True)
class Result:
    """``level``: seconds from each repair until what was acknowledged after it stood in the lists. ``control``: what
    the broken variant did in the same run. ``not_run``: why this machine does not allow the attack."""

    scenario: str
    log: str
    profile: str
    seed: int
    seconds: float
    attacks: dict[str, int] = field(default_factory=dict)
    acknowledged: int = 0
    repeated: int = 0
    indefinite: int = 0
    unanswered: dict[str, int] = field(default_factory=dict)
    level: list[float] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    control: str = ""
    findings: list[Finding] = field(default_factory=list)
    not_run: str = ""

    def found(self, *kinds: str) -> int:
        return sum(finding.kind in kinds for finding in self.findings)

    @property
    def level_p99(self) -> float | None:
        ordered = sorted(self.level)
        return ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))] if ordered else None

    @property
    def verdict(self) -> str:
        if self.not_run:
            return f"not run: {self.not_run}"
        if all(finding.kind == "void" for finding in self.findings) and self.findings:
            return f"void: {self.findings[0].what}"
        if self.findings:
            kinds = Counter(finding.kind for finding in self.findings)
            return ", ".join(f"{times} × {kind}" for kind, times in kinds.items())
        slow = self.level_p99 is not None and self.level_p99 > PROMISED_SECONDS
        return f"held, level later than {PROMISED_SECONDS:.0f} s" if slow else "held"

    def as_json(self) -> dict[str, Any]:
        derived = {"level_p99": self.level_p99, "verdict": self.verdict}
        counts = {"lost": self.found(*LOST), "doubled": self.found(*DOUBLED), "order": self.found(*ORDER)}
        return asdict(self) | derived | counts


def run(scenario: str, profile: Profile, named: str, seed: int, evidence: Path) -> Result:
    """Run one scenario, and judge. When anything is found, journals and history are kept under ``evidence``."""
    one = SCENARIOS[scenario]
    began = time.monotonic()
    try:
        if isinstance(one, OnSite):
            found = _on_site(scenario, one, profile, seed, evidence)
        else:
            found = in_a_process_of_its_own(one.attack, profile, f"{scenario}/{seed}")
    except NotPossible as error:
        found = {"not_run": str(error)}
    except Exception as error:  # a harness that stumbles must not take the other scenarios' results with it
        found = {"findings": [Finding("void", f"the scenario itself failed: {type(error).__name__}: {error}")]}
    return Result(scenario, one.log, named, seed, round(time.monotonic() - began, 1), **found)


def _on_site(scenario: str, one: OnSite, profile: Profile, seed: int, evidence: Path) -> dict[str, Any]:
    with (
        open_site(
            kafka=one.kafka, projectors=one.projectors, scheduler=one.scheduler, small=one.small, clocks=one.clocks
        ) as site,
        closing(History(site.folder / "history.jsonl")) as history,
    ):
        siege = Siege(site, history, Random(f"{scenario}/{seed}"), one.per_second, one.days_ago)
        try:
            with siege.under_load():
                one.attack(siege, profile)
        except TimeoutError as error:
            siege.voids.append(str(error))
        findings = siege.verdict()
        if findings:
            kept = evidence / f"chaos-{seed}-{scenario}"
            shutil.copytree(site.parts.journals, kept, dirs_exist_ok=True)
            shutil.copy(history.path, kept)
    return {
        "attacks": dict(siege.attacks),
        "acknowledged": len(history.acknowledged),
        "repeated": history.repeated,
        "indefinite": len(history.indefinite),
        "unanswered": dict(Counter(history.counts)),
        "level": [round(seconds, 2) for seconds in siege.level],
        "notes": siege.notes,
        "control": siege.control,
        "findings": findings,
    }
