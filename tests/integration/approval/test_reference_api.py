"""Calculators, calendars, regions, organisations and items over HTTP."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.integration.approval.conftest import House
from tests.unit.approval.builders import CASE_NO, accepted, local, submitted, wire

pytestmark = pytest.mark.engines

VECTORS = Path(__file__).parents[4] / "shared" / "vectors" / "deadlines.json"
NEW_YEAR_2027 = {
    "source": "国务院办公厅关于2027年部分节假日安排的通知（试）",
    "source_en": "notice of 2027 (trial)",
    "rest": [{"name": "元旦", "name_en": "New Year", "first": "2027-01-01", "last": "2027-01-03"}],
    "make_up": [],
}


async def test_the_vectors_of_deadlines_and_lights(house: House) -> None:
    """Every known answer of the shared vectors, through the public interface without a token."""
    if not VECTORS.is_file():
        pytest.skip("no ../shared beside this clone")
    vectors = orjson.loads(VECTORS.read_bytes())
    for vector in vectors["vectors"]:
        asked = {k: v for k, v in vector.items() if k not in ("id", "note", "expected", "error", "warning")}
        answer = await house.client.post("/api/approval/v1/deadlines:calculate", content=orjson.dumps(asked))
        found = answer.json()
        if "error" in vector:
            assert (answer.status_code, found["errors"][0]["code"]) == (422, vector["error"]), vector
        else:
            assert (answer.status_code, found["deadline"]) == (200, vector["expected"]), vector
            assert found["warnings"] == [vector[name] for name in ("warning",) if name in vector], vector
    for vector in vectors["light_vectors"]:
        asked = {k: vector[k] for k in ("start", "promise_n", "legal_n", "as_of", "pauses")}
        answer = await house.client.post("/api/approval/v1/lights:calculate", content=orjson.dumps(asked))
        expected = {**vector["expected"], "light": vector["expected"]["light"].replace("hint", "notice")}
        assert {k: answer.json()[k] for k in expected} == expected, vector


@pytest.mark.parametrize(
    ("body", "code", "pointer"),
    [
        (b"{", "BROKEN_JSON", ""),
        (b'{"kind": "workdays", "n": 5}', "MISSING_FIELD", "/start"),
        (b'{"kind": "weeks", "start": "2026-03-02", "n": 5}', "UNKNOWN_CODE", "/kind"),
        (b'{"kind": "workdays", "start": "2026-03-02", "n": 0}', "INVALID_N", "/n"),
        (b'{"kind": "workdays", "start": "2026-12-10", "n": 20}', "CALENDAR_UNAVAILABLE", ""),
    ],
)
async def test_a_refused_question_says_where(house: House, body: bytes, code: str, pointer: str) -> None:
    """422 with the code first and its place."""
    answer = await house.client.post("/api/approval/v1/deadlines:calculate", content=body)
    assert answer.status_code == 422
    assert (answer.json()["errors"][0]["code"], answer.json()["errors"][0]["pointer"]) == (code, pointer)


async def test_a_provisional_deadline_on_request(house: House) -> None:
    """Past the horizon: no deadline, a provisional date beside it (decision 5)."""
    asked = {"kind": "workdays", "start": "2026-12-10", "n": 20, "allow_provisional": True}
    found = (await house.client.post("/api/approval/v1/deadlines:calculate", content=orjson.dumps(asked))).json()
    assert found["deadline"] is None
    assert found["provisional_deadline"].startswith("2027-01-")


async def test_a_calendar_is_drafted_tried_and_approved_by_another(house: House) -> None:
    """The dry run names the cases that move; approval gives them their due day and tells it."""
    house.set_clock(local("2026-12-11"))
    await house.feed(submitted("2026-12-09"), accepted("2026-12-10"))
    assert (await house.client.get("/api/approval/v1/calendars/2027")).status_code == 404
    path, body = "/api/approval/v1/calendars/2027", orjson.dumps(NEW_YEAR_2027)
    author, other = house.bearer("operator", "ann"), house.bearer("operator", "bob")
    tried = await house.client.put(path, params={"dry_run": "true"}, content=body, headers=author)
    assert tried.status_code == 200, tried.text
    assert (tried.json()["open_cases"], tried.json()["due_moved"]) == (1, 1)
    moves = {move["clock_id"]: move["to"] for move in tried.json()["cases"][0]["due"]}
    assert moves["legal"] == "2027-01-08"
    assert (await house.client.put(path, content=body, headers=author)).status_code == 202
    own = await house.client.post(f"{path}:approve", headers=author)
    assert (own.status_code, own.json()["errors"][0]["code"]) == (409, "SAME_PERSON")
    assert (await house.client.post(f"{path}:approve", headers=other)).status_code == 200
    house.told.clear()
    await house.settle()
    assert {e.type for e in house.told} == {"approval.calendar.published", "approval.case.clock_changed"}
    legal = {clock["clock_id"]: clock for clock in (await house.get(f"/cases/{CASE_NO}"))["clocks"]}["legal"]
    assert legal["due_on"] == "2027-01-08"
    year = (await house.client.get("/api/approval/v1/calendars/2027")).json()
    assert (year["source"], year["rest"][0]["first"]) == (NEW_YEAR_2027["source"], "2027-01-01")


async def test_a_broken_calendar_is_refused(house: House) -> None:
    """A make-up day on a weekday is no make-up day."""
    broken = {**NEW_YEAR_2027, "make_up": [{"name": "元旦", "name_en": "x", "on": "2027-01-04"}]}
    answer = await house.client.put(
        "/api/approval/v1/calendars/2027", content=orjson.dumps(broken), headers=house.bearer("operator")
    )
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "CALENDAR_BROKEN")


async def test_a_feed_names_the_time_zone_of_its_town(house: House) -> None:
    """A registered region decides the legal dates; what events name registers itself and is told."""

    async def put(path: str, body: dict[str, Any]) -> Any:
        return await house.client.put(f"/api/approval/v1{path}", json=body, headers=house.bearer("operator"))

    profile = {"name": "Town", "timezone": "Europe/Amsterdam"}
    assert (await put("/regions/NL-1", profile)).json()["version"] == 1
    assert (await put("/regions/NL-1", profile)).json()["version"] == 1, "the same again is no new version"
    bad = await put("/regions/NL-2", {"name": "x", "timezone": "Mars/Olympus"})
    assert (bad.status_code, bad.json()["errors"][0]["code"]) == (422, "ZONE_UNKNOWN")
    assert (await put("/organisations/T-1", {"name": "Town hall", "region_code": "NL-1"})).status_code == 200
    # 06:30 in Shanghai on 3 March is still 2 March in Amsterdam
    await house.feed(wire("case.accepted", "2026-03-03 06:30", region_code="NL-1", case_kind="committed"))
    assert (await house.get(f"/cases/{CASE_NO}"))["accepted_on"] == "2026-03-02"
    seen = (await house.client.get("/api/approval/v1/organisations/11330106002489701X")).json()
    assert (seen["state"], seen["name"]) == ("seen", "水务局")
    published = {e.subject for e in house.told if not e.type.startswith("approval.case")}
    assert {"region:NL-1", "org:T-1", "org:11330106002489701X"} <= published


async def test_an_items_default_secrecy_travels_with_the_decision(house: House) -> None:
    """A drafted version has no effect before another person approves it; then its flags are the case's."""
    code, body = "000119001000", {"name": "洪水影响评价类审批", "secrecy": {"trade_secret": True}}
    drafted = await house.client.put(
        f"/api/approval/v1/items/{code}", json=body, headers=house.bearer("department", "ann")
    )
    assert (drafted.status_code, drafted.json()["state"]) == (202, "draft")
    assert (await house.client.get(f"/api/approval/v1/items/{code}")).status_code == 404
    answer = await house.client.post(
        f"/api/approval/v1/items/{code}:approve", headers=house.bearer("department", "bob")
    )
    assert answer.status_code == 200, answer.text
    listed = (await house.client.get("/api/approval/v1/items")).json()["items"]
    assert [(item["code"], item["approver"]) for item in listed] == [(code, "bob")]
    done = wire("case.completed", "2026-03-10", result="granted", decision={"no": "1"}, secrecy={"internal": False})
    await house.feed(accepted("2026-03-02"), done)
    secrecy = next(e for e in house.told if e.type == "approval.case.decided").data.secrecy
    assert (secrecy.trade_secret, secrecy.internal) == (True, False)
