"""One trace from the intake to the last delivery, whatever lay in the same batches."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from libs.common.kernel.events.envelope import Event
from libs.common.runtime.tracing import Tracing, carried, span_context

CALLER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
OTHER = "00-1117651916cd43dd8448eb211c80319c-c7ad6b7169203331-01"
MALFORMED = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331"


def event(subject: str, traceparent: str | None = None) -> Event:
    """An event of a subject."""
    at = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
    return Event(
        id=f"of {subject}", source="//s", type="t.happened", subject=subject, time=at, data={}, traceparent=traceparent
    )


class Recorded:
    """A tracer whose spans can be read."""

    def __init__(self) -> None:
        self.exporter = InMemorySpanExporter()
        self.tracing = Tracing("ledger", exporter=self.exporter)

    def spans(self) -> dict[str, ReadableSpan]:
        """Every span by its name."""
        self.tracing.stop()
        return {span.name: span for span in self.exporter.get_finished_spans()}


@pytest.mark.parametrize(
    ("traceparent", "valid"),
    [
        (CALLER, True),
        ("00-00000000000000000000000000000000-b7ad6b7169203331-01", False),
        (MALFORMED, False),
        ("00-zzf7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", False),
        ("", False),
        ("王小明", False),
    ],
)
def test_only_a_valid_traceparent_counts(traceparent: str, valid: bool) -> None:
    """Anything else is left out, never an error."""
    assert (span_context(traceparent) is not None) is valid


def test_a_batch_is_a_span_with_a_link_to_each_event() -> None:
    """Valid parents are linked, missing and malformed ones are left out."""
    recorded = Recorded()
    with recorded.tracing.batch("batch", [event("A", CALLER), event("B"), event("C", MALFORMED)], count=3):
        pass
    span = recorded.spans()["batch"]
    assert dict(span.attributes or {}) == {"sunlit.count": 3}
    assert [f"{link.context.span_id:x}" for link in span.links] == ["b7ad6b7169203331"]


def test_a_fact_goes_on_with_the_trace_of_its_event() -> None:
    """Two events of one batch stay in their two traces; a fact of neither is in the trace of the batch."""
    recorded = Recorded()
    with recorded.tracing.batch("batch", [event("A", CALLER), event("B", OTHER)], count=2):
        facts = [carried(event(subject)) for subject in ("A", "B", "C")]
        own = carried(event("A", OTHER))
    spans = recorded.spans()
    traces = [str(fact.traceparent).split("-")[1] for fact in facts]
    assert traces[:2] == [CALLER.split("-")[1], OTHER.split("-")[1]]
    assert traces[2] == f"{spans['batch'].get_span_context().trace_id:032x}"
    assert own.traceparent == OTHER
    assert carried(event("A")).traceparent is None, "behind the batch nothing is carried"


def test_a_request_goes_on_with_its_callers_trace() -> None:
    """What is written while a request is answered carries the request's span; without a caller a trace begins."""
    recorded = Recorded()
    with recorded.tracing.request("POST", CALLER) as span:
        span.update_name("POST /events")
        fact = carried(event("A"))
    with recorded.tracing.request("GET", None):
        fresh = carried(event("A"))
    with recorded.tracing.sending("deliver", fact.traceparent, channel="webhook"):
        pass
    spans = recorded.spans()
    assert str(fact.traceparent).split("-")[1] == CALLER.split("-")[1]
    assert str(fresh.traceparent).split("-")[1] != CALLER.split("-")[1]
    sent = spans["deliver"]
    assert sent.parent is not None
    assert sent.parent.span_id == spans["POST /events"].get_span_context().span_id


def test_without_an_endpoint_nothing_is_made() -> None:
    """Off by default: no span, no traceparent."""
    off = Tracing("ledger")
    with off.batch("batch", [event("A", CALLER)], count=1), off.request("GET", CALLER), off.sending("x", CALLER):
        assert carried(event("A")).traceparent is None
