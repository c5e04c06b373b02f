"""A log may deliver again, and again much later: lists, pushes and placements are those of single delivery."""

from __future__ import annotations

from random import Random

import pytest

from tests.deliveries import believing_every_record, deliver, once_in_order, repeated, result
from tests.linkage import Linkage


@pytest.mark.parametrize("seed", range(2))
def test_what_comes_up_to_five_times_and_old_ones_again_is_applied_once(linkage: Linkage, seed: int) -> None:
    chance = Random(seed)
    records, single = once_in_order(linkage, chance)
    counts = deliver(linkage, repeated(records, chance), chance)
    assert result(linkage) == single
    assert (counts["applied"], counts["parked"]) == (len(records), 0)
    assert counts["duplicate"] > len(records)


def test_without_the_versions_that_were_seen_pushes_are_doubled(
    linkage: Linkage, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = Random(0)
    records, single = once_in_order(linkage, chance)
    believing_every_record(monkeypatch)
    deliver(linkage, repeated(records, chance), chance)
    assert len(result(linkage).pushes) > len(single.pushes)
    assert result(linkage).lists != single.lists
