"""A site that collects traces sees each decision's way from the desk to the lists as one, and nobody's name in it."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from events import bookmark
from events.database import connect
from events.envelope import Record, trace_of
from events.log import LogIdentity
from events.sequencer import number_once
from projections.projector import Projector
from services.approval.outcome import Submission
from services.approval.traced_desk import TracedDesk
from services.settings import Settings, SettingsWrong
from services.supervision.reactions import reactions
from services.traced import TracedProjection, TracedPublisher, numbered
from services.tracing import Traces, traces_of
from tests.invented import decision, duty
from tests.linkage import MASTER, Linkage
from tests.notice_sinks import HttpSink, gateway


class Carried:
    """Where records are published to."""

    def identity(self) -> LogIdentity:
        raise NotImplementedError

    def head(self) -> Mapping[int, int]:
        return {}

    def publish(self, records: Sequence[Record]) -> Mapping[int, int]:
        return {record.partition: 1 for record in records}

    def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
def collector() -> Iterator[HttpSink]:
    with gateway() as sink:
        yield sink


def settings(collector: HttpSink) -> Settings:
    return Settings(otlp_endpoint=f"{collector.url}/v1/traces")


def spans(collector: HttpSink) -> list[Any]:
    found = []
    for post in collector.posts:
        said = ExportTraceServiceRequest()
        said.ParseFromString(post.body)
        found += [span for one in said.resource_spans for scope in one.scope_spans for span in scope.spans]
    return found


def whole_way(linkage: Linkage, traces: Traces) -> Record:
    """Let one decision be recorded, numbered, published and applied; return it as it was numbered."""
    desk = TracedDesk(linkage.approval, MASTER, traces)
    (outcome,) = desk.handle([Submission(decision())])
    assert outcome.accepted
    with connect(linkage.approval_url, application="test") as connection:
        numbered("approval", traces)(connection, number_once(connection))
    batch = linkage.log.read(linkage.log.beginning(), 100)
    TracedPublisher(Carried(), traces).publish(batch.records)
    projection = TracedProjection(reactions("审改办", linkage.now), traces)
    with connect(linkage.supervision_url, application="test") as connection:
        log = linkage.log
        lease = bookmark.take(connection, projection.name, log.identity(), log.beginning(), "test")
        observe = projection.observing(lambda _: None)
        Projector(linkage.supervision, projection, lease, observe).receive(log.read(lease.cursors, 100))
    with connect(linkage.supervision_url, application="test") as connection:
        numbered("supervision", traces)(connection, number_once(connection))
    return next(record for record in batch.records if record.id == outcome.event)


def test_a_decision_and_its_push_are_one_trace_from_the_desk_to_the_lists(
    linkage: Linkage, collector: HttpSink
) -> None:
    linkage.duties(duty())
    linkage.number_pushes()
    with traces_of(settings(collector)) as traces:
        assert traces is not None
        decided = whole_way(linkage, traces)
    found = [span for span in spans(collector) if span.trace_id == decided.id.bytes]
    steps = [span.name for span in sorted(found, key=lambda span: span.start_time_unix_nano)]
    assert sorted(steps) == ["append", "apply", "number", "number", "publish"], "the last number is the push's"
    (root,) = (span for span in found if span.name == "append")
    assert root.parent_span_id == b""
    assert root.span_id == decided.id.bytes[:8], "as the header traceparent says"
    assert {span.parent_span_id for span in found if span.name != "append"} == {root.span_id}
    assert all(span.end_time_unix_nano >= span.start_time_unix_nano for span in found)
    assert trace_of(replace(decided, version=decided.version + 1)) != decided.id, "another decision is another trace"
    for telling in ("海州市", "91990100", decision().permit_number):
        assert not any(telling.encode() in post.body for post in collector.posts), "a trace names a party or a permit"


def test_a_site_without_a_collector_opens_nothing_and_one_without_the_packages_is_told_how_to_get_them(
    collector: HttpSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    with traces_of(Settings()) as traces:
        assert traces is None
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    with (
        pytest.raises(SettingsWrong, match=r"LINKAGE_OTLP_ENDPOINT: .*pip install 'linkage\[otel\]'"),
        traces_of(settings(collector)),
    ):
        raise AssertionError("it went on without")
    assert collector.posts == []
