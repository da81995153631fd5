"""Event logs for process mining: the XES holds every act, and the OCEL names every object that it uses."""

from __future__ import annotations

from xml.etree.ElementTree import fromstring

from services.monitoring.domain.proceeding import Proceeding
from services.monitoring.event_logs import write_ocel, write_xes
from services.monitoring.judging import reading_of
from tests.unit.monitoring.makers import at, events_of, office, plan, play

SPACE = "{http://www.xes-standard.org/}"


def cases() -> list[Proceeding]:
    """One case of seven working days."""
    desk = play(events_of(plan(used_days=7)), at("2026-06-01"))
    readings = [reading_of(file, office(at("2026-06-01"))) for file in desk.files.values()]
    return [reading[0] for reading in readings if reading is not None]


def test_the_log_holds_every_act_of_the_case_with_its_instant() -> None:
    """One trace for each case, one event for each act, in order of time."""
    (case,) = cases()
    log = fromstring("".join(write_xes([case])))
    (trace,) = log.findall(f"{SPACE}trace")
    names = [e.find(f"{SPACE}string[@key='concept:name']") for e in trace.findall(f"{SPACE}event")]
    dates = [e.find(f"{SPACE}date") for e in trace.findall(f"{SPACE}event")]
    assert next(n.get("value") for n in names if n is not None) == "application.submitted"
    assert [d.get("value") for d in dates if d is not None] == [e.time.isoformat() for e in case.events]


def test_objects_of_the_ocel_are_all_there() -> None:
    """No relationship points to nothing; types are declared."""
    found = write_ocel(cases())
    known = {one["id"] for one in found["objects"]}
    assert {r["objectId"] for event in found["events"] for r in event["relationships"]} <= known
    assert {event["type"] for event in found["events"]} == {kind["name"] for kind in found["eventTypes"]}
    assert {one["type"] for one in found["objects"]} == {"case", "organisation", "item"}
