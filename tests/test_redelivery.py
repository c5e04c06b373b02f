"""A log may deliver again, and again much later: lists, pushes and placements are those of single delivery."""

from __future__ import annotations

from random import Random

import pytest

from tests.deliveries import a_busy_month, begin_anew, believing_every_record, deliver, repeated, result
from tests.linkage import Linkage


@pytest.mark.parametrize("seed", range(2))
def test_what_comes_up_to_five_times_and_old_ones_again_is_applied_once(linkage: Linkage, seed: int) -> None:
    chance = Random(seed)
    records = a_busy_month(linkage)
    deliver(linkage, records, chance)
    single = result(linkage)
    begin_anew(linkage)
    counts = deliver(linkage, repeated(records, chance), chance)
    assert result(linkage) == single
    assert (counts["applied"], counts["parked"]) == (len(records), 0)
    assert counts["duplicate"] > len(records)


def test_without_the_versions_that_were_seen_pushes_are_doubled(
    linkage: Linkage, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = Random(0)
    records = a_busy_month(linkage)
    deliver(linkage, records, chance)
    single = result(linkage)
    begin_anew(linkage)
    believing_every_record(monkeypatch)
    deliver(linkage, repeated(records, chance), chance)
    assert len(result(linkage).pushes) > len(single.pushes)
    assert result(linkage).lists != single.lists
