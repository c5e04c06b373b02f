"""Every scenario of ``make chaos``: what it needs, and how long its quick size takes on a quiet machine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from tests.chaos import attacks, storage_attacks
from tests.chaos.profile import Profile
from tests.chaos.siege import Siege

QUICK_SECONDS = 600
"""The quick profile must end within these, two scenarios at once."""


@dataclass(frozen=True, slots=True)
class OnSite:
    """Attacks a whole site under load. ``seconds``: planned for the quick size, the site's beginning among them."""

    attack: Callable[[Siege, Profile], None]
    seconds: int
    kafka: bool = False
    projectors: int = 1
    scheduler: bool = False
    small: Literal["", "database", "broker"] = ""

    @property
    def log(self) -> str:
        return "Kafka" if self.kafka else "embedded"

    @property
    def what(self) -> str:
        return (self.attack.__doc__ or "").partition(".")[0]


Scenario = OnSite
ON_SITES = (
    OnSite(attacks.kills_kafka, 110, kafka=True, scheduler=True),
    OnSite(attacks.kills_embedded, 90, scheduler=True),
    OnSite(attacks.broker_frozen, 60, kafka=True),
    OnSite(attacks.projector_frozen, 50, projectors=2),
    OnSite(attacks.broker_disk_lost, 60, kafka=True),
    OnSite(attacks.topic_made_anew, 50, kafka=True),
    OnSite(storage_attacks.broker_disk_full, 60, kafka=True, small="broker"),
    OnSite(attacks.broker_killed, 45, kafka=True),
    OnSite(attacks.postgres_frozen, 45),
    OnSite(storage_attacks.disk_full, 45, small="database"),
    OnSite(storage_attacks.flushes_fail, 35),
    OnSite(attacks.postgres_killed, 35),
)
SCENARIOS: Mapping[str, Scenario] = {one.attack.__name__: one for one in ON_SITES}
"""The long ones first: two run at once."""
