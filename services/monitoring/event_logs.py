"""A slice of the supervision's cases as an event log for process mining: XES (IEEE 1849) and OCEL 2.0 (JSON)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any
from xml.sax.saxutils import quoteattr

from libs.common.kernel.events.envelope import Event
from services.monitoring.domain.proceeding import Proceeding

_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<log xes.version="1849-2016" xmlns="http://www.xes-standard.org/">
<extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>
<extension name="Time" prefix="time" uri="http://www.xes-standard.org/time.xesext"/>
<extension name="Organizational" prefix="org" uri="http://www.xes-standard.org/org.xesext"/>
<extension name="Lifecycle" prefix="lifecycle" uri="http://www.xes-standard.org/lifecycle.xesext"/>
<global scope="trace"><string key="concept:name" value=""/></global>
<global scope="event"><string key="concept:name" value=""/><date key="time:timestamp"
value="1970-01-01T00:00:00+00:00"/>
</global>
<classifier name="Activity" keys="concept:name"/>
"""


def write_xes(cases: Iterable[Proceeding]) -> Iterator[str]:
    """The log, case by case; every act of the hall is a complete event."""
    yield _HEAD
    for case in cases:
        yield "<trace>"
        yield _string("concept:name", case.case_no)
        yield _string("org:group", case.org_code)
        yield _string("item_code", case.item_code or "")
        for event in case.events:
            yield "<event>"
            yield _string("concept:name", activity(event))
            yield _string("lifecycle:transition", "complete")
            yield _string("org:resource", _handler(event))
            yield f'<date key="time:timestamp" value={quoteattr(event.time.isoformat())}/>'
            yield "</event>"
        yield "</trace>\n"
    yield "</log>\n"


def write_ocel(cases: Iterable[Proceeding]) -> dict[str, Any]:
    """OCEL 2.0: cases, organisations and items are objects; an event is of its case, its organisation and its item."""
    objects: dict[tuple[str, str], dict[str, Any]] = {}
    events, kinds = [], set()
    for case in cases:
        for event in case.events:
            kinds.add(activity(event))
            related = [("case", case.case_no), ("organisation", str(getattr(event.data, "org_code", case.org_code)))]
            related += [("item", case.item_code)] if case.item_code else []
            for kind, name in related:
                objects.setdefault((kind, name), {"id": f"{kind}:{name}", "type": kind, "attributes": []})
            events.append(
                {
                    "id": f"{case.case_no}/{event.id}",
                    "type": activity(event),
                    "time": event.time.isoformat(),
                    "attributes": [{"name": "handler", "value": _handler(event)}],
                    "relationships": [{"objectId": f"{k}:{n}", "qualifier": k} for k, n in related],
                }
            )
    handler = [{"name": "handler", "type": "string"}]
    return {
        "objectTypes": [{"name": kind, "attributes": []} for kind in ("case", "organisation", "item")],
        "eventTypes": [{"name": kind, "attributes": handler} for kind in sorted(kinds)],
        "objects": [objects[key] for key in sorted(objects)],
        "events": events,
    }


def activity(event: Event) -> str:
    """What was done: the act's own name, or the step's."""
    step = getattr(event.data, "step_name", None)
    return f"{event.type.removeprefix('hall.')}{f' {step}' if step else ''}"


def _handler(event: Event) -> str:
    handler = getattr(event.data, "handler", None)
    return (handler.no or "") if handler else ""


def _string(key: str, value: str) -> str:
    return f"<string key={quoteattr(key)} value={quoteattr(value)}/>"
