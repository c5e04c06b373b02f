"""What a process counts as it works: desk, intake of commands, projections. Names and meanings are in ``metrics``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Histogram

from events.catalogue import CATALOGUE
from projections.parking import NOT_READ
from projections.projection import Outcome
from services.metrics import MEANINGS
from services.rate_settings import Asking

LATENCY_BUCKETS = (0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.15, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 300.0)
OUTCOMES = ("applied", "ignored", "duplicate", "parked", "skipped")
COMMAND_OUTCOMES = ("accepted", "refused", "repeated", "unanswered")
UNKNOWN = "unknown"


class DeskMetrics:
    """What the approval side counts as it works."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.decisions = _counter(registry, "linkage_decisions", ["outcome"])
        self.duration = _timed(registry, "linkage_append_duration_seconds", ["outcome"])
        for outcome in ("accepted", "refused"):
            self.decisions.labels(outcome)
            self.duration.labels(outcome)

    def note(self, accepted: int, refused: int, seconds: float) -> None:
        """Count one request: how many decisions of it were accepted and refused, and how long that took."""
        self.decisions.labels("accepted").inc(accepted)
        self.decisions.labels("refused").inc(refused)
        self.duration.labels("accepted" if accepted else "refused").observe(seconds)


class DoorMetrics:
    """What the door of a web service counts. No key, account or address in a label."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.refused = _counter(registry, "linkage_requests_refused", ["kind"])
        for kind in Asking:
            self.refused.labels(kind.value)

    def note(self, kind: Asking) -> None:
        self.refused.labels(kind.value).inc()


class CommandMetrics:
    """What the intake of the commands' topic counts."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.commands = _counter(registry, "linkage_commands", ["outcome"])
        for outcome in COMMAND_OUTCOMES:
            self.commands.labels(outcome)

    def observe(self, counts: Mapping[str, int]) -> None:
        """Count one committed batch."""
        for outcome, count in counts.items():
            self.commands.labels(outcome).inc(count)


class ProjectionMetrics:
    """What a worker counts as it applies. Departments are those of the duty list (at most some 200)."""

    def __init__(
        self, registry: CollectorRegistry, projection: str, source: str, clock: Callable[[], datetime]
    ) -> None:
        self.projection = projection
        self.source = source
        self.clock = clock
        self.events = _counter(registry, "linkage_projection_events", ["projection", "outcome"])
        self.latency = _timed(registry, "linkage_visibility_latency_seconds", ["department"])
        self.duration = _timed(registry, "linkage_projection_apply_duration_seconds", ["projection"])
        self.rejected = _counter(registry, "linkage_schema_rejected", ["source", "event_type", "reason"])
        for outcome in OUTCOMES:
            self.events.labels(projection, outcome)
        self.duration.labels(projection)
        for reason in sorted(NOT_READ):
            self.rejected.labels(source, UNKNOWN, reason)

    def expect(self, departments: Iterable[str]) -> None:
        """Say 0 of each: of a series that begins with its first decision, Prometheus' rate leaves that one out."""
        for department in departments:
            self.latency.labels(department)

    def observe(self, outcome: Outcome) -> None:
        """Count one committed batch; called right after its commit."""
        now = self.clock()
        for name in OUTCOMES:
            self.events.labels(self.projection, name).inc(outcome.counts[name])
        for department, recorded_at in outcome.visible:
            self.latency.labels(department).observe(max(0.0, (now - recorded_at).total_seconds()))
        for (kind, reason), count in outcome.rejected.items():
            # A type that is not ours is whatever somebody wrote: no label.
            self.rejected.labels(self.source, kind if kind in CATALOGUE else UNKNOWN, reason).inc(count)
        if outcome.seconds is not None:
            self.duration.labels(self.projection).observe(outcome.seconds)


def _counter(registry: CollectorRegistry, name: str, labels: Sequence[str]) -> Counter:
    return Counter(name, MEANINGS[name], labels, registry=registry)


def _timed(registry: CollectorRegistry, name: str, labels: Sequence[str]) -> Histogram:
    return Histogram(name, MEANINGS[name], labels, buckets=LATENCY_BUCKETS, registry=registry)
