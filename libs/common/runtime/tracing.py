"""Traces by hand, off unless `SUNLIT_OTLP` names an endpoint: from the intake to the last delivery.

A batch is one span with a link to each of its events. Beside it each event has a step of its own in its own trace, and
the facts that it leads to go out with that step's `traceparent`: so one trace shows intake, fold, publication and
alert, whatever else lay in the same batches. Spans name types and numbers, never persons.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

import msgspec
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.trace import Link, NonRecordingSpan, Span, SpanContext, SpanKind, TraceFlags

from libs.common.kernel.events.envelope import Event

ANY = ""
_CARRIED: ContextVar[Mapping[str, str] | None] = ContextVar("sunlit_carried", default=None)


class Tracing:
    """The tracer of one process."""

    def __init__(self, service: str, endpoint: str = "", exporter: SpanExporter | None = None) -> None:
        self._provider: TracerProvider | None = None
        if exporter is None and endpoint:
            exporter = OTLPSpanExporter(endpoint=endpoint)
        if exporter is not None:
            self._provider = TracerProvider(resource=Resource.create({"service.name": f"sunlit-{service}"}))
            self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._service = service
        self._tracer = (self._provider or trace.NoOpTracerProvider()).get_tracer("sunlit.spine")

    @contextmanager
    def batch(self, name: str, events: Sequence[Event] = (), *, count: int) -> Iterator[None]:
        """A span over a batch, linked to its events, and a step in the trace of each of them."""
        if self._provider is None:
            yield
            return
        parents = {e.id: context for e in events if e.traceparent and (context := span_context(e.traceparent))}
        links = [Link(context) for context in parents.values()]
        with self._tracer.start_as_current_span(name, links=links, attributes={"sunlit.count": count}) as whole:
            steps = [(e.subject, self._step(e, parents[e.id], whole)) for e in events if e.id in parents]
            carried = {ANY: traceparent_of(whole)} | {subject: traceparent_of(step) for subject, step in steps}
            try:
                with carrying(carried):
                    yield
            finally:
                for _, step in steps:
                    step.end()

    @contextmanager
    def request(self, method: str, traceparent: str | None) -> Iterator[Span]:
        """A span over one request; it goes on with the caller's trace. The caller of this names it when it knows."""
        if self._provider is None:
            yield trace.INVALID_SPAN
            return
        parent = span_context(traceparent) if traceparent else None
        started = self._tracer.start_as_current_span(method, context=_as_parent(parent), kind=SpanKind.SERVER)
        with started as span, carrying({ANY: traceparent_of(span)}):
            yield span

    @contextmanager
    def sending(self, name: str, traceparent: str | None, **attributes: int | str) -> Iterator[None]:
        """A span over something that leaves the house, in the trace of what led to it."""
        if self._provider is None:
            yield
            return
        parent = span_context(traceparent) if traceparent else None
        with self._tracer.start_as_current_span(
            name, context=_as_parent(parent), kind=SpanKind.CLIENT, attributes=attributes
        ):
            yield

    def stop(self) -> None:
        """Send what is left."""
        if self._provider is not None:
            self._provider.shutdown()

    def _step(self, event: Event, parent: SpanContext, whole: Span) -> Span:
        return self._tracer.start_span(
            f"{self._service} {event.type}",
            context=_as_parent(parent),
            kind=SpanKind.CONSUMER,
            links=[Link(whole.get_span_context())],
            attributes={"sunlit.event": event.id, "sunlit.subject": event.subject},
        )


@contextmanager
def carrying(traceparents: Mapping[str, str]) -> Iterator[None]:
    """Facts that are appended inside carry the `traceparent` of their subject, or the one under `ANY`."""
    token = _CARRIED.set(traceparents)
    try:
        yield
    finally:
        _CARRIED.reset(token)


def carried(event: Event) -> Event:
    """The event with the `traceparent` of what led to it; one that has its own keeps it."""
    found = _CARRIED.get()
    if found is None or event.traceparent is not None:
        return event
    traceparent = found.get(event.subject) or found.get(ANY)
    return msgspec.structs.replace(event, traceparent=traceparent) if traceparent else event


def traceparent_of(span: Span) -> str:
    """A span as W3C `traceparent`."""
    context = span.get_span_context()
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{int(context.trace_flags):02x}"


def span_context(traceparent: str) -> SpanContext | None:
    """The span that a W3C `traceparent` names; None for one that is malformed."""
    parts = traceparent.split("-")
    if len(parts) < 4 or [len(p) for p in parts[:4]] != [2, 32, 16, 2]:
        return None
    try:
        trace_id, span_id, flags = int(parts[1], 16), int(parts[2], 16), int(parts[3], 16)
    except ValueError:
        return None
    context = SpanContext(trace_id, span_id, is_remote=True, trace_flags=TraceFlags(flags))
    return context if context.is_valid else None


def _as_parent(parent: SpanContext | None) -> Context | None:
    return trace.set_span_in_context(NonRecordingSpan(parent)) if parent is not None else None
