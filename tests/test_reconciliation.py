"""Ledger and lists are compared by something that did not write them."""

from __future__ import annotations

import pytest

from events.database import connect, raw
from projections import reconciliation
from projections.reconciliation import Report, reconcile
from projections.surely_read import Relayed
from services.approval.decision import Kind
from services.broker import Broker
from tests.invented import FOOD, HEALTH_BUREAU, MARKET_BUREAU, decision, duty
from tests.kafka_linkage import through_kafka
from tests.linkage import Linkage


def report(linkage: Linkage) -> Report:
    with linkage.approval.connect() as approval, linkage.supervision.connect() as supervision:
        return reconcile(raw(approval), raw(supervision), linkage.log.source)


def busy(linkage: Linkage) -> None:
    """Decisions of every sort: routed, moved, kept without a duty, and one that waits."""
    linkage.duties(duty(), duty(region_code="990103", lead=HEALTH_BUREAU, co_departments=()))
    linkage.publish(*(decision(permit_number=f"N{n}") for n in range(20)))
    linkage.publish(*(decision(Kind.AMEND, permit_number=f"N{n}", region_code="990103") for n in range(10)))
    linkage.publish(decision(Kind.AMEND, permit_number="N3", region_code="990102"))
    linkage.publish(decision(Kind.REVOKE, permit_number="N4", reason="吊销决定"))
    linkage.publish(decision(permit_number="W1", matter_code="999999999999"))


def test_a_busy_day_reconciles_without_a_difference(linkage: Linkage) -> None:
    busy(linkage)
    found = report(linkage)
    assert found.clean, found
    assert (found.decisions, found.pushed_or_waiting) == (33, 33)


def test_one_batch_and_many_small_batches_make_the_same_lists(linkage: Linkage) -> None:
    linkage.duties(duty(), duty(region_code="990103", lead=HEALTH_BUREAU, co_departments=()))
    linkage.submit(decision(), decision(Kind.AMEND, region_code="990103"), decision(Kind.AMEND, region_code="990102"))
    linkage.number()
    for _ in range(3):
        linkage.apply(limit=1)
    assert report(linkage).clean


def test_a_row_that_somebody_deleted_or_changed_is_counted_in_its_department(linkage: Linkage) -> None:
    busy(linkage)
    with linkage.supervision.begin() as transaction:
        raw(transaction).execute(
            "DELETE FROM watch_list WHERE ctid = (SELECT min(ctid) FROM watch_list WHERE department = %s)",
            (MARKET_BUREAU,),
        )
        raw(transaction).execute(
            """UPDATE watch_list SET status = 'valid' WHERE status = 'revoked' AND department = %s""", (HEALTH_BUREAU,)
        )
    assert report(linkage).wrong_rows == {MARKET_BUREAU: 1, HEALTH_BUREAU: 1}


def test_a_decision_that_was_skipped_is_named(linkage: Linkage) -> None:
    linkage.duties(duty())
    linkage.publish(decision(permit_number="N1"))
    (lost,) = linkage.submit(decision(permit_number="N2", matter_code=FOOD))
    linkage.number()
    linkage.intake()
    linkage.reading = dict(linkage.log.head())  # a reader that jumps over what it has not read
    linkage.publish(decision(permit_number="N3"))
    found = report(linkage)
    assert [difference.missing for difference in found.differences] == [[str(lost.event)]]


@pytest.mark.kafka
def test_through_kafka_what_one_partition_has_not_read_yet_is_no_difference_and_what_it_jumped_over_is(
    linkage: Linkage, kafka_broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    with through_kafka(linkage, kafka_broker):
        linkage.duties(duty())
        linkage.submit(*(decision(permit_number=f"N{n}") for n in range(8)))
        linkage.number()
        projector, head = linkage.intake(), dict(linkage.log.head())
        busy_ones = sorted(p for p, end in head.items() if end > 0)
        slow, *ahead = busy_ones
        batch = linkage.log.read(dict.fromkeys(ahead, 0), 100, timeout=10.0)
        projector.receive(batch)
        assert report(linkage).clean

        def highest(*_: object) -> dict[int, int]:
            return dict.fromkeys(head, 8)

        with monkeypatch.context() as careless:  # the highest number that any partition has applied
            careless.setattr(reconciliation, "surely_read", highest)
            assert [one.missing for one in report(linkage).differences] != []

        # Through the log nothing tells that a quiet partition was jumped over, but where the relay wrote last.
        with connect(linkage.supervision_url, application="test") as connection:
            connection.execute("UPDATE checkpoints SET cursor = %s WHERE partition = %s", (head[slow], slow))
        (found,) = report(linkage).differences
        unread = linkage.rows(
            "SELECT count(*) FROM ledger WHERE partition = %s AND type LIKE 'permit%%'", slow, side="approval"
        )
        assert [(len(found.missing),)] == unread
        with monkeypatch.context() as careless:  # only what lies below the last record that was applied
            careless.setattr(Relayed, "read_by", lambda *_: False)
            assert report(linkage).clean
