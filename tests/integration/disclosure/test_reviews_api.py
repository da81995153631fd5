"""The review desk and the acts on records over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.disclosure.conftest import House
from tests.unit.disclosure.makers import NOW, penalty, permit

pytestmark = pytest.mark.engines
API = "/api/disclosure/v1"
FLAGS = {"trade_secret": True}


async def held(house: House) -> dict[str, Any]:
    await house.take(permit(secrecy=FLAGS))
    answer = await house.client.get(f"{API}/reviews", headers=house.bearer("reviewer"))
    (item,) = answer.json()["items"]
    return item


async def act(house: House, review: dict[str, Any], verb: str, who: str, **body: Any) -> Any:
    path = f"{API}/reviews/{review['review_id']}:{verb}"
    return await house.client.post(path, json={"reason": "经审查", **body}, headers=house.bearer("reviewer", who))


async def test_a_held_record_shows_original_and_public_copy_to_reviewers_only(house: House) -> None:
    """The desk has the reason, the ground and the day; the public has nothing."""
    review = await held(house)
    assert (review["state"], review["ground"]) == ("open", "政府信息公开条例第十五条")
    assert review["due_on"] == "2026-05-27"
    assert review["original"]["party_name"] == "临澜市澜东区云汀宾馆"
    assert (await house.get("/records"))["items"] == []
    assert (await house.client.get(f"{API}/reviews")).status_code == 401
    assert (await house.client.get(f"{API}/reviews", headers=house.bearer("clerk"))).status_code == 403
    assert house.told() == ["held"]


async def test_release_takes_two_different_persons(house: House) -> None:
    """The second signature publishes, the first one alone and twice does not."""
    review = await held(house)
    assert (await act(house, review, "approve", "甲")).json()["state"] == "seconding"
    again = await act(house, review, "approve", "甲")
    assert again.status_code == 409
    assert again.json()["errors"][0]["code"] == "SECOND_PERSON_NEEDED"
    assert (await house.get("/records"))["items"] == []
    assert (await act(house, review, "approve", "乙")).json()["state"] == "approved"
    (item,) = (await house.get("/records"))["items"]
    assert item["status"] == "published"
    await house.work_off()
    assert house.told() == ["held", "held", "published"]
    assert house.seen[-1].data.review.persons == ("甲", "乙")
    assert house.seen[-1].data.review.by_rule_version is None


async def test_a_redacted_copy_goes_out_as_redacted(house: House) -> None:
    """What the reviewer took away is nowhere in public."""
    review = await held(house)
    await act(house, review, "redact", "甲", fields={"content": "准予经营", "party_code": None})
    await act(house, review, "approve", "乙")
    (item,) = (await house.get("/records"))["items"]
    assert item["content"] == "准予经营"
    assert "party_code" not in item


async def test_a_withheld_record_is_told_and_closed(house: House) -> None:
    """One person may withhold; the desk shows it as settled."""
    review = await held(house)
    assert (await act(house, review, "withhold", "甲")).json()["state"] == "withheld"
    assert house.told()[-1:] == ["held"]
    await house.relay()
    assert house.told() == ["held", "withheld"]
    answer = await house.client.get(f"{API}/reviews", params={"state": "withheld"}, headers=house.bearer("auditor"))
    assert len(answer.json()["items"]) == 1
    assert (await act(house, review, "approve", "乙")).status_code == 409


async def test_a_reviewer_of_another_organisation_sees_and_does_nothing(house: House) -> None:
    """Scope by organisation hides what is not theirs."""
    review = await held(house)
    foreign = house.bearer("reviewer", "丙", orgs=("OTHER",))
    assert (await house.client.get(f"{API}/reviews", headers=foreign)).json()["items"] == []
    path = f"{API}/reviews/{review['review_id']}:approve"
    assert (await house.client.post(path, json={"reason": "x"}, headers=foreign)).status_code == 404


async def test_an_auditor_reads_and_does_nothing(house: House) -> None:
    """Acts need a reviewer or an approver."""
    review = await held(house)
    path = f"{API}/reviews/{review['review_id']}:approve"
    assert (await house.client.post(path, json={"reason": "x"}, headers=house.bearer("auditor"))).status_code == 403


async def test_correct_and_withdraw_keep_their_reasons_in_public(house: House) -> None:
    """A correction is a new release, a withdrawal leaves its tombstone."""
    await house.take(penalty())
    (item,) = (await house.get("/records"))["items"]
    path, who = f"{API}/records/{item['record_id']}", house.bearer("approver", "甲")
    body = {"reason": "金额笔误", "fields": {"fine": "120000"}}
    corrected = await house.client.post(f"{path}:correct", json=body, headers=who)
    assert (corrected.json()["status"], corrected.json()["fine"]) == ("corrected", "120000")
    gone = await house.client.post(f"{path}:withdraw", json={"reason": "权利人申请"}, headers=who)
    assert (gone.json()["status"], gone.json()["reason"]) == ("withdrawn", "权利人申请")
    await house.work_off()
    assert house.told() == ["published", "corrected", "withdrawn"]
    assert house.seen[-1].data.channels[0].verified_at == NOW


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"reason": "", "fields": {"fine": "1"}}, "REASON_NEEDED"),
        ({"reason": "笔误", "fields": {"facts": "某某"}}, "FIELD_NOT_PUBLIC"),
        ({"reason": "笔误", "fields": {"content": "联系 13812345678"}}, "PERSONAL_DATA"),
        ({"reason": "当事人 11010519491231002X 申请", "fields": {"fine": "1"}}, "PERSONAL_DATA"),
        ({"reason": "笔误", "fields": {}}, "NO_FIELDS"),
    ],
)
async def test_a_bad_correction_is_refused_at_its_place(house: House, body: dict[str, Any], code: str) -> None:
    """Nothing was written, the answer says where and what to do."""
    await house.take(penalty())
    (item,) = (await house.get("/records"))["items"]
    path = f"{API}/records/{item['record_id']}:correct"
    answer = await house.client.post(path, json=body, headers=house.bearer("approver"))
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["code"] == code
    assert (await house.get(f"/records/{item['record_id']}"))["release"] == 1
