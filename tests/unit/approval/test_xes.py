"""XES logs become hall events by a profile, and what a profile does not know is refused by place."""

from __future__ import annotations

import gzip
import io
from pathlib import Path

import pytest

from libs.common.kernel.errors import DataError
from services.approval.feeds.xes import Trace, convert, load_profile, open_log, profile_names, read_traces

LOG = b"""<?xml version="1.0"?>
<log xmlns="http://www.xes-standard.org/">
  <trace>
    <string key="concept:name" value="case-1"/>
    <string key="department" value="Experts"/>
    <string key="channel" value="e-mail"/>
    <string key="responsible" value="R1"/>
    <date key="startdate" value="2011-03-26T23:30:00.000+01:00"/>
    <date key="deadline" value="2011-03-26T23:30:00.000+00:00"/>
    <date key="enddate" value="2011-03-28T09:00:00.000+02:00"/>
    <event>
      <string key="concept:name" value="Confirmation of receipt"/>
      <string key="org:resource" value="R2"/>
      <date key="time:timestamp" value="2011-03-27T10:00:00.000+02:00"/>
    </event>
  </trace>
</log>"""
BASE = {
    "concept:name": "case-2",
    "department": "General",
    "channel": "Desk",
    "startdate": "2011-01-03T09:00:00+01:00",
    "deadline": "2011-02-03T09:00:00+01:00",
}


def test_one_trace_becomes_the_acts_of_one_case() -> None:
    """Submission, acceptance, each step and the completion come out with their own instants."""
    (trace,) = read_traces(io.BytesIO(LOG))
    events = convert(trace, load_profile("receipt"))
    assert [e["type"] for e in events] == [
        "hall.application.submitted",
        "hall.case.accepted",
        "hall.step.completed",
        "hall.case.completed",
    ]
    assert {e["subject"] for e in events} == {"case-1"}
    assert events[0]["data"]["submit_channel"] == "online"
    assert events[2]["data"]["handler"] == {"no": "R2"}
    assert events[3]["time"] == "2011-03-28T09:00:00+02:00"


def test_the_deadline_is_the_date_in_the_towns_zone() -> None:
    """23:30 UTC on the 26th is already the 27th in Amsterdam, in the night the clocks change."""
    (trace,) = read_traces(io.BytesIO(LOG))
    accepted = convert(trace, load_profile("receipt"))[1]
    assert accepted["data"]["legal_limit"] == {"due_on": "2011-03-27"}


def test_a_case_without_an_end_stays_open() -> None:
    """No end date, no completion: it is open, not finished on time."""
    types = [e["type"] for e in convert(Trace(BASE, ()), load_profile("receipt"))]
    assert "hall.case.completed" not in types


def test_the_same_trace_gives_the_same_ids() -> None:
    """A log that is sent twice is taken once."""
    profile = load_profile("receipt")
    first, second = convert(Trace(BASE, ()), profile), convert(Trace(dict(BASE), ()), profile)
    assert [e["id"] for e in first] == [e["id"] for e in second]
    assert len({e["id"] for e in first}) == len(first)


@pytest.mark.parametrize(
    ("change", "code", "pointer"),
    [
        pytest.param({"channel": "Telex"}, "UNKNOWN_CODE", "/channel", id="unknown channel"),
        pytest.param({"department": "Harbour"}, "UNKNOWN_CODE", "/department", id="unknown organisation"),
        pytest.param({"deadline": ""}, "MISSING_FIELD", "/deadline", id="no deadline"),
        pytest.param({"startdate": "yesterday"}, "BAD_INSTANT", "/startdate", id="no instant"),
    ],
)
def test_what_the_profile_does_not_know_is_refused(change: dict[str, str], code: str, pointer: str) -> None:
    """An unknown code is never a default and never dropped: it is named with its place."""
    with pytest.raises(DataError) as refusal:
        convert(Trace({**BASE, **change}, ()), load_profile("receipt"))
    assert (refusal.value.problems[0].code, refusal.value.problems[0].pointer) == (code, pointer)


def test_a_broken_file_is_refused_with_its_line() -> None:
    """A log that is cut off says so."""
    with pytest.raises(DataError, match="BROKEN_XML"):
        list(read_traces(io.BytesIO(LOG[:200])))


def test_an_unknown_profile_names_the_known_ones() -> None:
    """The reader learns which profiles there are."""
    assert "receipt" in profile_names()
    with pytest.raises(DataError, match="receipt"):
        load_profile("nowhere")


def test_a_packed_log_is_read_as_it_is(tmp_path: Path) -> None:
    """`.xes.gz` needs no unpacking by hand."""
    path = tmp_path / "log.xes.gz"
    path.write_bytes(gzip.compress(LOG))
    with open_log(path) as stream:
        assert len(list(read_traces(stream))) == 1


def test_the_real_permit_log_is_read_whole(shared: Path) -> None:
    """The receipt log gives 1 434 cases, of which 309 ended after their deadline day and 105 have no end."""
    path = shared / "data" / "receipt.xes.gz"
    profile = load_profile("receipt")
    late = ended = cases = 0
    with open_log(path) as stream:
        for trace in read_traces(stream):
            cases += 1
            events = convert(trace, profile)
            if events[-1]["type"] == "hall.case.completed":
                ended += 1
                closed_on = load_closed_on(events[-1]["time"], profile.timezone)
                late += closed_on > events[1]["data"]["legal_limit"]["due_on"]
    assert (cases, cases - ended, late) == (1434, 105, 309)


def load_closed_on(text: str, zone: object) -> str:
    from datetime import datetime, tzinfo

    assert isinstance(zone, tzinfo)
    return datetime.fromisoformat(text).astimezone(zone).date().isoformat()
