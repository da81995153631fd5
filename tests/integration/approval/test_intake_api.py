"""`POST /events` on a real PostgreSQL: what is taken, what is refused and why, what travels on."""

from __future__ import annotations

import orjson
import pytest

from tests.integration.approval.conftest import House
from tests.unit.approval.builders import CASE_NO, accepted, completed, local, submitted, wire

pytestmark = pytest.mark.engines

PERSON = {
    "type": "natural_person",
    "name": "王小明",
    "id_type": "resident_id",
    "id_no": "11010519491231002x",
    "contact_mobile": "13800001234",
    "address": "临澜市安和路 8 号",
}
COMPANY = {"type": "enterprise", "name": "临澜市安和桥梁有限公司", "id_type": "uscc", "id_no": "91350100M000100Y43"}


async def test_a_mixed_batch_is_taken_as_far_as_it_is_good(house: House) -> None:
    """Good rows are taken, bad ones come back with index, id and located errors in the reader's language."""
    bad = wire("case.accepted", "2026-03-02", event_id="bad-1", case_kind="slow")
    unknown = wire("case.exploded", "2026-03-02", event_id="bad-2")
    answer = await house.post(submitted("2026-03-02"), bad, unknown)
    assert answer.status_code == 202
    body = answer.json()
    assert (body["accepted"], body["duplicates"]) == (1, 0)
    assert [(r["index"], r["id"], r["errors"][0]["code"], r["errors"][0]["pointer"]) for r in body["rejected"]] == [
        (1, "bad-1", "UNKNOWN_CODE", "/data/case_kind"),
        (2, "bad-2", "UNKNOWN_TYPE", "/type"),
    ]


async def test_sending_again_changes_nothing(house: House) -> None:
    """The same events again are duplicates; one id with other content is refused as ID_REUSED."""
    await house.feed(submitted("2026-03-02"), accepted("2026-03-03"))
    again = await house.post(submitted("2026-03-02"), accepted("2026-03-03"))
    assert again.json() == {"accepted": 0, "duplicates": 2, "rejected": []}
    other = {**submitted("2026-03-02"), "time": local("2026-03-02 11:00").isoformat()}
    answer = await house.post(other)
    assert answer.status_code == 202
    assert answer.json()["rejected"][0]["errors"][0]["code"] == "ID_REUSED"
    assert len(house.forwarded) == 2


async def test_one_bad_event_alone_is_422_and_a_reused_id_409(house: House) -> None:
    """Structured mode: the refusal is the answer itself."""
    headers = {**house.bearer("hall"), "content-type": "application/cloudevents+json"}
    late = submitted("2026-03-11 10:30")
    answer = await house.client.post("/api/approval/v1/events", content=orjson.dumps(late), headers=headers)
    assert answer.status_code == 422
    assert answer.json()["errors"][0] == {
        "pointer": "/time",
        "code": "TIME_IN_FUTURE",
        "message": "time 比平台时间 2026-03-11T10:24:00+08:00 晚 5 分钟以上；请校准时钟后重报",
    }
    assert answer.headers["content-type"] == "application/problem+json"
    good = submitted("2026-03-11 10:28")
    taken = await house.client.post("/api/approval/v1/events", content=orjson.dumps(good), headers=headers)
    assert (taken.status_code, taken.json()["accepted"]) == (202, 1)
    reused = {**good, "data": {**good["data"], "item_name": "另一事项"}}
    conflict = await house.client.post("/api/approval/v1/events", content=orjson.dumps(reused), headers=headers)
    assert (conflict.status_code, conflict.json()["errors"][0]["code"]) == (409, "ID_REUSED")


async def test_binary_mode(house: House) -> None:
    """Attributes in `ce-*` headers, the body alone in the content."""
    event = submitted("2026-03-02")
    names = ("specversion", "id", "source", "type", "subject", "time", "regioncode", "orgcode")
    headers = {f"ce-{name}": event[name] for name in names} | {"content-type": "application/json"}
    answer = await house.client.post(
        "/api/approval/v1/events", content=orjson.dumps(event["data"]), headers={**headers, **house.bearer("hall")}
    )
    assert (answer.status_code, answer.json()["accepted"]) == (202, 1)
    await house.settle()
    assert (await house.get(f"/cases/{CASE_NO}"))["state"] == "received"


async def test_a_dry_run_keeps_nothing(house: House) -> None:
    """It judges like the real thing; afterwards the same batch is still new."""
    dry = await house.post(submitted("2026-03-02", party=PERSON), submitted("2026-03-11 12:00"), dry_run="true")
    assert (dry.status_code, dry.json()["accepted"], len(dry.json()["rejected"])) == (202, 1, 1)
    for table in ("receipt", "outbox", "case_owner", "case_key"):
        assert await house.sql(f"SELECT * FROM {table}") == []
    real = await house.post(submitted("2026-03-02", party=PERSON))
    assert real.json() == {"accepted": 1, "duplicates": 0, "rejected": []}


async def test_persons_are_sealed_and_organisations_named(house: House) -> None:
    """On `hall.events.v1` nothing of a natural person is readable; `receivedtime` is stamped by us alone."""
    event = submitted("2026-03-02", party={**PERSON, "email": "a@b.example"}, query_code="482913", custom={"k": 1})
    await house.feed({**event, "receivedtime": "1999-01-01T00:00:00+08:00"})
    await house.feed(submitted("2026-03-02", party=COMPANY) | {"subject": "B-1", "id": "b"} | _numbered("B-1", COMPANY))
    person, company = (event.data.party for event in house.forwarded)
    assert (person.name, person.code, person.type) == (None, None, "natural_person")
    assert (company.name, company.code) == (COMPANY["name"], COMPANY["id_no"])
    assert house.forwarded[0].receivedtime == local("2026-03-11 10:24")
    stored = [bytes(row[0]) for row in await house.sql("SELECT raw FROM event WHERE subject = :no", no=CASE_NO)]
    for secret in ("王小明", "11010519491231002", "13800001234", "安和路", "482913", "a@b.example"):
        assert secret.encode() not in stored[0]
    assert orjson.loads(stored[0])["data"]["custom"] == {"k": 1}, "unknown fields live on"


def _numbered(case_no: str, party: dict[str, str]) -> dict[str, object]:
    body = submitted("2026-03-02", party=party)["data"]
    return {"data": {**body, "case_no": case_no}}


async def test_a_number_belongs_to_the_source_that_first_used_it(house: House) -> None:
    """Another source is refused until a transfer names its organisation (decision 10)."""
    other = {"source": "//hall/330106/planning", "org": "11330106000000001A"}
    await house.feed(submitted("2026-03-02"), accepted("2026-03-03"))
    refused = await house.post(wire("step.completed", "2026-03-04", **other))
    assert refused.json()["rejected"][0]["errors"][0]["code"] == "CASE_OF_ANOTHER_SOURCE"
    await house.feed(
        wire("case.transferred", "2026-03-05", to_org_code=other["org"], reason="职权调整"),
        wire("case.accepted", "2026-03-06", legal_limit={"value": 10, "unit": "working_day"}, **other),
    )
    assert (await house.get(f"/cases/{CASE_NO}"))["org_code"] == other["org"]


async def test_a_key_speaks_only_for_its_own(house: House) -> None:
    """A hall's key is bound to its organisations; without a key nothing is taken."""
    headers = {**house.bearer("hall", orgs=("999",)), "content-type": "application/cloudevents+json"}
    answer = await house.client.post(
        "/api/approval/v1/events", content=orjson.dumps(submitted("2026-03-02")), headers=headers
    )
    assert answer.status_code == 422
    assert {error["code"] for error in answer.json()["errors"]} == {"OUT_OF_SCOPE"}
    assert (await house.client.post("/api/approval/v1/events", content=b"{}")).status_code == 401
    supervisor = await house.post(submitted("2026-03-02"), role="supervisor")
    assert supervisor.status_code == 403


async def test_the_intake_stops_when_the_outbox_is_full(house: House) -> None:
    """503 with a hint when to come back, and nothing was taken."""
    await house.sql(
        "INSERT INTO outbox (id, topic, key, type, payload)"
        " SELECT 'x' || n, 't', 'k', 'y', '' FROM generate_series(1, :n) AS n",
        n=house.settings.outbox_cap_rows,
    )
    answer = await house.post(submitted("2026-03-02"))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert await house.sql("SELECT * FROM receipt") == []


async def test_more_than_ten_thousand_events_are_too_many(house: House) -> None:
    """The batch is refused as a whole with 413."""
    body = b"[" + b",".join([b"{}"] * 10_001) + b"]"
    headers = {**house.bearer("hall"), "content-type": "application/cloudevents-batch+json"}
    answer = await house.client.post("/api/approval/v1/events", content=body, headers=headers)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (413, "BATCH_TOO_LARGE")


async def test_what_a_hall_writes_to_its_own_topic_is_forwarded(house: House) -> None:
    """The ingest topic: checked, sealed, stamped; a foreign source is parked, a repetition is dropped."""
    topic = "hall.ingest.330106.window.v1"
    good = orjson.dumps(submitted("2026-03-02", party=PERSON))
    await house.consume(topic, good, good)
    foreign = orjson.dumps(submitted("2026-03-02") | {"source": "//hall/330106/planning", "id": "f"})
    await house.consume(topic, foreign, b"not json")
    await house.settle()
    assert [event.data.party.name for event in house.forwarded] == [None]
    codes = await house.sql("SELECT code, key FROM dead_letter ORDER BY id")
    assert [tuple(row) for row in codes] == [("SOURCE_OF_ANOTHER_TOPIC", CASE_NO), ("BROKEN_JSON", None)]
    assert (await house.get(f"/cases/{CASE_NO}"))["light"] == "grey", "a parked letter leaves the case unproven"


async def test_the_whole_way_of_a_case(house: House) -> None:
    """From filing to decision the facts are told once each, in order."""
    await house.feed(submitted("2026-02-27", party=COMPANY), accepted("2026-03-02"))
    await house.feed(completed("2026-03-10 16:00"))
    await house.feed(wire("result.collected", "2026-03-11", way="window", served_at=local("2026-03-11").isoformat()))
    assert house.types() == [
        "approval.case.opened",
        "approval.case.accepted",
        "approval.case.clock_changed",
        "approval.case.decided",
        "approval.case.clock_changed",
        "approval.case.delivered",
        "approval.case.closed",
    ]
    decided = next(e for e in house.told if e.type == "approval.case.decided").data
    assert (decided.party_public.display_name, decided.party_public.code) == (COMPANY["name"], COMPANY["id_no"])
    assert decided.item_name == "洪水影响评价类审批"


async def test_a_persons_decision_shows_the_masked_name_only(house: House) -> None:
    """Decision 26: `party_public` of a natural person is the masked name, no code."""
    await house.feed(submitted("2026-02-27", party=PERSON), accepted("2026-03-02"), completed("2026-03-10 16:00"))
    decided = next(e for e in house.told if e.type == "approval.case.decided").data
    assert (decided.party_public.display_name, decided.party_public.code) == ("王**", None)
    assert "王小明" not in str(orjson.dumps(str(house.told)))
