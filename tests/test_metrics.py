"""Every metric of the catalogue is there, also on a site where nothing happens: 0 is said, and nothing is NaN."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.core import Metric

from events.announcing import survey
from events.database import connect
from events.store import Lane
from projections.projector import Projector
from services.approval.canary import last_back
from services.broker import Broker
from services.counting import CommandMetrics, DeskMetrics, DoorMetrics, ProjectionMetrics
from services.metrics import COUNTED, MEANINGS, StateCollector
from services.scraping import SideState
from services.supervision.reactions import reactions
from services.time_rules import take_entries
from tests.invented import HEALTH_BUREAU, MARKET_BUREAU, TODAY, decision, duty
from tests.kafka_linkage import through_kafka
from tests.linkage import Linkage
from tests.test_time_rules import CLAIM

CATALOGUE = {
    "events_appended": {"event_type", "source"},
    "append_duration_seconds": {"outcome"},
    "requests_refused": {"kind"},
    "store_head_position": {"source"},
    "outbox_pending_events": {"source"},
    "outbox_oldest_pending_timestamp_seconds": {"source"},
    "outbox_live_oldest_pending_timestamp_seconds": {"source"},
    "relay_published": {"topic", "outcome"},
    "projection_position": {"projection"},
    "projection_lag_events": {"projection"},
    "projection_lag_seconds": {"projection"},
    "projection_heartbeat_timestamp_seconds": {"projection", "worker"},
    "projection_status": {"projection", "status"},
    "projection_events": {"projection", "outcome"},
    "projection_apply_duration_seconds": {"projection"},
    "projection_rebuild_progress_ratio": {"projection"},
    "visibility_latency_seconds": {"department"},
    "parked_events": {"projection", "reason"},
    "parked_oldest_timestamp_seconds": {"projection"},
    "receipts": {"department", "kind"},
    "receipts_overdue": {"department", "light"},
    "canary_roundtrip_seconds": {"path"},
    "canary_last_success_timestamp_seconds": {"path"},
    "schema_rejected": {"source", "event_type", "reason"},
    "source_clock_skew_seconds": {"source"},
    "completeness_missing_events": {"source"},
    "ledger_verify_failures": {"source", "kind"},
    "audit_faults": {"source"},
    "checkpoint_fault": {"source", "kind"},
    "checkpoint_stamps_failing_since_timestamp_seconds": {"source"},
    "reconcile_differences": {"source", "between"},
    "proven_timestamp_seconds": {"source", "kind"},
    "webhook_endpoints": {"source", "state"},
    "webhook_messages": {"source", "state"},
    "webhook_failing_since_timestamp_seconds": {"source"},
    "build_info": {"version"},
}
KAFKA = {
    "kafka_consumer_lag_records": {"group", "topic", "partition"},
    "kafka_last_commit_timestamp_seconds": {"group", "topic", "partition"},
}
UNTIL_SEEN = {"projection_heartbeat_timestamp_seconds", "source_clock_skew_seconds"}
"""Told once there is a worker, a clock that is known: a real 0 is told from what is not known."""


class Scraped:
    """Both sides as Prometheus sees them, each with all that one process of it counts."""

    def __init__(self, linkage: Linkage) -> None:
        clock = lambda: datetime.now(UTC)  # noqa: E731
        self.approval, self.supervision = CollectorRegistry(), CollectorRegistry()
        self.states = (
            SideState(linkage.approval, "approval", "told", lambda: linkage.back, canary=last_back),
            SideState(linkage.supervision, "supervision", "intake", lambda: linkage.log),
        )
        for registry, state in zip((self.approval, self.supervision), self.states, strict=True):
            registry.register(StateCollector(state.store, state.projections, state.waiting, state.facts))
            state.begin()
        DeskMetrics(self.approval)
        DoorMetrics(self.approval)
        CommandMetrics(self.approval)
        ProjectionMetrics(self.approval, "told", "supervision", clock)
        self.intake = ProjectionMetrics(self.supervision, "intake", "approval", clock)

    def metrics(self) -> Iterator[Metric]:
        for registry in (self.approval, self.supervision):
            yield from registry.collect()

    def labels(self) -> dict[str, set[str]]:
        """Every metric that has a sample, with its labels; the departments of what is counted are there already."""
        found: dict[str, set[str]] = {}
        for metric in self.metrics():
            for sample in metric.samples:
                assert not math.isnan(sample.value), sample
                found.setdefault(metric.name.removeprefix("linkage_"), set()).update(set(sample.labels) - {"le"})
        return found

    def value(self, name: str, **labels: str) -> Any:
        return self.supervision.get_sample_value(name, labels)


def test_every_metric_of_the_catalogue_has_its_meaning_and_counters_are_told_apart() -> None:
    named = {f"linkage_{name}" for name in CATALOGUE | KAFKA}
    assert named <= MEANINGS.keys()
    assert MEANINGS.keys() >= COUNTED
    assert not {name for name in MEANINGS if name.endswith("_total")}


def test_on_a_quiet_site_every_metric_is_there_and_none_is_nan(linkage: Linkage) -> None:
    linkage.duties(duty())
    scraped = Scraped(linkage)
    scraped.intake.expect([MARKET_BUREAU])
    found = scraped.labels()
    assert {name: found.get(name) for name in CATALOGUE.keys() - UNTIL_SEEN} == {
        name: labels for name, labels in CATALOGUE.items() if name not in UNTIL_SEEN
    }
    assert scraped.value("linkage_projection_lag_seconds", projection="intake") == 0
    assert scraped.value("linkage_parked_events", projection="intake", reason="refused") == 0
    assert scraped.value("linkage_visibility_latency_seconds_count", department=MARKET_BUREAU) == 0
    assert scraped.value("linkage_receipts_overdue", department=HEALTH_BUREAU, light="red") == 0
    assert scraped.value("linkage_events_appended_total", source="supervision", event_type="push_made") == 0
    assert scraped.value("linkage_schema_rejected_total", source="approval", event_type="unknown", reason="unreadable") == 0  # fmt: skip  # noqa: E501


def test_what_is_said_signed_overdue_and_unreadable_is_counted(linkage: Linkage) -> None:
    linkage.duties(duty())
    scraped = Scraped(linkage)
    linkage.submit(decision())
    linkage.number()
    intake = linkage.intake()
    observed = Projector(linkage.supervision, reactions("审改办", linkage.now), intake.lease, scraped.intake.observe)
    observed.receive(linkage.log.read(linkage.reading, 100))
    linkage.number_pushes()
    linkage.rows("UPDATE cases SET due_on = %s, delivered_at = %s RETURNING 1", TODAY.replace(day=2), linkage.now())
    events = "linkage_events_appended_total"
    assert scraped.value(events, source="supervision", event_type="push_made") == 1
    assert scraped.value("linkage_receipts_overdue", department=MARKET_BUREAU, light="red") == 1
    assert scraped.value("linkage_projection_apply_duration_seconds_count", projection="intake") == 1
    assert scraped.value("linkage_projection_events_total", projection="intake", outcome="applied") == 1
    with connect(linkage.supervision_url, application="test") as connection:
        assert survey(connection, "supervision", {}).ledger_head > 0
        connection.execute(
            """INSERT INTO ledger SELECT position + 1, partition, lane, gen_random_uuid(), 1, 'push_signed', 1,
                   occurred_at, recorded_at, json_build_object('department', %s::text)::text, NULL, NULL, NULL, digest,
                   hash FROM ledger ORDER BY position DESC LIMIT 1""",
            (MARKET_BUREAU,),
        )
        connection.execute("UPDATE ledger_head SET position = position + 1")
    assert scraped.value("linkage_receipts_total", department=MARKET_BUREAU, kind="signed") == 1
    assert scraped.value("linkage_receipts_total", department=HEALTH_BUREAU, kind="signed") == 0


def test_what_one_side_says_and_the_other_does_nothing_about_is_counted_apart(linkage: Linkage) -> None:
    with connect(linkage.supervision_url, application="test") as connection:
        take_entries(connection, "supervision", [CLAIM], linkage.now())
    linkage.duties(duty())
    counts = linkage.hear().counts
    assert (counts["ignored"], counts["applied"]) == (1, 1), "a limit of supervision's own; a duty, told to the bureaus"


def test_a_file_that_waits_for_its_turn_is_no_stuck_outbox_and_a_live_decision_without_number_is(
    linkage: Linkage,
) -> None:
    scraped = Scraped(linkage)
    linkage.submit(decision(permit_number="JY1"), lane=Lane.BULK)

    def since(name: str) -> float:
        value = scraped.approval.get_sample_value(f"linkage_outbox_{name}_timestamp_seconds", {"source": "approval"})
        assert value is not None
        return value

    assert since("oldest_pending") > 0
    assert since("live_oldest_pending") == 0
    linkage.submit(decision(permit_number="JY2"))
    assert since("live_oldest_pending") > since("oldest_pending")
    linkage.number()
    assert since("live_oldest_pending") == 0


@pytest.mark.kafka
def test_through_kafka_each_partition_says_what_lies_after_our_bookmark(linkage: Linkage, kafka_broker: Broker) -> None:
    with through_kafka(linkage, kafka_broker):
        linkage.duties(duty())
        linkage.submit(decision())
        linkage.number()
        state = SideState(linkage.supervision, "supervision", "intake", lambda: linkage.log)

        def lag() -> list[float]:
            facts = [one for one in state.facts() if one.name == "linkage_kafka_consumer_lag_records"]
            assert {frozenset(one.labels) for one in facts} == {frozenset(KAFKA["kafka_consumer_lag_records"])}
            return [one.value for one in facts]

        assert sorted(lag()) == [0] * 63 + [1]
        linkage.catch_up()
        state._measured = None  # a second has gone by
        assert sum(lag()) == 0
