"""Behind a relay that stands still the topic is read to its end, and nobody may call that level."""

from __future__ import annotations

from datetime import datetime

import pytest

from events.announcing import survey
from events.database import connect
from events.log.kafka import KafkaLog
from projections.following import beat
from projections.lag import Lag, Stage, Status, measure
from services.broker import Broker
from tests.invented import decision, duty
from tests.kafka_linkage import through_kafka
from tests.linkage import Linkage


@pytest.mark.kafka
def test_an_event_that_no_relay_carries_counts_from_when_it_was_recorded(
    linkage: Linkage, kafka_broker: Broker
) -> None:
    linkage.duties(duty())
    with through_kafka(linkage, kafka_broker):
        linkage.submit(decision())
        linkage.number()
        linkage.catch_up()
        source = linkage.log.source
    linkage.carried = lambda _: None
    log = KafkaLog(kafka_broker.bootstrap, source)

    def lag(*, says_what_is_uncarried: bool = True) -> Lag:
        into = log.name if says_what_is_uncarried else ""
        with connect(linkage.approval_url, application="test") as connection:
            log.announce(survey(connection, source, {}, carried_into=into))
        with connect(linkage.supervision_url, application="test") as connection:
            beat(connection, "projection:intake", "test")
            return measure(connection, log, "intake")

    try:
        level = lag()
        assert (level.status, level.seconds, level.events, level.stage) == (Status.LEVEL, 0.0, 0, Stage.NOWHERE)
        linkage.submit(decision(permit_number="N2"), decision(permit_number="N3"))
        linkage.number()
        linkage.rows("UPDATE ledger SET recorded_at = recorded_at - interval '45 s' RETURNING 1", side="approval")
        waiting = lag()
        assert waiting.seconds == pytest.approx(45, abs=10)
        assert (waiting.stage, waiting.events, waiting.uncarried) == (Stage.RELAY, 2, 2)
        assert waiting.status in (Status.BEHIND, Status.STALLED)
        assert lag(says_what_is_uncarried=False).status is Status.LEVEL  # as it looked before a side said it
    finally:
        log.close()


def test_a_relay_that_begins_anew_after_a_loss_counts_from_what_the_other_side_has(linkage: Linkage) -> None:
    """Its bookmark is gone for a moment. That is no lag of all the years before."""
    linkage.submit(*(decision(permit_number=f"N{number}") for number in range(3)))
    linkage.number()
    with connect(linkage.approval_url, application="test") as connection:

        def waiting(passed: int) -> tuple[int, datetime | None]:
            said = survey(connection, "approval", {}, carried_into="kafka:approval", passed=passed)
            return said.uncarried, said.uncarried_oldest_at

        assert waiting(3) == (0, None)
        assert waiting(2)[0] == 1
        forgotten, since = waiting(0)
        assert (forgotten, since is not None) == (3, True)


def test_where_the_ledger_itself_is_the_log_nothing_waits_for_a_relay(linkage: Linkage) -> None:
    linkage.submit(decision())
    linkage.number()
    with connect(linkage.approval_url, application="test") as connection:
        said = survey(connection, "approval", {})
        assert (said.uncarried, said.uncarried_oldest_at) == (0, None)
        assert survey(connection, "approval", {}, carried_into="kafka:approval").uncarried == 1
