"""The supervision office over its own interface: due process, rules by two persons, statistics that can be
recounted."""

from __future__ import annotations

from typing import Any
from xml.etree.ElementTree import fromstring

import pytest

from libs.common.kernel.events import reference
from libs.common.kernel.events.codec import new_event
from libs.ops.simulate.items import item_body
from services.monitoring.domain.statistics import CaseRow
from services.monitoring.main import build_parts
from services.monitoring.store import measures as store
from tests.integration.monitoring.conftest import House
from tests.unit.monitoring.makers import COUNTY, at, events_of, plan
from tests.unit.monitoring.story import act

pytestmark = pytest.mark.engines
LATE, DONE = "LL20260302000001", "LL20260302000002"
PAPERS = events_of(plan(case_no=LATE), plan(case_no=DONE, used_days=5), plan(case_no="LL20260302000003", used_days=12))


async def card_of(house: House, rule: str, case_no: str = LATE) -> dict[str, Any]:
    found = await house.ask("GET", "/cards", rule=rule, case_no=case_no)
    assert len(found["items"]) == 1, found
    return dict(found["items"][0])


async def test_a_card_goes_its_way_over_the_interface(house: House) -> None:
    """Reply, keep, appeal, decide, rectify, verify; whoever may not is refused; the history tells all of it."""
    await house.live(PAPERS, at("2026-03-17 00:00"))
    card = await card_of(house, "S02")
    assert (card["state"], card["reply_due_on"]) == ("issued", "2026-03-24")
    path = f"/cards/{card['card_id']}"
    await house.ask("POST", f"{path}:keep", role="department", body={"text": "x"}, status=403)
    await house.ask("POST", f"{path}:verify", body={}, status=409)
    for verb, role, body in (
        ("sign", "department", {}),
        ("reply", "department", {"text": "系统切换"}),
        ("keep", "supervisor", {}),
        ("appeal", "department", {"text": "非本单位原因"}),
        ("decide", "supervisor", {"outcome": "uphold", "text": "理由不成立"}),
        ("rectify", "department", {"text": "已整改"}),
        ("verify", "supervisor", {}),
    ):
        answered = await house.ask("POST", f"{path}:{verb}", role=role, body=body)
        await house.work_off()
    assert answered["state"] == "closed"
    history = (await house.ask("GET", path))["history"]
    acts = [entry["act"] for entry in history]
    assert acts == ["issued", "signed", "replied", "kept", "appealed", "upheld", "rectified", "verified"]


async def test_one_feedback_for_many_cards_and_a_manual_card_of_two_persons(house: House) -> None:
    """Each card has a reply of its own; what nobody's clock sees is written by one and confirmed by another."""
    await house.live(PAPERS, at("2026-03-20 09:00"))
    cards = (await house.ask("GET", "/cards", severity="yellow"))["items"]
    ids = [card["card_id"] for card in cards]
    assert len(ids) >= 2
    body = {"card_ids": [*ids, "no-such-card"], "text": "统一说明", "texts": {ids[0]: "单独说明"}}
    done = await house.ask("POST", "/cards:reply", role="department", body=body)
    assert sorted(done["replied"]) == sorted(ids)
    assert [row["code"] for row in done["rejected"]] == ["CARD_UNKNOWN"]
    assert (await house.ask("GET", f"/cards/{ids[0]}"))["note"] == "单独说明"
    assert (await house.ask("GET", f"/cards/{ids[1]}"))["note"] == "统一说明"
    manual = {"rule_id": "M01", "severity": "yellow", "org_code": "ORG", "org_name": "某局", "region_code": "990101",
              "text": "窗口人员离岗", "basis": "巡查记录"}  # fmt: skip
    written = await house.ask("POST", "/cards", subject="first", body=manual, status=201)
    assert written["state"] == "pending"
    path = f"/cards/{written['card_id']}:confirm"
    await house.ask("POST", path, subject="first", body={}, status=409)
    issued = await house.ask("POST", path, subject="second", body={})
    await house.work_off()
    assert (issued["state"], issued["mode"], issued["reply_due_on"]) == ("issued", "manual", "2026-03-27")
    assert (await house.ask("GET", f"/cards/{written['card_id']}"))["state"] == "issued"


async def test_a_rule_is_drafted_tried_and_approved_by_two_persons(house: House) -> None:
    """Nothing changes before the approval; then the cards are what the trial said."""
    await house.live(PAPERS, at("2026-03-12 09:00"))
    assert (await house.ask("GET", "/cards", rule="S01"))["items"] == []
    draft = {"parameters": {"notice_days": 2}, "effective_from": "2026-01-01"}
    await house.ask("PUT", "/rules/S01", role="supervisor-admin", subject="first", body=draft, status=202)
    days = {"from": "2026-01-01", "to": "2026-12-31", "use_draft": True}
    tried = await house.ask("POST", "/rules/S01:backtest", body=days)
    would = sum(org["would"].get("notice", 0) for org in tried["organisations"])
    assert would == 1
    await house.ask("POST", "/rules/S01:approve", role="supervisor-admin", subject="first", status=409)
    await house.ask("POST", "/rules/S01:approve", role="supervisor-admin", subject="second")
    await house.work_off()
    assert len((await house.ask("GET", "/cards", rule="S01"))["items"]) == would
    shown = await house.ask("GET", "/rules/S01")
    assert [(v["state"], v["author"], v["approver"]) for v in shown["versions"]] == [("approved", "first", "second")]


async def test_a_rule_of_ones_own_says_what_is_wrong_with_it(house: House) -> None:
    """A wrong expression is refused with its place; a right one finds its cases once it is approved."""
    await house.live(PAPERS, at("2026-03-12 09:00"))
    own = {"name": "受理后一周未办结", "family": "TIME", "severities": ["yellow"], "ground": "本办规定",
           "expression": "case.accepted &&", "effective_from": "2026-01-01"}  # fmt: skip
    wrong = await house.ask("PUT", "/rules/X01", role="supervisor-admin", subject="a", body=own, status=422)
    assert wrong["errors"][0]["code"] == "EXPRESSION_SYNTAX"
    own["expression"] = "case.ended && days.used >= 5"
    await house.ask("PUT", "/rules/X01", role="supervisor-admin", subject="a", body=own, status=202)
    await house.ask("POST", "/rules/X01:approve", role="supervisor-admin", subject="b")
    await house.work_off()
    assert [card["case_no"] for card in (await house.ask("GET", "/cards", rule="X01"))["items"]] == [DONE]


async def test_the_catalogue_and_a_bad_month_reach_their_cards(house: House) -> None:
    """An item version that comes after the case is evidence all the same; three night acts are a pattern of the
    month."""
    bodies = [item_body(COUNTY, item) for item in COUNTY.items if item.key == "land"]
    versions = [
        new_event(
            "approval.item.published",
            f"item:{body['item_code']}",
            reference.ItemPublished(item_code=body["item_code"], version=1, name=body["name"], materials=()),
            time=at("2026-03-01 09:00"),
            source="//sunlit/approval",
        )
        for body in bodies
    ]
    law = {"value": 20, "unit": "working_day"}
    night = [act("case.accepted", f"2026-03-0{n} 23:00", subject=f"N{n}", legal_limit=law) for n in (3, 4, 5)]
    await house.live([*PAPERS, *night], at("2026-03-06 09:00"))
    assert (await house.ask("GET", "/cards", rule="S22"))["items"] == []
    await house.live(versions, at("2026-03-06 10:00"))
    assert len((await house.ask("GET", "/cards", rule="S22", case_no=LATE))["items"]) > 0
    patterns = [c for c in (await house.ask("GET", "/cards", rule="S71"))["items"] if c["severity"] == "yellow"]
    assert [(c["case_no"], c["became_true_at"][:10]) for c in patterns] == [(None, "2026-03-05")]


async def test_the_columns_and_the_raw_events_tell_the_same(house: House) -> None:
    """The nightly check: what the worker kept beside each case is what the events say when they are read again."""
    await house.live(PAPERS, at("2026-04-10 09:00"))
    parts = build_parts(house.settings)
    async with house.spine.database.reading() as tx:
        kept = await store.case_rows(tx, at("2026-01-01"), at("2026-12-31"), None)
        again, _ = await store.recount(tx, parts.files, parts.office)
    assert by_number(kept) == by_number(again)
    stats = await house.ask("GET", "/stats", **{"from": "2026-03-01", "to": "2026-03-31", "by": "org"})
    totals = {m["measure"]: (m["numerator"], m.get("denominator"), m["value"]) for m in stats["totals"]}
    # three accepted; one done in time, one late, one open and past its promise
    assert (totals["ST-01"][0], totals["ST-02"][0]) == (3, 2)
    assert totals["ST-05"] == (1, 3, "33.33")
    scores = await house.ask("GET", "/scorecards", period="2026-03")
    (own,) = scores["items"]
    detail = await house.ask("GET", f"/scorecards/{own['org_code']}/2026-03")
    assert detail["total"] == sum(detail["heads"].values()) + sum(detail["bonus"].values())
    cards = {card["card_id"] for card in (await house.ask("GET", "/cards", limit=200))["items"]}
    # a share of incomplete records is no card; everything else names one
    assert {point["event"] for point in detail["points"]} - {"S66"} <= cards


def by_number(rows: list[CaseRow]) -> dict[str, CaseRow]:
    return {row.case_no: row for row in rows}


async def test_a_report_says_for_ever_what_it_said(house: House) -> None:
    """Given once its month had ended; a late report of a decision changes nothing in it and is listed beside it."""
    late = [event for event in PAPERS if event.subject == DONE and event.type == "hall.case.completed"]
    await house.live([event for event in PAPERS if event not in late], at("2026-04-01 09:00"))
    first = await house.ask("GET", "/reports/monthly/2026-03")
    await house.live(late, at("2026-04-02 09:00"))
    again = await house.ask("GET", "/reports/monthly/2026-03.json")
    assert first["sections"] == again["sections"]
    assert first["corrections"] == []
    assert any("办结数" in line for line in again["corrections"])
    word = await house.client.get(
        "/api/supervision/v1/reports/monthly/2026-03.docx", headers=house.bearer("supervisor")
    )
    assert word.content[:2] == b"PK"
    page = await house.client.get(
        "/api/supervision/v1/reports/monthly/2026-03.html",
        headers=house.bearer("supervisor"),
    )
    assert "更正" in page.text
    await house.ask("GET", "/reports/monthly/2027-01", status=422)


async def test_an_order_has_a_number_a_day_and_a_paper(house: House) -> None:
    """Numbers without a gap; replied by the organisation, returned with a new day, closed; each act is a fact."""
    house.set_clock(at("2026-03-02 10:00"))
    body = {"org_code": "11990101XXXX00019H", "org_name": "住建局", "region_code": "990101", "text": "请说明超期原因"}
    first = await house.ask("POST", "/orders", body=body, status=201)
    second = await house.ask("POST", "/orders", body=body, status=201)
    assert [o["order_no"] for o in (first, second)] == ["督办〔2026〕00019H-1号", "督办〔2026〕00019H-2号"]
    assert first["due_on"] == "2026-03-09"
    path = f"/orders/{first['order_no']}"
    await house.ask("POST", f"{path}:close", body={"text": "x"}, status=409)
    await house.ask("POST", f"{path}:reply", role="department", body={"text": "材料复杂"})
    returned = await house.ask("POST", f"{path}:return", body={"text": "请补充依据", "due_on": "2026-03-12"})
    assert (returned["due_on"], returned["first_due_on"]) == ("2026-03-12", "2026-03-09")
    await house.ask("POST", f"{path}:reply", role="department", body={"text": "已补充"})
    closed = await house.ask("POST", f"{path}:close", body={"text": "同意"})
    assert [entry["act"] for entry in closed["entries"]] == ["issued", "replied", "returned", "replied", "closed"]
    told = [row.type for row in await house.sql("SELECT type FROM outbox ORDER BY seq")]
    assert told.count("supervision.order.issued") == 2
    assert told.count("supervision.order.replied") == 2
    letter = await house.client.get(f"/api/supervision/v1{path}/letter.docx", headers=house.bearer("supervisor"))
    assert letter.content[:2] == b"PK"


async def test_a_complaint_is_led_to_its_end(house: House) -> None:
    """Entered, given, sent back, answered; whoever is not satisfied is met before it is closed; the clock is the first
    arrival's, and a second sending back is a card."""
    house.set_clock(at("2026-03-02 10:00"))
    body = {"channel": "hotline", "category": "办事", "title": "办理慢", "text": "超过承诺期限", "org_code": "A",
            "region_code": "990101"}  # fmt: skip
    opened = await house.ask("POST", "/complaints", body=body, status=201)
    path = f"/complaints/{opened['complaint_no']}"
    await house.ask("POST", f"{path}:close", body={}, status=409)
    refusal = {"reason": "非本单位职责"}
    course = (
        (3, "accept", {"to_org_code": "A"}),
        (3, "return", refusal),
        (4, "accept", {"to_org_code": "B"}),
        (4, "return", refusal),
        (5, "accept", {"to_org_code": "A"}),
        (9, "reply", {"reply_text": "已督促办理", "satisfied": False, "stars": 2}),
    )
    for day, verb, said in course:
        house.set_clock(at(f"2026-03-0{day} 1{day}:00"))
        answered = await house.ask("POST", f"{path}:{verb}", body=said)
    assert (answered["state"], answered["returns"], answered["org_code"]) == ("replied", 2, "A")
    assert answered["first_arrived_at"].startswith("2026-03-03T13:00")
    await house.ask("POST", f"{path}:close", body={"reason": "x"}, status=409)
    await house.ask("POST", f"{path}:meet", body={"reason": "当面说明", "satisfied": True, "stars": 4})
    closed = await house.ask("POST", f"{path}:close", body={"reason": "结果已再次公布"})
    assert (closed["state"], closed["satisfied"], closed["stars"]) == ("closed", True, 4)
    await house.work_off()
    cards = (await house.ask("GET", "/cards", rule="S47"))["items"]
    assert [(card["severity"], card["file"]) for card in cards] == [("yellow", f"complaint/{opened['complaint_no']}")]
    assert [c["complaint_no"] for c in (await house.ask("GET", "/complaints"))["items"]] == [opened["complaint_no"]]


async def test_a_slice_goes_out_as_an_event_log(house: House) -> None:
    """The cases of the span and no others, in one well-formed log."""
    await house.live(PAPERS, at("2026-04-01 09:00"))
    who = house.bearer("supervisor")
    for span, count in (("from=2026-03-01&to=2026-03-31", 3), ("from=2026-04-01&to=2026-04-30", 0)):
        log = await house.client.get(f"/api/supervision/v1/exports/log.xes?{span}", headers=who)
        assert len(fromstring(log.text).findall("{http://www.xes-standard.org/}trace")) == count
        ocel = (await house.client.get(f"/api/supervision/v1/exports/log.ocel.json?{span}", headers=who)).json()
        assert len([one for one in ocel["objects"] if one["type"] == "case"]) == count
