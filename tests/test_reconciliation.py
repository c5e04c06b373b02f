"""Ledger, log, pushes and lists are compared by something that did not write them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta

import psycopg
import pytest

from events.database import connect
from events.log.embedded import EmbeddedLog
from events.log.kafka import KafkaPublisher
from projections import reconciliation
from projections.log_comparison import ITSELF, compare_with_log
from projections.reconciliation import reconcile_approval, reconcile_supervision
from projections.tallies import Compared
from services.approval.decision import Kind
from services.broker import Broker
from tests.invented import FOOD, HEALTH_BUREAU, MARKET_BUREAU, decision, duty
from tests.kafka_linkage import through_kafka
from tests.linkage import Linkage


def compared(linkage: Linkage, day: date | None = None) -> dict[str, Compared]:
    """What comparing finds on the supervision side, by what is compared."""
    with connect(linkage.supervision_url, application="test") as connection:
        own = EmbeddedLog(linkage.supervision_url, "supervision")
        with closing(own):
            return {one.between: one for one in reconcile_supervision(connection, own, linkage.log, day)}


def told(linkage: Linkage) -> Compared:
    """What comparing finds on the approval side between what supervision pushed and what bureaus are shown."""
    with (
        connect(linkage.approval_url, application="test") as connection,
        closing(EmbeddedLog(linkage.approval_url, "approval")) as own,
    ):
        _, found = reconcile_approval(connection, own, linkage.back)
        return found


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
    found = compared(linkage)
    assert all(one.clean for one in found.values()), found
    assert (found["log-pushes"].recorded, found["log-pushes"].received) == (33, 33)
    assert found["pushes-lists"].recorded == found["pushes-lists"].received > 30
    assert found["ledger-log"].note == ITSELF
    linkage.hear()
    assert (told(linkage).clean, told(linkage).recorded) == (True, told(linkage).received)
    assert told(linkage).recorded > 40


def test_one_batch_and_many_small_batches_make_the_same_lists(linkage: Linkage) -> None:
    linkage.duties(duty(), duty(region_code="990103", lead=HEALTH_BUREAU, co_departments=()))
    linkage.submit(decision(), decision(Kind.AMEND, region_code="990103"), decision(Kind.AMEND, region_code="990102"))
    linkage.number()
    for _ in range(3):
        linkage.apply(limit=1)
    assert all(one.clean for one in compared(linkage).values())


def test_a_row_that_somebody_deleted_or_changed_is_named_by_department_day_and_permit(linkage: Linkage) -> None:
    busy(linkage)
    ((deleted, changed_at),) = linkage.rows(
        """DELETE FROM watch_list WHERE ctid = (SELECT min(ctid) FROM watch_list WHERE department = %s)
           RETURNING permit, changed_at""",
        MARKET_BUREAU,
    )
    ((changed,),) = linkage.rows(
        "UPDATE watch_list SET status = 'valid' WHERE status = 'revoked' AND department = %s RETURNING permit",
        HEALTH_BUREAU,
    )
    found = compared(linkage)["pushes-lists"]
    named = {one.department: (one.missing, one.wrong) for one in found.differences}
    assert named == {MARKET_BUREAU: ([str(deleted)], 1), HEALTH_BUREAU: ([str(changed)], 1)}
    day = (changed_at + timedelta(hours=8)).date()
    assert {one.day for one in found.differences} == {day.isoformat()}
    assert compared(linkage, day - timedelta(days=1))["pushes-lists"].clean


def test_a_decision_that_was_skipped_is_named_and_one_that_is_parked_or_on_its_way_is_not(linkage: Linkage) -> None:
    linkage.duties(duty())
    linkage.publish(decision(permit_number="N1"))
    (lost,) = linkage.submit(decision(permit_number="N2", matter_code=FOOD))
    linkage.number()
    linkage.intake()
    linkage.reading = dict(linkage.log.head())  # a reader that jumps over what it has not read
    linkage.publish(decision(permit_number="N3"))
    linkage.submit(decision(permit_number="N4"))
    linkage.number()
    (found,) = compared(linkage)["log-pushes"].differences
    assert (found.missing, found.surplus, found.wrong) == ([str(lost.event)], [], 1)
    linkage.rows(
        """INSERT INTO parked_records (projection, stream, version, recorded_at, attributes, data)
           VALUES ('intake', %s, 1, now(), '{}', '') RETURNING 1""",
        lost.permit,
    )
    assert compared(linkage)["log-pushes"].clean


def test_a_push_that_its_bureau_is_not_shown_is_named(linkage: Linkage) -> None:
    busy(linkage)
    linkage.hear()
    ((gone, to),) = linkage.rows(
        "DELETE FROM told WHERE ctid = (SELECT min(ctid) FROM told) RETURNING permit, department", side="approval"
    )
    (found,) = told(linkage).differences
    assert (found.department, found.recorded - found.received, len(found.missing), gone is not None) == (to, 1, 1, True)


@pytest.fixture
def heard(linkage: Linkage, kafka_broker: Broker) -> Iterator[Linkage]:
    with through_kafka(linkage, kafka_broker):
        linkage.duties(duty())
        linkage.submit(*(decision(permit_number=f"N{n}") for n in range(8)))
        linkage.number()
        yield linkage


@pytest.mark.kafka
def test_through_kafka_what_one_partition_has_not_read_yet_is_no_difference_and_what_it_jumped_over_is(
    heard: Linkage, monkeypatch: pytest.MonkeyPatch
) -> None:
    projector, head = heard.intake(), dict(heard.log.head())
    slow, *ahead = sorted(partition for partition, end in head.items() if end > 0)
    projector.receive(heard.log.read(dict.fromkeys(ahead, 0), 100, timeout=10.0))
    assert compared(heard)["log-pushes"].clean
    with monkeypatch.context() as careless:  # as if one partition that is far told that all are
        careless.setattr(reconciliation._Bookmark, "passed", lambda *_: True)
        assert [one.missing for one in compared(heard)["log-pushes"].differences] != []
    heard.rows("UPDATE checkpoints SET cursor = %s WHERE partition = %s RETURNING 1", head[slow], slow)
    (found,) = compared(heard)["log-pushes"].differences
    assert found.wrong == head[slow]


@pytest.mark.kafka
def test_what_a_topic_lost_or_holds_otherwise_is_named_by_day_and_body(heard: Linkage, kafka_broker: Broker) -> None:
    with connect(heard.approval_url, application="test") as connection:
        assert compare_with_log(connection, heard.log).clean
        assert compare_with_log(connection, heard.log).recorded >= 8
        _publish_again(kafka_broker, heard, connection)
        assert compare_with_log(connection, heard.log).clean  # twice is no difference
        connection.execute("UPDATE ledger SET occurred_at = occurred_at + interval '1 s' WHERE position = 3")
        (otherwise,) = compare_with_log(connection, heard.log).differences
        assert (otherwise.recorded, otherwise.received, otherwise.wrong) == (8, 8, 1)
        connection.execute("UPDATE ledger SET stream = gen_random_uuid() WHERE position = 5")
        (lost,) = compare_with_log(connection, heard.log).differences
        assert (len(lost.missing), len(lost.surplus), lost.wrong) == (2, 1, 3)


def _publish_again(broker: Broker, linkage: Linkage, connection: psycopg.Connection) -> None:
    with closing(EmbeddedLog(linkage.approval_url, linkage.log.source)) as ledger:
        records = ledger.read(ledger.beginning(), 100).records
    with closing(KafkaPublisher(broker.bootstrap, linkage.log.source)) as publisher:
        publisher.publish(records)
