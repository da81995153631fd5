"""Cases over HTTP: one case, its clocks with the trace, lists with filters and cursors, cards, the look-up."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from libs.common.kernel.events import codec
from libs.common.kernel.events.supervision import CardIssued, CardRevoked
from tests.integration.approval.conftest import House
from tests.unit.approval.builders import (
    CASE_NO,
    accepted,
    completed,
    local,
    special,
    special_ended,
    submitted,
    wire,
)

pytestmark = pytest.mark.engines

MOCK = (
    submitted("2026-02-03 15:18", query_code="482913", project_name="安和大桥改建工程"),
    accepted("2026-02-05 10:42"),
    special("2026-03-02 09:05"),
    special_ended("2026-03-06 16:20"),
)


def numbered(case_no: str, *events: dict[str, Any], **changes: Any) -> list[dict[str, Any]]:
    """The same acts under another number."""
    return [
        {**e, "subject": case_no, "id": f"{case_no}/{e['id']}", "data": {**e["data"], **changes, "case_no": case_no}}
        for e in events
    ]


async def test_a_case_as_it_stands(house: House) -> None:
    """State, light, clocks with used and remaining, timeline in words, defects of the record."""
    await house.feed(*MOCK)
    case = await house.get(f"/cases/{CASE_NO}")
    assert (case["state"], case["light"], case["result"], case["accepted_on"]) == (
        "accepted",
        "yellow",
        None,
        "2026-02-05",
    )
    clocks = {clock["clock_id"]: clock for clock in case["clocks"]}
    assert (clocks["promise"]["due_on"], clocks["promise"]["remaining"], clocks["promise"]["over"]) == (
        "2026-03-10",
        -1,
        1,
    )
    assert (clocks["legal"]["due_on"], clocks["legal"]["used"], clocks["legal"]["remaining"]) == ("2026-03-18", 15, 5)
    assert clocks["legal"]["pauses"] == [{"start_on": "2026-03-02", "end_on": "2026-03-06", "kind": "expert_review"}]
    assert [line["text"] for line in case["timeline"]] == [
        "申请（网上）",
        "受理，文书 临水受〔2026〕31号",
        "专家评审开始，告知书 临水告〔2026〕17号",
        "特别程序结束",
    ]
    assert [issue["pointer"] for issue in case["quality_issues"]] == ["/data/party"]
    assert case["sequence_violation"] is False
    english = await house.client.get(
        f"/api/approval/v1/cases/{CASE_NO}", headers={**house.bearer("clerk"), "accept-language": "en"}
    )
    assert english.json()["timeline"][0]["text"] == "Application submitted (online)"


async def test_the_trace_can_be_counted_again(house: House) -> None:
    """Each day says why it counts or not; the numbers run to the limit and go on with the days over."""
    await house.feed(*MOCK)
    found = await house.get(f"/cases/{CASE_NO}/clocks")
    clocks = {clock["clock_id"]: clock for clock in found["clocks"]}
    legal, promise = clocks["legal"], clocks["promise"]
    assert (legal["start"], legal["due_on"], legal["provisional"]) == ("2026-02-05", "2026-03-18", None)
    assert [day["n"] for day in legal["days"] if day["counted"]] == list(range(1, 21))
    assert legal["days"][0] == {
        "date": "2026-02-05",
        "counted": False,
        "n": None,
        "kind": "start",
        "why": "起算之日，不计入（民法典第二百零一条，C2）",
    }
    assert promise["days"][-1]["date"] == "2026-03-11"
    assert (promise["days"][-1]["kind"], promise["days"][-1]["n"]) == ("over", 1)


async def test_lists_by_what_is_due_first(house: House) -> None:
    """Filters by state, light, organisation, item and words; a signed cursor turns the page."""
    await house.feed(*MOCK)
    for n in range(7):
        await house.feed(*numbered(f"K-{n}", submitted(f"2026-03-0{n + 2}"), org_code=f"ORG{n % 2}"))
    page = await house.get("/cases", limit=3)
    numbers = [row["case_no"] for row in page["items"]]
    while page["next_cursor"]:
        page = await house.get("/cases", limit=3, cursor=page["next_cursor"])
        numbers += [row["case_no"] for row in page["items"]]
    assert numbers[0] == "K-0", "received on 2 March, due on 9 March: the first"
    assert sorted(numbers) == sorted([CASE_NO, *(f"K-{n}" for n in range(7))])
    assert {r["case_no"] for r in (await house.get("/cases", light="yellow"))["items"]} == {CASE_NO}
    assert {r["case_no"] for r in (await house.get("/cases", light="red"))["items"]} == {"K-0", "K-1"}
    assert len((await house.get("/cases", state="received", org="ORG1"))["items"]) == 3
    assert {r["case_no"] for r in (await house.get("/cases", q="安和大桥"))["items"]} == {CASE_NO}
    assert (await house.get("/cases", q="%"))["items"] == []
    forged = await house.client.get("/api/approval/v1/cases?cursor=AAAA", headers=house.bearer("clerk"))
    assert (forged.status_code, forged.json()["errors"][0]["code"]) == (422, "BAD_CURSOR")


async def test_a_reader_sees_only_the_own_scope(house: House) -> None:
    """Cases of other organisations are neither listed nor found."""
    await house.feed(*MOCK)
    headers = house.bearer("department", orgs=("OTHER",))
    listed = await house.client.get("/api/approval/v1/cases", headers=headers)
    assert listed.json()["items"] == []
    assert (await house.client.get(f"/api/approval/v1/cases/{CASE_NO}", headers=headers)).status_code == 404
    assert (await house.client.get(f"/api/approval/v1/cases/{CASE_NO}")).status_code == 401


async def test_lights_turn_without_anything_happening(house: House) -> None:
    """Only the clock moves: notice, yellow and red come by themselves and no fact is told (decision 30)."""
    house.set_clock(local("2026-03-02 08:00"))
    await house.feed(submitted("2026-03-02 07:00"), accepted("2026-03-02 07:30", legal=10, promise=5))
    told, lights = len(house.told), []
    for at in ("2026-03-05", "2026-03-06", "2026-03-10", "2026-03-16 23:59", "2026-03-17 00:00"):
        house.set_clock(local(at))
        row = (await house.get("/cases"))["items"][0]
        assert row["light"] == (await house.get(f"/cases/{CASE_NO}"))["light"]
        lights.append(row["light"])
    assert lights == ["green", "notice", "yellow", "yellow", "red"]
    await house.settle()
    assert len(house.told) == told


async def test_cards_of_supervision_stand_with_their_case(house: House) -> None:
    """Live cards are shown; a revoked one is gone, whatever the order in which its acts arrive."""
    await house.feed(*MOCK)

    def card(number: str, body: type[Any], state: str, at: str) -> bytes:
        data = body(
            card_id=number,
            rule_id="S02",
            severity="yellow",
            mode="auto",
            case_no=CASE_NO,
            org_code="X",
            ground="优化营商环境条例 36",
            became_true_at=local("2026-03-11"),
            state=state,
        )
        kind = f"supervision.card.{'issued' if state == 'issued' else state}"
        event = codec.new_event(
            kind, CASE_NO, data, time=local(at), source="//sunlit/monitoring", id=f"{number}{state}"
        )
        return codec.encode(event)

    await house.consume("supervision.findings.v1", card("c1", CardIssued, "issued", "2026-03-11"))
    await house.consume("supervision.findings.v1", card("c2", CardRevoked, "revoked", "2026-03-12"))
    await house.consume("supervision.findings.v1", card("c2", CardIssued, "issued", "2026-03-11"))
    cards = (await house.get(f"/cases/{CASE_NO}"))["cards"]
    assert [(c["card_id"], c["rule_id"], c["state"]) for c in cards] == [("c1", "S02", "issued")]


async def test_the_applicants_look_up(house: House) -> None:
    """By query code or by the end of the ID; no name, no note of a clerk; wrong codes are all the same, and limited."""
    person = {"type": "natural_person", "name": "王小明", "id_type": "resident_id", "id_no": "11010519491231002X"}
    first = submitted("2026-02-03 15:18", query_code="482913", party=person)
    step = wire(
        "step.completed", "2026-02-06", step_code="review", step_name="审核", outcome="agreed", opinion="内部意见",
        handler={"no": "7", "name": "陈立言"},
    )  # fmt: skip
    await house.feed(first, accepted("2026-02-05 10:42"), step)

    async def look(code: str, number: str = CASE_NO) -> Any:
        return await house.client.get("/api/approval/v1/progress", params={"case_no": number, "code": code})

    for code in ("482913", "002x", "002X"):
        answer = await look(code)
        assert answer.status_code == 200, answer.text
        assert answer.json()["state"] == "accepted"
        for secret in ("王小明", "陈立言", "内部意见", "11010519491231002X"):
            assert secret not in answer.text
    assert (await look("0000")).json()["errors"][0]["code"] == "CASE_OR_CODE_WRONG"
    assert (await look("482913", "NO-SUCH")).json() == (await look("9999")).json()
    for _ in range(10):
        await look("1111")
    assert (await look("482913")).status_code == 429


async def test_penalties_are_told_and_are_no_cases(house: House) -> None:
    """A penalty is decided, changed and revoked; lists of cases do not hold it."""
    person = {"type": "natural_person", "name": "李四", "id_type": "resident_id", "id_no": "11010519491231002X"}
    common = {"case_no": "CF-1", "item_code": "990200000001"}
    decided = wire(
        "penalty.decided", "2026-03-02", **common, decision={"no": "临罚决〔2026〕1号", "decided_on": "2026-03-02"},
        party=person, violation="未经许可占道", facts="经查", basis="条例 5", kinds=["fine"], content="罚款 500 元",
        fine="500", valid_until="2027-03-02", gravity="minor", source_org={"name": "x", "code": "y"},
    )  # fmt: skip
    await house.feed(decided)
    await house.feed(
        wire("penalty.revoked", "2026-03-05", **common, decision_no="临罚决〔2026〕1号", reason="复议撤销")
    )
    assert house.types() == ["approval.penalty.decided", "approval.penalty.revoked"]
    public = house.told[-1].data.party_public
    assert (public.display_name, public.code) == ("李*", None)
    assert (await house.get("/cases"))["items"] == []
    assert (await house.client.get("/api/approval/v1/cases/CF-1", headers=house.bearer("clerk"))).status_code == 404


async def test_a_voided_decision_is_taken_back(house: House) -> None:
    """Readers are told again, with the result voided, so that nothing stays published."""
    await house.feed(submitted("2026-02-27"), accepted("2026-03-02"), completed("2026-03-05"))
    await house.feed(
        wire("record.voided", "2026-03-06", voids={"type": "hall.case.completed", "seqno": 1}, reason="误报")
    )
    decided = [e for e in house.told if e.type == "approval.case.decided"]
    assert [(e.data.result, e.dataversion) for e in decided] == [("granted", 1), ("voided", 2)]
    assert (await house.get(f"/cases/{CASE_NO}"))["state"] == "accepted"


async def test_the_archive_holds_what_is_no_case_too(house: House) -> None:
    """Heartbeats are archived as they came and change no case."""
    beat = wire("source.heartbeat", "2026-03-11 10:00", complete_up_to=local("2026-03-11 10:00").isoformat())
    source = beat["source"]
    beat["subject"], beat["data"] = source, {"complete_up_to": beat["data"]["complete_up_to"]}
    await house.feed(beat)
    rows = await house.sql("SELECT type, subject, raw FROM event")
    assert [(row[0], row[1]) for row in rows] == [("hall.source.heartbeat", source)]
    assert orjson.loads(bytes(rows[0][2]))["receivedtime"] == "2026-03-11T10:24:00+08:00"
    assert (await house.get("/cases"))["items"] == []
