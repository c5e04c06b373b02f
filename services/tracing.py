"""Traces of a decision's way (append, number, publish, apply), sent to an OpenTelemetry collector.

Every step finds the trace by itself, without anything being carried for it: its id is what the event is correlated by,
else the event that caused it, else the event's own; on Kafka it stands in the header ``traceparent``. A span names
event, type, source and place in the ledger: no party, no permit number, nobody.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from uuid import UUID

from events.envelope import Record, root_of, trace_of
from services.settings import Settings, SettingsWrong

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.id_generator import IdGenerator
    from opentelemetry.util.types import Attributes

_NAME = "LINKAGE_OTLP_ENDPOINT"


class Traces:
    """What passes by becomes spans, sent in the background. What the collector cannot take is dropped: a decision
    never waits for its trace."""

    def __init__(self, provider: TracerProvider, ids: Prescribed) -> None:
        self._tracer = provider.get_tracer("linkage")
        self._ids = ids

    def appended(self, event: UUID, kind: str, source: str, began: float) -> None:
        """A decision was recorded that was handed in at ``began`` (seconds since 1970): the root of its trace."""
        from opentelemetry.context import Context

        self._ids.prescribe(event.int, _span_id(event))
        said = {"linkage.event": str(event), "linkage.type": kind, "linkage.source": source}
        span = self._tracer.start_span("append", Context(), start_time=_nanoseconds(began), attributes=said)
        span.end()

    def passed(self, step: str, records: Iterable[Record], began: float | None = None, **more: str) -> None:
        """``records`` have done ``step``. ``began``: seconds since 1970; None: when each was recorded."""
        from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, set_span_in_context

        for record in records:
            if record.defect is not None:
                continue
            root = SpanContext(
                trace_of(record).int, _span_id(root_of(record)), is_remote=True, trace_flags=TraceFlags(1)
            )
            self._ids.prescribe(0, 0)
            start = _nanoseconds(record.recorded_at.timestamp() if began is None else began)
            said: Attributes = {
                "linkage.event": str(record.id), "linkage.type": record.type, "linkage.source": record.source,
                "linkage.position": record.position, **{f"linkage.{name}": value for name, value in more.items()},
            }  # fmt: skip
            span = self._tracer.start_span(
                step, set_span_in_context(NonRecordingSpan(root)), start_time=start, attributes=said
            )
            span.end(max(start, time.time_ns()))


def _span_id(event: UUID) -> int:
    """Return what ``traceparent`` calls the span of an event: the first half of its id."""
    return event.int >> 64


def _nanoseconds(at: float) -> int:
    return int(at * 1e9)


class Prescribed:
    """Makes ids, or gives those that were prescribed for the span that is begun next by this thread."""

    def __init__(self, otherwise: IdGenerator) -> None:
        self._otherwise = otherwise
        self._next = threading.local()

    def prescribe(self, trace: int, span: int) -> None:
        self._next.trace, self._next.span = trace, span

    def generate_trace_id(self) -> int:
        return getattr(self._next, "trace", 0) or self._otherwise.generate_trace_id()

    def generate_span_id(self) -> int:
        return getattr(self._next, "span", 0) or self._otherwise.generate_span_id()


@contextmanager
def traces_of(settings: Settings) -> Iterator[Traces | None]:
    """Send traces until the block is left, or nothing where the site has no collector. ``SettingsWrong`` when the
    packages for it are not installed."""
    if settings.otlp_endpoint is None:
        yield None
        return
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
        from opentelemetry.sdk.trace.id_generator import IdGenerator, RandomIdGenerator
    except ImportError:
        raise SettingsWrong(
            f"{_NAME}: the packages for traces are not installed: pip install 'linkage[otel]', or remove the setting"
        ) from None

    class Ids(Prescribed, IdGenerator):
        """What the SDK asks for."""

    ids = Ids(RandomIdGenerator())
    provider = TracerProvider(resource=Resource.create({"service.name": "linkage"}), id_generator=ids)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=settings.otlp_endpoint, timeout=5)))
    try:
        yield Traces(provider, ids)
    finally:
        provider.shutdown()
