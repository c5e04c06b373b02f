"""Of each department 0 is said before its first decision: Prometheus' rate leaves out what a series begins with."""

from __future__ import annotations

import threading

import pytest
from prometheus_client import CollectorRegistry

from projections.sampling import Sampler
from services.crew import Worker
from services.databases import Databases
from services.migrating import Side
from services.parts import projecting
from services.settings import read_settings
from services.supervision import canary_hearing
from tests.invented import HEALTH_BUREAU, MARKET_BUREAU, duty
from tests.linkage import Linkage


class OneRound(threading.Event):
    """Set when a loop waits for it a second time: whoever works until it is set makes one round."""

    waited = 0

    def wait(self, timeout: float | None = None) -> bool:
        self.waited += 1
        if self.waited > 1:
            self.set()
        return self.is_set()


def projector(linkage: Linkage, registry: CollectorRegistry) -> list[Worker]:
    urls: dict[Side, str] = {"supervision": linkage.supervision_url, "approval": linkage.approval_url}
    return projecting("supervision", read_settings(), Databases(urls, urls, {}, False), registry)


def counted(registry: CollectorRegistry, department: str) -> float | None:
    return registry.get_sample_value("linkage_visibility_latency_seconds_count", {"department": department})


def test_a_projector_of_its_own_says_0_of_each_department_and_of_canaries_before_the_first_decision(
    linkage: Linkage,
) -> None:
    linkage.duties(duty())
    registry = CollectorRegistry()
    projector(linkage, registry)
    for department in (MARKET_BUREAU, HEALTH_BUREAU, canary_hearing.DEPARTMENT):
        assert counted(registry, department) == 0, department


@pytest.mark.parametrize("looking", [True, False])
def test_of_a_department_that_the_duty_list_takes_over_later_0_is_said_before_its_first_decision(
    linkage: Linkage, monkeypatch: pytest.MonkeyPatch, looking: bool
) -> None:
    """The negative control looks at the start alone."""
    if not looking:
        monkeypatch.setattr("services.parts.Sampler", lambda *given: Sampler(*given[:4]))
    registry = CollectorRegistry()
    _, beside = projector(linkage, registry)
    assert counted(registry, MARKET_BUREAU) is None
    linkage.duties(duty())
    beside.run(OneRound())
    assert counted(registry, MARKET_BUREAU) == (0 if looking else None)
