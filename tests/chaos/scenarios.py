"""Every scenario of ``make chaos``: what it needs, and how long its quick size takes on a quiet machine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from tests.chaos import (
    attacks,
    clock_attacks,
    delivery_trials,
    racing_trial,
    rebuild_trial,
    slow_reader_trial,
    soak,
    storage_attacks,
    upgrade_trial,
)
from tests.chaos.profile import Profile
from tests.chaos.siege import Siege
from tests.chaos.trial import Trial

QUICK_SECONDS = 600
"""The quick profile must end within these, two scenarios at once."""


@dataclass(frozen=True, slots=True)
class OnSite:
    """Attacks a whole site under load. ``seconds``: planned for the quick size, the site's beginning among them.
    ``clocks``: each side has a machine's clock of its own; ``days_ago``: when what is handed in was decided.
    ``by_name_only``: takes as long as is asked, and is done only when it is named."""

    attack: Callable[[Siege, Profile], None]
    seconds: int
    kafka: bool = False
    projectors: int = 1
    scheduler: bool = False
    small: Literal["", "database", "broker"] = ""
    per_second: float = 120.0
    clocks: bool = False
    days_ago: int = 1
    by_name_only: bool = False

    @property
    def log(self) -> str:
        return "Kafka" if self.kafka else "embedded"

    @property
    def what(self) -> str:
        return (self.attack.__doc__ or "").partition(".")[0]


@dataclass(frozen=True, slots=True)
class Trialled:
    """Attacks the real code on two databases, in a process of its own."""

    attack: Callable[[Trial], None]
    seconds: int
    log: str = "–"
    by_name_only: bool = False

    @property
    def what(self) -> str:
        return (self.attack.__doc__ or "").partition(".")[0]


Scenario = OnSite | Trialled
ON_SITES = (
    OnSite(attacks.kills_kafka, 110, kafka=True, scheduler=True),
    OnSite(attacks.kills_embedded, 90, scheduler=True),
    OnSite(attacks.broker_frozen, 60, kafka=True),
    OnSite(attacks.projector_frozen, 50, projectors=2),
    OnSite(attacks.workers_change_kafka, 45, kafka=True, projectors=2),
    OnSite(attacks.workers_change_embedded, 25, projectors=2),
    OnSite(attacks.broker_disk_lost, 60, kafka=True),
    OnSite(attacks.topic_made_anew, 50, kafka=True),
    OnSite(storage_attacks.broker_disk_full, 60, kafka=True, small="broker"),
    OnSite(clock_attacks.clocks_apart, 45, clocks=True, days_ago=10, per_second=60.0),
    OnSite(attacks.broker_killed, 45, kafka=True),
    OnSite(attacks.postgres_frozen, 45),
    OnSite(storage_attacks.disk_full, 45, small="database"),
    OnSite(storage_attacks.flushes_fail, 35),
    OnSite(attacks.postgres_killed, 35),
    OnSite(soak.soak, 0, kafka=True, scheduler=True, per_second=20.0, by_name_only=True),
)
TRIALS = (
    Trialled(rebuild_trial.rebuild_while_live, 40),
    Trialled(slow_reader_trial.slow_reader, 50),
    Trialled(upgrade_trial.upgrade_with_events, 30),
    Trialled(delivery_trials.poisoned_deliveries, 40),
    Trialled(delivery_trials.reordered_deliveries, 40),
    Trialled(delivery_trials.repeated_deliveries, 20),
    Trialled(racing_trial.eight_writers, 20),
)
SCENARIOS: Mapping[str, Scenario] = {one.attack.__name__: one for one in (*ON_SITES, *TRIALS)}
"""The long ones first: two run at once."""
