"""The golden file: for each broken variant, the smallest plan that shows it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import orjson

from tests.simulation.ground import Ground
from tests.simulation.plan import Plan, draw, plan_of
from tests.simulation.shrinking import shrink
from tests.simulation.variants import Variant
from tests.simulation.world import Outcome, World

NEIGHBOURS = 60
PATH = Path(__file__).parents[1] / "golden" / "simulation.json"


def simulate(ground: Ground, plan: Plan, variant: Variant | None = None) -> Outcome:
    """Simulate the product, or a broken variant of it."""
    if variant is None:
        return World(ground, plan).run()
    with variant.in_place():
        return World(ground, plan, bureau_looks=variant.bureau_looks).run()


def kept() -> Mapping[str, Plan]:
    """Return the shrunk plan of each variant, by its name."""
    return {name: plan_of(said) for name, said in orjson.loads(PATH.read_bytes()).items()}


def near(plan: Plan) -> Iterator[Plan]:
    """Yield ``plan``, and the like of it: the same decisions a moment earlier or later, and others going first.

    A statement more in the product shifts every moment after it; what the plan shows is there still, close by.
    """
    yield plan
    for number in range(1, NEIGHBOURS):
        shift = (number + 1) // 2 * (1 if number % 2 else -1)
        faults = tuple(
            replace(one, at=max(1, one.at + shift)) if one.who in plan.processes else one for one in plan.faults
        )
        yield replace(plan, seed=plan.seed + number, faults=faults)


def find_and_shrink(ground: Ground, variant: Variant, seeds: range) -> Plan | None:
    """Return the smallest plan of the first of ``seeds`` that shows ``variant``, None when none does."""

    def fails(plan: Plan) -> bool:
        return simulate(ground, plan, variant).found(variant.finds)

    found = next((plan for plan in map(draw, seeds) if fails(plan)), None)
    return found and shrink(found, fails)


def write(plans: Mapping[str, Plan]) -> None:
    said = {name: plan.as_json() for name, plan in plans.items()}
    PATH.write_bytes(orjson.dumps(said, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
