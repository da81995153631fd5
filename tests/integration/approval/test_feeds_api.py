"""Halls that speak the Guangdong exchange, their keys, receipts and pauses, on a real PostgreSQL."""

from __future__ import annotations

import csv
import gzip
import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from services.approval.feeds import national, shandong
from services.approval.feeds.national import load_tables
from services.approval.feeds.rows import CHINA
from tests.integration.approval.conftest import NOW, House
from tests.unit.approval.builders import local, submitted
from tests.unit.approval.feed_cases import full_event
from tests.unit.approval.test_xes import LOG

pytestmark = pytest.mark.engines

SAMPLES = json.loads((Path(__file__).parents[2] / "unit" / "approval" / "samples" / "gdbs.json").read_text())
CASE_NO = SAMPLES[0]["sblsh"]
SOURCE = "//hall/330106/gdbs"
GDBS = "/api/approval/v1/feeds/gdbs"


def sample(kind: str, **columns: Any) -> dict[str, Any]:
    """A sample of that kind with other columns; None takes a column out."""
    message = json.loads(json.dumps(next(m for m in SAMPLES if m["sptype"] == kind)))
    body = {**message["spobject"], **columns}
    return {**message, "spobject": {name: value for name, value in body.items() if value is not None}}


async def send(house: House, *messages: Any, **headers: str) -> list[dict[str, Any]]:
    """JSON to the feed; the results."""
    answer = await house.client.post(GDBS, json=list(messages), headers={**house.bearer("hall"), **headers})
    assert answer.status_code == 200, answer.text
    await house.settle()
    return answer.json()["results"]


async def make_key(house: House, **order: Any) -> tuple[str, str]:
    """A key of the sample's source: its text and its id."""
    body = {"source": SOURCE, "name": "窗口系统", **order}
    answer = await house.client.post("/api/approval/v1/keys", json=body, headers=house.bearer("operator"))
    assert answer.status_code == 201, answer.text
    return answer.json()["key"], answer.json()["kid"]


async def test_the_ten_samples_make_one_case(house: House) -> None:
    """Kinds 0 to 9 end as the acts of one delivered case; sent again they are duplicates."""
    results = await send(house, *SAMPLES)
    assert [(r["case_no"], r["status"], r["errors"]) for r in results] == [(CASE_NO, "accepted", [])] * 10
    case = await house.get(f"/cases/{CASE_NO}")
    assert (case["state"], case["result"], case["org_code"]) == ("delivered", "granted", "11330106002489701X")
    assert [r["status"] for r in await send(house, *SAMPLES)] == ["duplicate"] * 10
    stored = b"".join(bytes(row[0]) for row in await house.sql("SELECT raw FROM event"))
    for secret in ("王小明", "李小红", "11010519491231002X", "xiaohong@example.com", "482913", "10000000002", "安和路"):
        assert secret.encode() not in stored, "persons are sealed, and what has no sealed place is not kept"


async def test_a_form_gets_the_plain_1(house: House) -> None:
    """Halls post a form with `spobject` as text and expect `1`; a refusal says why, with a receipt."""
    good = {"sblsh": CASE_NO, "sptype": "0", "spobject": json.dumps(SAMPLES[0]["spobject"])}
    answer = await house.client.post(GDBS, data=good, headers=house.bearer("hall"))
    assert (answer.status_code, answer.text) == (200, "1")
    bad = {**good, "sptype": "4", "spobject": json.dumps(sample("4", BJJGDM="8")["spobject"])}
    refused = await house.client.post(GDBS, data=bad, headers=house.bearer("hall"))
    assert refused.status_code == 422
    first, receipt, why = refused.text.splitlines()
    assert (first, why.split()[:2]) == ("0", ["/spobject/BJJGDM", "UNKNOWN_CODE"])
    number = receipt.removeprefix("receipt ")
    read = await house.client.get(f"/api/approval/v1/receipts/{number}", headers=house.bearer("hall"))
    assert (read.json()["state"], read.json()["errors"][0]["pointer"]) == ("parked", "/spobject/BJJGDM")


async def test_an_unknown_code_is_parked_until_it_is_reported_right(house: House) -> None:
    """The case is unproven while the letter is open; the same bytes get the same receipt; a right message ends it."""
    await send(house, *SAMPLES[:4])
    bad = sample("4", BJJGDM="8", XKYF=None)
    (first,), (again,) = await send(house, bad), await send(house, bad)
    assert (first["status"], first["receipt_no"]) == ("rejected", again["receipt_no"])
    assert (await house.get(f"/cases/{CASE_NO}"))["light"] == "grey"
    (right,) = await send(house, sample("4"))
    assert right["status"] == "accepted"
    settled = await house.client.get(f"/api/approval/v1/receipts/{first['receipt_no']}", headers=house.bearer("hall"))
    assert settled.json()["state"] == "settled"
    assert (await house.get(f"/cases/{CASE_NO}"))["result"] == "granted"


async def test_unreadable_input_is_parked_and_its_neighbours_are_taken(house: House) -> None:
    """Bytes that are no message get their receipt; a neighbour in the same array is taken."""
    body = b'[{"sblsh": "X-1", "sptype": "0", "spobject": "{broken"}, ' + json.dumps(SAMPLES[0]).encode() + b"]"
    answer = await house.client.post(
        GDBS, content=body, headers={**house.bearer("hall"), "content-type": "application/json"}
    )
    first, second = answer.json()["results"]
    assert (first["status"], first["errors"][0]["code"], second["status"]) == ("rejected", "BROKEN_JSON", "accepted")
    assert first["receipt_no"].startswith("gdbs-")


async def test_versions_conflicts_and_gaps_are_flagged(house: House) -> None:
    """A higher version replaces; the same version with other content is kept as a rival; a number left out is told."""
    await send(house, *SAMPLES[:3])
    (rival,) = await send(house, sample("2", GDBLSX=10))
    assert (rival["status"], [w["code"] for w in rival["warnings"]]) == ("accepted", ["VERSION_CONFLICT"])
    issues = (await house.get(f"/cases/{CASE_NO}"))["quality_issues"]
    assert "CONTRADICTION" in {issue["code"] for issue in issues}
    await send(house, sample("2", GDBLSX=15, SJBBH=3))
    case = await house.get(f"/cases/{CASE_NO}")
    gaps = [issue for issue in case["quality_issues"] if issue["code"] == "VERSION_GAP"]
    assert [(gap["pointer"], gap["detail"]) for gap in gaps] == [("/dataversion", "2")]
    assert next(c for c in case["clocks"] if c["kind"] == "legal")["limit"]["value"] == 15
    await send(house, sample("2", GDBLSX=12, SJBBH=2))
    case = await house.get(f"/cases/{CASE_NO}")
    assert not [issue for issue in case["quality_issues"] if issue["code"] == "VERSION_GAP"]
    assert next(c for c in case["clocks"] if c["kind"] == "legal")["limit"]["value"] == 15, (
        "a late lower one is history"
    )


async def test_the_pause_of_a_format_without_notice_stops_the_clock(house: House) -> None:
    """Decision 47: the flavour carries no proof of notice; its profile goes out on the reference topic."""
    await send(house, *[m for m in SAMPLES if m["sptype"] in "025"])
    case = await house.get(f"/cases/{CASE_NO}")
    assert (case["state"], case["light"]) == ("paused", "paused")
    (published,) = [e.data for e in house.told if e.type == "approval.source.published"]
    assert (published.source, published.flavour, published.state) == (SOURCE, "gdbs", "open")
    assert ("hall.special.started", "notice") in {(field.type, field.path) for field in published.cannot_send}


async def test_what_messages_leave_out_is_known_from_the_case(house: House) -> None:
    """Kind 5 names no organisation, a known converter drops the region of kind 6: earlier messages said both."""
    await send(house, *SAMPLES[:3])
    results = await send(house, sample("5"), sample("6", XZQHDM=None))
    assert [r["status"] for r in results] == ["accepted", "accepted"]
    ended = next(e for e in house.forwarded if e.type == "hall.special.ended")
    assert (ended.data.org_code, ended.data.region_code) == ("11330106002489701X", "330106")
    (stranger,) = await send(house, {**sample("5", SBLSH="N-2"), "sblsh": "N-2"})
    assert (stranger["status"], stranger["errors"][0]["pointer"]) == ("rejected", "/spobject/D_ZZJGDM")


async def test_a_refusal_told_twice_is_one_fact(house: House) -> None:
    """Kind 2 state 4 and the kind 4 that repeats it: refused, and nothing ended twice."""
    refused = sample("2", SLZTDM="4", BSLYY="不属于本机关职权范围，请向县水利局申请")
    await send(house, SAMPLES[0], refused, sample("4", BJJGDM="1", XKYF=None, BJSJ="2026-03-03 09:30:00"))
    case = await house.get(f"/cases/{CASE_NO}")
    assert (case["state"], case["result"], case["sequence_violation"]) == ("refused", "not_accepted", False)


async def test_a_key_speaks_for_its_source_and_organisations_only(house: House) -> None:
    """An event that claims another organisation is refused; the source of a key is the one that it was made for."""
    key, _ = await make_key(house, orgs=["11330106002489701X"], regions=["330106"])
    bearer = {"Authorization": f"Bearer {key}"}
    (own,) = await send(house, SAMPLES[0], **bearer)
    other = sample("2", SLBMZZJDDM="11330106000000001A")
    (foreign,) = await send(house, other, **bearer)
    assert (own["status"], foreign["status"]) == ("accepted", "rejected")
    assert {(e["code"], e["pointer"]) for e in foreign["errors"]} >= {("OUT_OF_SCOPE", "/spobject/SLBMZZJDDM")}
    assert foreign["receipt_no"] is None, "nothing is parked that only its sender can mend"
    events = await house.client.post(
        "/api/approval/v1/events", json=submitted("2026-03-02"), headers={"X-API-Key": key}
    )
    assert (events.status_code, events.json()["errors"][0]["pointer"]) == (422, "/source")


async def test_keys_rotate_expire_and_end(house: House) -> None:
    """Two live at a time; a revoked one and an expired one open nothing; the table holds no secret."""
    first, kid = await make_key(house)
    second, _ = await make_key(house)
    third = await house.client.post(
        "/api/approval/v1/keys", json={"source": SOURCE, "name": "三"}, headers=house.bearer("operator")
    )
    assert (third.status_code, third.json()["errors"][0]["code"]) == (409, "TOO_MANY_KEYS")
    stored = str(await house.sql("SELECT * FROM api_key"))
    assert first.split(".")[1] not in stored

    async def status(key: str) -> int:
        return (await house.client.post(GDBS, json=SAMPLES[0], headers={"X-API-Key": key})).status_code

    assert [await status(first), await status(second), await status(first[:-1] + "!")] == [200, 200, 401]
    gone = await house.client.delete(f"/api/approval/v1/keys/{kid}", headers=house.bearer("operator"))
    assert (gone.status_code, await status(first), await status(second)) == (200, 401, 200)
    await house.sql("UPDATE api_key SET expires_at = now() - interval '1 minute'")
    house.app.state.api_keys.forget()
    assert await status(second) == 401
    assert (await house.client.get("/api/approval/v1/keys", headers=house.bearer("hall"))).status_code == 403


async def test_a_paused_source_is_stored_and_processed_on_resume(house: House) -> None:
    """While paused everything is durable and nothing is folded; on resume it is, with its own time of intake."""
    await send(house, SAMPLES[0])
    order = {"source": SOURCE, "reason": "系统升级"}
    operator = house.bearer("operator")
    paused = await house.client.post("/api/approval/v1/sources:pause", json=order, headers=operator)
    assert paused.json() == {"source": SOURCE, "state": "paused"}
    results = await send(house, *SAMPLES[1:4])
    assert {r["status"] for r in results} == {"accepted"}
    assert (await house.get(f"/cases/{CASE_NO}"))["state"] == "received"
    listed = await house.client.get("/api/approval/v1/sources", headers=operator)
    assert [(s["state"], s["waiting"]) for s in listed.json()["items"]] == [("paused", 3)]
    house.set_clock(NOW + timedelta(hours=3))
    resumed = await house.client.post("/api/approval/v1/sources:resume", json=order, headers=operator)
    assert resumed.json()["processed"] == 3
    await house.settle()
    assert (await house.get(f"/cases/{CASE_NO}"))["state"] == "accepted"
    accepted = next(e for e in house.forwarded if e.type == "hall.case.accepted")
    assert accepted.receivedtime == local("2026-03-11 10:24"), "received when it was taken in, not when it was resumed"
    unknown = await house.client.post(
        "/api/approval/v1/sources:pause", json={**order, "source": "//hall/1/x"}, headers=operator
    )
    assert unknown.status_code == 404


async def test_the_shandong_calls_make_a_case(house: House) -> None:
    """Five calls, case by case; code 200 when everything was taken, and the sender is told where it was not."""
    events = [full_event(t) for t in ("hall.application.submitted", "hall.case.accepted", "hall.case.completed")]
    for call, row in shandong.write(events, CHINA):
        answer = await house.client.post(
            f"/api/approval/v1/feeds/shandong/{call}", json=row, headers=house.bearer("hall")
        )
        assert (answer.status_code, answer.json()["code"]) == (200, 200), answer.text
    await house.settle()
    case = await house.get("/cases/C-2026-0001")
    assert (case["state"], case["case_kind"]) == ("completed", "committed")
    assert next(c for c in case["clocks"] if c["kind"] == "promise")["limit"] == {"value": 5, "unit": "calendar_day"}
    bad = {**row, "DONERESULT": "9"}
    refused = await house.client.post(
        "/api/approval/v1/feeds/shandong/receiveDone", json=bad, headers=house.bearer("hall")
    )
    assert (refused.json()["code"], refused.json()["results"][0]["errors"][0]["pointer"]) == (500, "/DONERESULT")


async def test_national_rows_come_as_json_and_as_csv(house: House) -> None:
    """Rows of up_pro_*: the acceptance as JSON, the nodes as CSV; a bad row does not spoil its neighbours."""
    events = [full_event(t) for t in ("hall.application.submitted", "hall.case.accepted", "hall.step.completed")]
    (_, accept), (_, node) = national.write(load_tables(), events, CHINA)
    base = "/api/approval/v1/feeds/national"
    answer = await house.client.post(f"{base}/up_pro_accept", json=[accept], headers=house.bearer("hall"))
    assert [r["status"] for r in answer.json()["results"]] == ["accepted"]
    lines = io.StringIO()
    writer = csv.DictWriter(lines, list(node))
    writer.writeheader()
    writer.writerows([node, {**node, "event_name": "??", "row_guid": "2"}])
    headers = {**house.bearer("hall"), "content-type": "text/csv; charset=utf-8"}
    answer = await house.client.post(f"{base}/up_pro_process", content=lines.getvalue().encode(), headers=headers)
    assert [r["status"] for r in answer.json()["results"]] == ["accepted", "rejected"]
    await house.settle()
    assert {e.type for e in house.forwarded} == {e["type"] for e in events}


async def test_an_event_log_comes_in_by_its_profile(house: House) -> None:
    """XES over HTTP, packed; the town of the profile is known with its time zone, so its days end at its midnight."""
    path = "/api/approval/v1/feeds/xes"
    for packed in (LOG, gzip.compress(LOG)):
        answer = await house.client.post(f"{path}?profile=receipt", content=packed, headers=house.bearer("operator"))
        assert answer.status_code == 202, answer.text
    assert answer.json() == {"accepted": 0, "duplicates": 4, "rejected": []}
    await house.settle()
    assert (await house.get("/cases/case-1"))["state"] == "completed"
    assert (await house.get("/regions/NL-RECEIPT"))["timezone"] == "Europe/Amsterdam"
    unknown = await house.client.post(f"{path}?profile=../x", content=LOG, headers=house.bearer("operator"))
    broken = await house.client.post(f"{path}?profile=receipt", content=LOG[:-20], headers=house.bearer("operator"))
    short = gzip.compress(LOG)[:-30]
    cut = await house.client.post(f"{path}?profile=receipt", content=short, headers=house.bearer("operator"))
    codes = [answer.json()["errors"][0]["code"] for answer in (unknown, broken, cut)]
    assert codes == ["UNKNOWN_PROFILE", "BROKEN_XML", "BROKEN_GZIP"]


async def test_a_letter_of_a_feed_can_be_read_again(house: House) -> None:
    """After a mend the desk of the dead letters reads the message once more; while nothing changed it stays parked."""
    early = {**sample("5", SBLSH="N-3"), "sblsh": "N-3"}
    (parked,) = await send(house, early)
    (letter,) = await house.sql("SELECT id FROM dead_letter WHERE state = 'parked'")
    assert [p.code for p in await house.spine.letters.replay(letter[0], by="op")] == ["MISSING_FIELD"]
    await send(house, {**sample("0", SBLSH="N-3"), "sblsh": "N-3"})
    assert await house.spine.letters.replay(letter[0], by="op") == ()
    await house.settle()
    assert "hall.special.started" in {e.type for e in house.forwarded}
    read = await house.client.get(f"/api/approval/v1/receipts/{parked['receipt_no']}", headers=house.bearer("hall"))
    assert read.json()["state"] == "accepted"
