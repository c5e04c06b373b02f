"""The product's own sequencers, relays and projectors under faults drawn by a seed: nothing is lost or doubled.

More seeds are one command away: ``make simulate``. Here a few, and the proof that they would find what they look for.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.conftest import DatabaseServer
from tests.simulation.golden import kept, near, simulate
from tests.simulation.ground import Ground, quiet
from tests.simulation.plan import Plan, draw
from tests.simulation.shrinking import shrink
from tests.simulation.variants import VARIANTS, Variant

SEEDS = range(16)
SHOWN = (3, 16)
"""Seeds whose traces are compared: with a broker and without."""

ANOTHER_PROCESS = """
import sys
from tests.simulation.golden import simulate
from tests.simulation.ground import Ground, quiet
from tests.simulation.plan import draw
with quiet():
    ground = Ground(sys.argv[1])
    print(*(simulate(ground, draw(int(seed))).digest for seed in sys.argv[2:]))
    ground.close()
"""


@pytest.fixture(scope="module")
def ground(database_server: DatabaseServer) -> Iterator[Ground]:
    with quiet():
        made = Ground(database_server.url)
        yield made
        made.close()


def test_whatever_a_seed_draws_every_acknowledged_event_is_listed_once_and_in_order(ground: Ground) -> None:
    outcomes = {seed: simulate(ground, draw(seed)) for seed in SEEDS}
    assert {seed: outcome.findings for seed, outcome in outcomes.items() if outcome.findings} == {}
    assert sum((outcome.struck for outcome in outcomes.values()), start=outcomes[0].struck).total() > len(SEEDS)


def test_the_same_seed_is_the_same_trace_also_in_another_process(
    ground: Ground, database_server: DatabaseServer
) -> None:
    here = [simulate(ground, draw(seed)).digest for seed in SHOWN]
    assert [simulate(ground, draw(seed)).digest for seed in SHOWN] == here
    there = subprocess.run(
        [sys.executable, "-c", ANOTHER_PROCESS, database_server.url, *map(str, SHOWN)],
        env=os.environ | {"PYTHONHASHSEED": "17"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert there.stdout.split() == here
    assert len(set(here)) == len(SHOWN)


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.name)
def test_what_is_broken_on_purpose_is_found_and_the_product_withstands_the_same(
    ground: Ground, variant: Variant
) -> None:
    shown = next(
        (plan for plan in near(kept()[variant.name]) if simulate(ground, plan, variant).found(variant.finds)), None
    )
    assert shown is not None
    assert simulate(ground, shown).findings == []


def test_a_failing_plan_is_shrunk_to_what_it_takes(ground: Ground) -> None:
    def fails(plan: Plan) -> bool:
        return bool(plan.faults) and any(one.bureau == "bureau 1" for one in plan.appends)

    plan = next(plan for plan in map(draw, range(100)) if fails(plan) and plan.size > 10)
    assert shrink(plan, fails).size == 2
