"""The real permit log of a town goes through intake and fold; which cases were late is counted a second way."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from services.approval.feeds.xes import convert, load_profile, open_log, read_traces
from tests.integration.approval.conftest import House
from tests.unit.approval.builders import local

pytestmark = pytest.mark.engines

LOG = Path(__file__).parents[4] / "shared" / "data" / "receipt.xes.gz"
BATCH = 2000


async def test_the_permit_log_as_of_a_later_year(house: House) -> None:
    """1 434 cases; late = finished after the end of the due day in the town's zone; open and past due apart."""
    if not LOG.is_file():
        pytest.skip("no ../shared beside this clone")
    profile = load_profile("receipt")
    house.set_clock(local("2013-01-01"))
    put = await house.client.put(
        f"/api/approval/v1/regions/{profile.region_code}",
        json={"name": profile.region_name, "timezone": profile.timezone.key},
        headers=house.bearer("operator"),
    )
    assert put.status_code == 200
    events = [event for trace in read_traces(open_log(LOG)) for event in convert(trace, profile)]
    for start in range(0, len(events), BATCH):
        answer = await house.post(*events[start : start + BATCH])
        assert (answer.status_code, answer.json()["rejected"]) == (202, [])
    await house.settle()
    due = {
        e["subject"]: date.fromisoformat(e["data"]["legal_limit"]["due_on"])
        for e in events
        if e["type"] == "hall.case.accepted"
    }
    ended = {
        e["subject"]: datetime.fromisoformat(e["time"]).astimezone(ZoneInfo("Europe/Amsterdam")).date()
        for e in events
        if e["type"] == "hall.case.completed"
    }
    late = {case_no for case_no, on in ended.items() if on > due[case_no]}
    rows = await house.sql("SELECT case_no, ended_at IS NULL, final_light FROM case_file WHERE kind = 'case'")
    assert len(rows) == len(due) == 1434
    assert {case_no for case_no, _, light in rows if light == "red"} == late
    assert {case_no for case_no, is_open, _ in rows if is_open} == set(due) - set(ended)
    assert (await house.sql("SELECT count(*) FROM dead_letter"))[0][0] == 0
    page = await house.get("/cases", light="red", state="accepted", limit=500)
    past_due = {case_no for case_no in set(due) - set(ended) if due[case_no] < date(2013, 1, 1)}
    assert {row["case_no"] for row in page["items"]} == past_due
