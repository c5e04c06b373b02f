"""Whatever is killed or frozen under load: nothing acknowledged is lost, nothing is doubled, and all goes on by itself.

Small versions of ``make chaos``, on two sites of real processes. What the judge of these tests would name is planted
and named in ``test_chaos_judge.py``.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from random import Random

import pytest

from tests.chaos import attacks
from tests.chaos.history import History
from tests.chaos.profile import Profile
from tests.chaos.siege import Siege
from tests.chaos.site import open_site

SMALL = Profile(kills=20, rounds=1, frozen=(12.0,), down_seconds=1.0)
SEED = 20261125
PER_SECOND = 40.0
"""What each bureau hands in: enough that each kill hits something. `make chaos` hands in three times as much."""

pytestmark = pytest.mark.timeout(900)


@contextmanager
def _besieged(*, kafka: bool = False, projectors: int = 1) -> Iterator[Siege]:
    with (
        open_site(kafka=kafka, projectors=projectors) as site,
        closing(History(site.folder / "history.jsonl")) as history,
    ):
        yield Siege(site, history, Random(SEED), PER_SECOND)


@pytest.fixture(scope="module")
def siege() -> Iterator[Siege]:
    """One site with the embedded log for all that is done to it here: the history grows, and is judged each time."""
    with _besieged(projectors=2) as besieged:
        yield besieged


def test_twenty_kills_at_random_moments_lose_and_double_nothing(siege: Siege) -> None:
    with siege.under_load():
        attacks.kill_parts(siege, ("projector", "projector-2", "sequencer", "approval", "supervision"), SMALL.kills)
        attacks.until_acknowledged(siege, 2_000 - len(siege.history.acknowledged))
    assert siege.verdict() == []
    assert sum(siege.attacks.values()) >= 20
    assert len(siege.history.acknowledged) >= 2_000


def test_while_postgresql_is_away_every_address_says_so_and_all_parts_go_on_by_themselves(siege: Siege) -> None:
    with siege.under_load():
        attacks.postgres_killed(siege, SMALL)
    assert siege.verdict() == []


def test_a_projector_that_wakes_when_another_has_its_lease_changes_nothing(siege: Siege) -> None:
    with siege.under_load():
        attacks.projector_frozen(siege, SMALL)
    assert siege.verdict() == []


@pytest.mark.kafka
def test_through_kafka_killed_relay_projector_and_broker_lose_and_double_nothing() -> None:
    with _besieged(kafka=True) as siege:
        with siege.under_load():
            attacks.kill_parts(siege, ("relay", "projector"), 2)
            attacks.broker_killed(siege, SMALL)
        assert siege.verdict() == []
