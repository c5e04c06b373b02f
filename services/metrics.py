"""Every metric of the product, defined once with its meaning. Names and meanings are a golden file.

Base units; no party, name, document or event id in a label. What a scrape can ask the database for (heads, lag,
parking) is asked then, so a stopped worker cannot leave an old value standing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from typing import NamedTuple

import structlog
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from events.log import Announcement
from projections.lag import Lag, Status
from projections.parking import REASONS

log = structlog.get_logger()


CANARY_PATH = "approval-supervision-approval"
"""By which way canaries fly: store, log and lists to supervision, and back."""

MEANINGS = {
    "linkage_store_head_position": "Number of the newest event in the ledger.",
    "linkage_outbox_pending_events": "Events committed and not numbered yet (counted up to 100,000).",
    "linkage_outbox_oldest_pending_timestamp_seconds": "When the oldest event in the outbox was recorded; 0 if none.",
    "linkage_outbox_live_oldest_pending_timestamp_seconds": "When the oldest event in the outbox was recorded that no "
    "file brought: what a file brings waits on purpose; 0 if none.",
    "linkage_projection_position": "Highest ledger position that the projection has applied.",
    "linkage_projection_lag_events": "Events recorded and not visible yet, wherever they wait.",
    "linkage_projection_lag_seconds": "Now minus the recorded time of the oldest event not visible yet; 0 when level.",
    "linkage_projection_heartbeat_timestamp_seconds": "When a worker of the projection last said that it lives.",
    "linkage_projection_rebuild_progress_ratio": "How far a rebuild of the lists is, 0 to 1; 1 when none is at work.",
    "linkage_projection_status": "1 for the status that holds, 0 for the others; while rebuilding, for both.",
    "linkage_parked_events": "Events that wait behind a parked one, with it, by reason.",
    "linkage_parked_oldest_timestamp_seconds": "Recorded time of the oldest parked event; 0 if none.",
    "linkage_completeness_missing_events": "Numbers of the source's ledger that should have come and did not.",
    "linkage_canary_roundtrip_seconds": "How long the newest canary that is back was on its way; 0 before the first.",
    "linkage_canary_last_success_timestamp_seconds": "When a canary last came back; 0 before the first.",
    "linkage_source_clock_skew_seconds": "How far the source's clock is ahead of ours; below 0: behind.",
    "linkage_reminded_until_timestamp_seconds": "Beginning of the last day whose reminders were all given; 0 if none.",
    "linkage_calendar_known_until_timestamp_seconds": "First day that no notice of working days covers yet.",
    "linkage_disk_free_bytes": "Room left on the disk of the database as last seen; 0 if nobody watches it.",
    "linkage_disk_reserve_bytes": "Room below which nothing new is taken; 0 if nobody watches.",
    "linkage_disk_closed": "1 while nothing new is taken because the reserve is reached.",
    "linkage_ledger_faults": "Places of the ledger where the last walk along its chain found fault; 0 if none.",
    "linkage_audit_faults": "Places of the audit trail where the last walk along it found fault; 0 if none.",
    "linkage_checkpoint_fault": "1 while the checkpoint of the source's ledger does not hold, as this side sees it.",
    "linkage_checkpoint_stamps_failing_since_timestamp_seconds": (
        "Since when no checkpoint could be time-stamped; 0 while that works, or no authority is asked."
    ),
    "linkage_build_info": "1, labelled with the version.",
    "linkage_decisions": "Decisions handed in over HTTP, by outcome.",
    "linkage_requests_refused": "Requests refused because one asked too often, by kind of asking.",
    "linkage_commands": "Commands taken from the bureaus' topic, by outcome.",
    "linkage_commands_unanswered": "Records of that topic that could not be answered and that nobody has settled.",
    "linkage_command_replies_waiting": "Replies to commands that their bureaus have not got yet.",
    "linkage_append_duration_seconds": "Time to decide and record what one request handed in, by outcome.",
    "linkage_projection_events": "Records that the projection settled, by outcome. Ignored: nothing follows here. "
    "Parked: each attempt, also one again.",
    "linkage_ledger_verify_failures": "Places of the ledger that do not hold, by kind, as often as walks found them.",
    "linkage_audit_uncopied_since_timestamp_seconds": "Time of the oldest entry of the audit trail that the "
    "collector of its second copy does not have for certain; 0 if it has all, or none is set.",
    "linkage_reconcile_differences": "Things that differed when the two were compared last, by what was compared.",
    "linkage_proven_timestamp_seconds": "When a side was last reconciled, verified; or its first event, before that.",
    "linkage_events_appended": "Events that the side's ledger numbered since the service began, by type.",
    "linkage_receipts": "Receipts that departments gave since the service began, by kind.",
    "linkage_receipts_overdue": "Pushes that wait for a signature past half of their limit, or past its end, by light.",
    "linkage_webhook_endpoints": "Endpoints of departments and bureaus, by state: enabled, failing, disabled.",
    "linkage_webhook_messages": "Messages of webhooks of the last month, by state.",
    "linkage_webhook_failing_since_timestamp_seconds": "Since when an endpoint has taken nothing; 0 if none fails.",
    "linkage_relay_published": "Records written to the side's topic: for the first time, or again. With Kafka only.",
    "linkage_kafka_consumer_lag_records": "Records of the topic's partition after our bookmark. With Kafka only.",
    "linkage_kafka_last_commit_timestamp_seconds": "When the bookmark of the partition last moved. With Kafka only.",
    "linkage_schema_rejected": "Events that could not be read, or are of an unknown type or version, each attempt.",
    "linkage_projection_apply_duration_seconds": "Time to apply one batch to the lists, its commit included.",
    "linkage_visibility_latency_seconds": "From recorded by its bureau to visible in the department's list: the SLI. "
    "Without what came as a batch, such as a file's rows: it waits on purpose. "
    "Department `canary`: canaries, so that it is measured where nobody decides.",
}


COUNTED = frozenset(
    {"linkage_ledger_verify_failures", "linkage_events_appended", "linkage_receipts", "linkage_relay_published"}
)
"""Those of what a scrape asks the database for that only grow: Prometheus reads them with ``_total``."""


class Fact(NamedTuple):
    """One figure that a scrape asks the database for, by the name of its metric."""

    name: str
    value: float
    labels: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class ProjectionState:
    """What a scrape asks about a projection."""

    lag: Lag
    position: int
    heartbeats: dict[str, datetime]
    parked: dict[str, int]
    parked_oldest_at: datetime | None
    missing: int | None = None
    """Numbers that did not come; None for a reader whose source does not number."""
    canary: tuple[float, datetime | None] | None = None
    """How long the newest that is back was on its way, and when it was; None for a reader that gets none back."""
    rebuilt: float | None = None
    """How far the rebuild of its lists is, 1 when none is at work; None for a reader whose lists are not rebuilt."""


def gauge(name: str, labels: Iterable[str] = ()) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, MEANINGS[name], labels=tuple(labels))


class StateCollector(Collector):
    """Asks for the state at each scrape. A database that is away leaves the metrics out, and says so in the log."""

    def __init__(
        self,
        store: Callable[[], Announcement],
        projections: Callable[[], list[ProjectionState]] = lambda: [],
        waiting: Callable[[], Mapping[str, float]] = dict,
        facts: Callable[[], Iterable[Fact]] = tuple,
    ) -> None:
        """``waiting``: what else there is to say, by the name of its metric; ``facts``: with labels."""
        self.store = store
        self.projections = projections
        self.waiting = waiting
        self.facts = facts

    def describe(self) -> Iterable[Metric]:
        return []

    def collect(self) -> Iterator[Metric]:
        build = gauge("linkage_build_info", ["version"])
        build.add_metric([version("linkage")], 1)
        yield build
        try:
            store, projections, waiting, facts = self.store(), self.projections(), self.waiting(), list(self.facts())
        except Exception as error:  # a scrape must answer with what it has, whatever is away
            log.warning("scrape_without_state", error=type(error).__name__)
            return
        yield from _store_metrics(store)
        yield from _projection_metrics(projections)
        for name, count in waiting.items():
            family = gauge(name)
            family.add_metric([], count)
            yield family
        yield from _fact_metrics(facts)


def _fact_metrics(facts: Iterable[Fact]) -> Iterator[Metric]:
    families: dict[str, GaugeMetricFamily | CounterMetricFamily] = {}
    for one in facts:
        if one.name not in families:
            kind = CounterMetricFamily if one.name in COUNTED else GaugeMetricFamily
            families[one.name] = kind(one.name, MEANINGS[one.name], labels=tuple(one.labels))
        families[one.name].add_metric(list(one.labels.values()), one.value)
    yield from families.values()


def _store_metrics(state: Announcement) -> Iterator[Metric]:
    for name, value in (
        ("linkage_store_head_position", float(state.ledger_head)),
        ("linkage_outbox_pending_events", float(state.outbox_pending)),
        ("linkage_outbox_oldest_pending_timestamp_seconds", _stamp(state.outbox_oldest_at)),
    ):
        family = gauge(name, ["source"])
        family.add_metric([state.source], value)
        yield family


def _projection_metrics(states: list[ProjectionState]) -> Iterator[Metric]:
    plain: dict[str, Callable[[ProjectionState], float]] = {
        "linkage_projection_position": lambda s: float(s.position),
        "linkage_projection_lag_events": lambda s: float(s.lag.events),
        "linkage_projection_lag_seconds": lambda s: s.lag.seconds,
        "linkage_parked_oldest_timestamp_seconds": lambda s: _stamp(s.parked_oldest_at),
    }
    for name, value in plain.items():
        family = gauge(name, ["projection"])
        for state in states:
            family.add_metric([state.lag.projection], value(state))
        yield family
    beats = gauge("linkage_projection_heartbeat_timestamp_seconds", ["projection", "worker"])
    statuses = gauge("linkage_projection_status", ["projection", "status"])
    parked = gauge("linkage_parked_events", ["projection", "reason"])
    skew = gauge("linkage_source_clock_skew_seconds", ["source"])
    missing = gauge("linkage_completeness_missing_events", ["source"])
    rebuilt = gauge("linkage_projection_rebuild_progress_ratio", ["projection"])
    trips = gauge("linkage_canary_roundtrip_seconds", ["path"])
    back = gauge("linkage_canary_last_success_timestamp_seconds", ["path"])
    for state in states:
        if state.canary is not None:
            trips.add_metric([CANARY_PATH], state.canary[0])
            back.add_metric([CANARY_PATH], _stamp(state.canary[1]))
        if state.rebuilt is not None:
            rebuilt.add_metric([state.lag.projection], state.rebuilt)
        for worker, at in state.heartbeats.items():
            beats.add_metric([state.lag.projection, worker], at.timestamp())
        for status in Status:
            statuses.add_metric(
                [state.lag.projection, status.name.lower()], float(status in (state.lag.status, state.lag.shown))
            )
        for reason, count in (dict.fromkeys(REASONS, 0) | state.parked).items():
            parked.add_metric([state.lag.projection, reason], count)
        if state.lag.source_clock_skew is not None:
            skew.add_metric([state.lag.source], state.lag.source_clock_skew)
        if state.missing is not None:
            missing.add_metric([state.lag.source], state.missing)
    yield from (beats, statuses, parked, skew, missing, rebuilt, trips, back)


def _stamp(at: datetime | None) -> float:
    return at.timestamp() if at else 0.0
