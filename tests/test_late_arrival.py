"""What overtakes an earlier decision of its permit waits for it, and then all stands as if nothing had been late."""

from __future__ import annotations

from random import Random

import pytest

from events.database import connect
from projections import parked_streams
from projections.parking import WAITING_FOR_EARLIER
from tests.deliveries import believing_every_record, deliver, once_in_order, result, shuffled
from tests.linkage import Linkage


def parked(linkage: Linkage) -> list[parked_streams.ParkedStream]:
    with connect(linkage.supervision_url, application="test") as connection:
        return parked_streams.parked(connection, "intake")


@pytest.mark.parametrize("seed", range(2))
def test_decisions_in_any_order_make_the_lists_of_those_in_order(linkage: Linkage, seed: int) -> None:
    chance = Random(seed)
    records, in_order = once_in_order(linkage, chance)
    counts = deliver(linkage, shuffled(records, chance), chance)
    assert result(linkage) == in_order
    assert parked(linkage) == []
    assert counts["parked"] > 10, "nothing was late"


def test_a_permit_with_a_gap_stands_still_until_what_is_missing_arrives(linkage: Linkage) -> None:
    chance = Random(0)
    records, in_order = once_in_order(linkage, chance)
    (missing,) = [record for record in records if record.stream == records[0].stream and record.version == 2]
    deliver(linkage, [record for record in records if record is not missing], chance)
    (gap,) = parked(linkage)
    assert (gap.stream, gap.reason, gap.waiting) == (missing.stream, WAITING_FOR_EARLIER, 2)
    deliver(linkage, [missing], chance)
    assert parked(linkage) == []
    assert result(linkage) == in_order


def test_without_waiting_for_what_is_missing_pushes_stand_in_the_wrong_order(
    linkage: Linkage, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = Random(0)
    records, in_order = once_in_order(linkage, chance)
    believing_every_record(monkeypatch)
    deliver(linkage, shuffled(records, chance), chance)
    assert result(linkage).pushes != in_order.pushes
