"""The faults that converters of other systems are known for (hall-events.md), each shown not to be ours."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from libs.common.kernel.calendar import Calendars
from libs.common.kernel.errors import DataError
from libs.common.kernel.events.quality import SourceProfile
from libs.common.kernel.events.reference import SourcePublished
from libs.common.runtime.calendars import load_calendars
from services.approval.domain.case import CaseView, view_case
from services.approval.feeds import gdbs, national, shandong
from services.approval.feeds.flavours import load_flavours
from services.approval.feeds.messages import NOTHING_KNOWN, Known
from services.approval.feeds.national import load_tables
from services.approval.feeds.rows import CHINA
from services.approval.feeds.shandong.codes import NODE_RESULT, NODE_TYPE
from tests.unit.approval.builders import SHANGHAI, accepted, case_of, wire
from tests.unit.approval.feed_cases import SOURCE, full_event

SAMPLES = json.loads((Path(__file__).parent / "samples" / "gdbs.json").read_text(encoding="utf-8"))
KNOWN = Known(org_code="11330106002489701X", region_code="330106")
RESULTS = {
    "0": "granted",
    "1": "returned",
    "2": "voided",
    "3": "deleted",
    "4": "forwarded",
    "5": "lapsed",
    "6": "completed_plain",
    "7": "denied",
}


def message(kind: str, **columns: Any) -> dict[str, Any]:
    """The sample of a kind with other columns; None takes one out."""
    found = next(m for m in SAMPLES if m["sptype"] == kind)
    body = {**found["spobject"], **columns}
    return {**found, "spobject": {name: value for name, value in body.items() if value is not None}}


def read(kind: str, **columns: Any) -> dict[str, Any]:
    """The (first) event of the sample."""
    return gdbs.read(message(kind, **columns), CHINA, known=KNOWN).events[0]


def refusal(kind: str, **columns: Any) -> set[tuple[str, str]]:
    """Code and place of what is wrong."""
    with pytest.raises(DataError) as caught:
        gdbs.read(message(kind, **columns), CHINA, known=KNOWN)
    return {(problem.code, problem.pointer) for problem in caught.value.problems}


@pytest.mark.parametrize(("code", "result"), RESULTS.items())
def test_every_result_code_keeps_its_meaning(code: str, result: str) -> None:
    """A known converter turns 7 and every unknown code into 6, so that denials vanish; decision 47 is the table."""
    event = read("4", BJJGDM=code, XKYF=None)
    assert (event["data"]["result"], event["data"]["raw"]["codes"]["BJJGDM"]) == (result, code)


@pytest.mark.parametrize("code", ["8", "06", "10", "0,1", "x", "6.", "-1", "4,5,6,7,8"])
def test_an_unknown_result_code_has_no_default(code: str) -> None:
    """Membership is equality: no prefix, no substring, no nearest code."""
    assert refusal("4", BJJGDM=code, XKYF=None) == {("UNKNOWN_CODE", "/spobject/BJJGDM")}


def test_a_denial_behind_the_plain_code_stays_a_denial() -> None:
    """办结 with 不予许可 is a denial with its reason; a grant and a denial in one message contradict each other."""
    event = read("4", BJJGDM="6", XKYF="1", BYXKYY="不符合条件")
    assert (event["data"]["result"], event["data"]["reason"]) == ("denied", "不符合条件")
    assert refusal("4", BJJGDM="0", XKYF="1") == {("CODES_CONTRADICT", "/spobject/XKYF")}
    (again,) = gdbs.write([event], CHINA)
    assert (again["spobject"]["BJJGDM"], again["spobject"]["XKYF"]) == ("6", "1")


def test_the_pause_converter_keeps_class_name_and_approver_apart() -> None:
    """A known converter puts the name into TBCXZL and the phone into TBCXPZR."""
    (written,) = gdbs.write([full_event("hall.special.started", special_kind="expert_review")], CHINA)
    columns = written["spobject"]
    assert (columns["TBCXZL"], columns["TBCXZLMC"], columns["TBCXPZR"]) == ("B", "专家评审", "某name")
    assert refusal("5", TBCXZL="专家评审") == {("UNKNOWN_CODE", "/spobject/TBCXZL")}


def test_the_resume_converter_keeps_the_region() -> None:
    """A known converter drops it: ours writes it, and a message without it gets the case's own, or is refused."""
    (written,) = gdbs.write([full_event("hall.special.ended")], CHINA)
    assert written["spobject"]["XZQHDM"] == "330106"
    assert read("6", XZQHDM=None)["data"]["region_code"] == "330106"
    with pytest.raises(DataError) as caught:
        gdbs.read(message("6", XZQHDM=None), CHINA, known=Known(org_code="1"))
    assert caught.value.problems[0].pointer == "/spobject/XZQHDM"


@pytest.mark.parametrize("kind", [str(n) for n in range(10)])
def test_an_unknown_code_of_any_list_is_refused_where_it_stands(kind: str) -> None:
    """Every coded column of every kind."""
    for column in gdbs.KINDS[kind].columns:
        if column.codes is not None:
            assert ("UNKNOWN_CODE", f"/spobject/{column.name}") in refusal(kind, **{column.name: "Q9"}), column.name


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("听证", "hearing"),
        ("听证会", "hearing"),
        ("招标", "tender"),
        ("拍卖", "auction"),
        ("检验", "inspection"),
        ("检测", "testing"),
        ("检疫", "quarantine"),
        ("鉴定", "appraisal"),
        ("专家评审", "expert_review"),
        ("专家评审（鉴定）", "expert_review"),
        ("公示", "other_local"),
        ("挂起", "other_local"),
        ("延长审批", "other_local"),
        ("不听证", "other_local"),
    ],
)
def test_only_the_eight_names_are_lawful_kinds(name: str, kind: str) -> None:
    """A class B with any other name is a local pause, which stops no legal clock."""
    event = read("5", TBCXZLMC=name)
    assert (event["data"]["special_kind"], event["data"]["extra"]["special_name"]) == (kind, name)
    assert read("5", TBCXZL="A", TBCXZLMC=name)["data"]["special_kind"] == "extension"


@pytest.mark.parametrize(
    ("state", "reason", "refusal"),
    [
        ("2", "依法不需要取得许可", "not_required"),
        ("4", "材料不实", "not_accepted"),
        ("4", "请向县水利局申请", "not_competent"),
    ],
)
def test_a_refusal_is_told_by_state_and_reason(state: str, reason: str, refusal: str) -> None:
    """不受理 and 不予受理; where the province reports on, 2 may stand for either and claims the weaker."""
    event = read("2", SLZTDM=state, BSLYY=reason)
    assert (event["type"], event["data"]["refusal"]) == ("hall.case.refused", refusal)
    reported = gdbs.read(message("2", SLZTDM=state, BSLYY=reason), CHINA, is_provincial=True).events[0]
    assert reported["data"]["refusal"] == ("not_accepted" if state == "2" else refusal)
    assert "party" not in event["data"], "a refusal has no sealed place for persons"


def test_a_supplement_told_by_a_state_is_a_supplement() -> None:
    """Kind 2 state 3, and kind 1 state 3, which tells two things."""
    assert read("2", SLZTDM="3", BSLYY="缺少平面图")["type"] == "hall.supplement.requested"
    taken = gdbs.read(message("1", YSLZTDM="3", BJBZSM="缺少平面图"), CHINA, known=KNOWN).events
    assert [(e["type"], e["data"].get("state"), e["data"].get("reason")) for e in taken] == [
        ("hall.application.prereviewed", "supplement", "无"),
        ("hall.supplement.requested", None, "缺少平面图"),
    ]


def test_a_fee_of_a_special_procedure_is_told() -> None:
    """Kind 6 with an amount is an end and a fee; with none it is an end."""
    taken = gdbs.read(message("6"), CHINA, known=KNOWN).events
    assert [e["type"] for e in taken] == ["hall.special.ended", "hall.fee.charged"]
    assert taken[1]["data"]["amount"] == "300.00"
    assert len(gdbs.read(message("6", TBCXSFJE="0"), CHINA, known=KNOWN).events) == 1


@pytest.mark.parametrize("text", ["2026-02-30 09:00:00", "昨天", "2026/13/01", "20260302"])
def test_a_time_that_is_none_is_refused(text: str) -> None:
    """Nothing is read as some other day; a date without a time of day is midnight, as halls write it."""
    if text == "20260302":
        assert read("4", BJSJ=text)["time"] == "2026-03-02T00:00:00+08:00"
        return
    assert refusal("4", BJSJ=text) == {("BAD_TIME", "/spobject/BJSJ")}


def test_missing_columns_are_taken_and_marked() -> None:
    """A mandatory column that is missing refuses nothing; what the platform needs to know whose it is does."""
    event = read("4", BJJGMS=None, SFJE=None, BJBMMC=None)
    assert event["data"]["extra"]["missing_columns"] == ["BJBMMC", "SFJE"]
    assert refusal("0", D_ZZJGDM=None, SBSJ=None) == {("MISSING_FIELD", "/spobject/SBSJ")}


def test_the_number_outside_and_inside_must_be_one() -> None:
    """Two case numbers in one message."""
    with pytest.raises(DataError) as caught:
        gdbs.read({**message("0"), "sblsh": "ANOTHER"}, CHINA)
    assert [p.code for p in caught.value.problems] == ["NUMBERS_DIFFER"]


@pytest.mark.parametrize("node", NODE_TYPE.meaning)
@pytest.mark.parametrize("result", [*NODE_RESULT.meaning, None])
def test_node_types_and_results_of_shandong(node: str, result: str | None) -> None:
    """The matrix of the exchange: 1 → 4,5,6 · 2 → 0,1,5,6,7 · 3 → 0,1 · 4 → 1,2,3,4."""
    row = proc(NODETYPE=node) | ({"NODERESULT": result} if result is not None else {})
    allowed = (result or "none") in {"1": "456", "2": "01567 none", "3": "01 none", "4": "1234"}[node]
    if allowed:
        assert shandong.read("receiveProc", row, CHINA, NOTHING_KNOWN, SOURCE).events
    else:
        with pytest.raises(DataError) as caught:
            shandong.read("receiveProc", row, CHINA, NOTHING_KNOWN, SOURCE)
        assert caught.value.problems[0].pointer == "/NODERESULT"


def proc(**columns: Any) -> dict[str, Any]:
    """A node of a case in Shandong."""
    return {
        "ORGBUSNO": "B-1",
        "DATAVER": "1",
        "SN": "1",
        "ITEMCODE": "I-1",
        "ORGCODE": "O-1",
        "REGIONCODE": "370100",
        "NODENAME": "审核",
        "OCCURTIME": "2026-03-02 09:00:00",
        "MAKETIME": "2026-03-02 09:01:00",
        **columns,
    }


def test_shandong_suspends_without_a_base_in_law() -> None:
    """挂起, 公示 and 核实 stop no legal clock: they come out as local pauses."""
    event = shandong.read("receiveProc", proc(NODETYPE="2", NODERESULT="6"), CHINA, NOTHING_KNOWN, SOURCE).events[0]
    assert (event["type"], event["data"]["special_kind"]) == ("hall.special.started", "other_local")
    for code, kind in (("2", "hearing"), ("3", "other_local"), ("4", "other_local"), ("5", "other_local")):
        row = {**proc(), "SPECIALNODETYPE": "0", "SPECIALTYPE": "2", "SPECIALRESULT": code}
        started = shandong.read("receiveSpecialnode", row, CHINA, NOTHING_KNOWN, SOURCE).events[0]
        assert started["data"]["special_kind"] == kind
        assert "notice" not in started["data"]


def test_shandong_keeps_both_times() -> None:
    """OCCURTIME is when it happened, MAKETIME when the row was made: without both late reports cannot be judged."""
    event = shandong.read("receiveProc", proc(NODETYPE="2", NODERESULT="1"), CHINA, NOTHING_KNOWN, SOURCE).events[0]
    assert (event["time"], event["recordedtime"]) == ("2026-03-02T09:00:00+08:00", "2026-03-02T09:01:00+08:00")


def test_the_limits_of_shandong_come_with_the_application() -> None:
    """The acceptance freezes what the application said; a promised date alone is a claim."""
    basic = {**proc(), "TIMELIMIT": "20", "TIMEUNIT": "1", "PROMISETIMELIMIT": "7", "PROMISETIMEUNIT": "1"}
    first = shandong.read("receiveBasicInfo", basic, CHINA, NOTHING_KNOWN, SOURCE).events[0]
    start = proc(NODETYPE="1", NODERESULT="4", PROMISEDATE="2026-03-11")
    known = NOTHING_KNOWN.after(first)
    second = shandong.read("receiveProc", start, CHINA, known, SOURCE).events[0]
    assert second["data"]["legal_limit"] == {"value": 20, "unit": "working_day"}
    assert second["data"]["promise_limit"] == {"value": 7, "unit": "working_day"}
    alone = shandong.read("receiveProc", start, CHINA, NOTHING_KNOWN, SOURCE).events[0]
    assert alone["data"]["promise_limit"] == {"due_on": "2026-03-11", "claimed": True}


def test_every_code_of_the_national_library_is_known_or_refused() -> None:
    """Its two lists that nobody has published are data; a code that is not in them is refused."""
    converter = national.national()
    tables = load_tables()
    for table, row in national.write(tables, [full_event("hall.case.completed")], CHINA):
        for code in next(c for c in tables[table] if c.name == "result_type").codes.meaning:  # type: ignore[union-attr]
            read = converter.message(json.dumps({**row, "result_type": code}).encode(), table)
            assert converter.read(read, NOTHING_KNOWN, SOURCE).events
        bad = converter.message(json.dumps({**row, "result_type": "77"}).encode(), table)
        with pytest.raises(DataError) as caught:
            converter.read(bad, NOTHING_KNOWN, SOURCE)
        assert caught.value.problems[0].pointer == "/result_type"


def test_a_deleted_row_of_the_national_library_voids_its_acts() -> None:
    """cd_operation D takes back what the row told."""
    ((table, row),) = national.write(load_tables(), [full_event("hall.case.completed")], CHINA)
    converter = national.national()
    gone = converter.message(json.dumps({**row, "cd_operation": "D"}).encode(), table)
    (event,) = converter.read(gone, NOTHING_KNOWN, SOURCE).events
    assert (event["type"], event["data"]["voids"]) == (
        "hall.record.voided",
        {"type": "hall.case.completed", "seqno": 1},
    )


def view(limit: dict[str, Any] | None, profiles: dict[str, SourceProfile]) -> CaseView:
    """A case with a hearing that nobody was told of in writing."""
    calendars: Calendars = load_calendars()
    pause = wire("special.started", "2026-03-04", special_kind="hearing", reason="听证", limit=limit)
    found = view_case(case_of(accepted("2026-03-02"), pause), calendars.of("330106"), SHANGHAI, profiles)
    assert found is not None
    return found


def test_a_format_without_proof_of_notice_is_not_blamed() -> None:
    """Decision 47: the pause stops the clock; a pause of 0 days would stop it for ever and stops nothing."""
    flavour = load_flavours()["gdbs"]
    published = SourcePublished(source="x", flavour="gdbs", cannot_send=flavour.cannot_send)
    profiles = {"//hall/330106/window": SourceProfile.of(published)}
    limit = {"value": 10, "unit": "working_day"}
    assert view(limit, profiles).state == "paused"
    assert view(limit, {}).state == "accepted"
    assert view({**limit, "value": 0}, profiles).state == "accepted"
    blamed = {issue.code for issue in view(limit, profiles).issues}
    assert "PAUSE_NOT_LAWFUL" not in blamed
    assert "PAUSE_NOT_LAWFUL" in {issue.code for issue in view(limit, {}).issues}
