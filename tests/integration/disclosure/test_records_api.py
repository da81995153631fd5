"""The public reads on a real database: publish, find, page, correct, withdraw, expire."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.integration.disclosure.conftest import House
from tests.unit.disclosure.makers import NOW, changed, penalty, permit, revoked

pytestmark = pytest.mark.engines
LATER = NOW + timedelta(hours=1)


async def test_a_granted_permit_is_public_with_its_allowed_fields_only(house: House) -> None:
    """Published, found, and told once, verified by reading the page back."""
    await house.take(permit())
    (item,) = (await house.get("/records"))["items"]
    assert item["party_name"] == "临澜市澜东区云汀宾馆"
    assert item["status"] == "published"
    assert item["published_at"].endswith("+08:00")
    one = await house.get(f"/records/{item['record_id']}")
    assert "party_sealed" not in one
    assert house.told() == ["published"]
    body = house.seen[0].data
    assert body.channels[0].verified_at == NOW
    assert body.due_on.isoformat() == "2026-05-27"


async def test_a_denial_is_told_as_withheld_and_has_no_page(house: House) -> None:
    """No path shows what was not granted."""
    await house.take(permit(result="denied", licences=[]))
    assert (await house.get("/records"))["items"] == []
    assert house.told() == ["withheld"]


@pytest.mark.parametrize(
    "q", ["云汀", "宾馆", "云", "临卫公许〔2026〕128号", "128", "92449901MA7C2N5P08", "卫生健康 云汀"]
)
async def test_full_text_finds_by_any_part(house: House, q: str) -> None:
    """Names, numbers, codes and organisations, also by one character and by several words."""
    await house.take(permit(), penalty())
    assert [r["kind"] for r in (await house.get("/records", q=q))["items"]] == ["permit"]


@pytest.mark.parametrize("q", ["汀云", "不存在", "'); DROP TABLE record; --", "100%", "_"])
async def test_full_text_finds_nothing_that_is_not_there(house: House, q: str) -> None:
    """The order of characters counts, and marks of SQL are only marks."""
    await house.take(permit())
    assert (await house.get("/records", q=q))["items"] == []


async def test_filters_sorting_and_paging_walk_every_record_once(house: House) -> None:
    """A signed cursor goes through the list in order without a gap or a repeat."""
    for number in range(7):
        house.set_clock(NOW + timedelta(minutes=number))
        await house.take(permit(f"C-{number}", as_of=house.now))
    found: list[str] = []
    cursor = None
    while True:
        page = await house.get("/records", kind="permit", limit=3, **({"cursor": cursor} if cursor else {}))
        found += [r["published_at"] for r in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert len(found) == 7
    assert found == sorted(found, reverse=True)
    assert (await house.get("/records", org="nobody"))["items"] == []
    assert len((await house.get("/records", **{"from": "2026-05-18", "to": "2026-05-18"}))["items"]) == 7


async def test_a_cursor_of_another_list_is_refused(house: House) -> None:
    """Cursors are bound to their filters."""
    await house.take(permit("C-1"), permit("C-2"))
    cursor = (await house.get("/records", limit=1))["next_cursor"]
    answer = await house.client.get("/api/disclosure/v1/records", params={"kind": "penalty", "cursor": cursor})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["code"] == "BAD_CURSOR"


async def test_a_correction_keeps_both_contents_in_the_history(house: House) -> None:
    """The public may read what a correction changed."""
    await house.take(permit())
    licences = [{"name": "公共场所卫生许可证", "no": "临卫公证字〔2026〕第128号", "valid_until": "2030-05-16"}]
    await house.take(permit(dataversion=2, as_of=LATER, decision_hash="ee" * 32, licences=licences))
    (item,) = (await house.get("/records"))["items"]
    history = (await house.get(f"/records/{item['record_id']}/history"))["items"]
    assert [(r["action"], r["fields"]["valid_until"]) for r in history] == [
        ("publish", "2030-05-17"),
        ("correct", "2030-05-16"),
    ]
    assert house.told() == ["published", "corrected"]


async def test_a_revoked_penalty_leaves_a_tombstone_without_the_party(house: House) -> None:
    """Number, reason and ground stay; party and content are gone from every public answer."""
    await house.take(penalty())
    await house.take(revoked(as_of=LATER))
    (item,) = (await house.get("/records"))["items"]
    history = await house.client.get(f"/api/disclosure/v1/records/{item['record_id']}/history")
    assert item["status"] == "withdrawn"
    assert item["reason"] == "行政复议决定撤销原处罚"
    assert "锦川" not in str(item) + history.text
    assert (await house.get("/records", q="锦川"))["items"] == []
    assert house.told() == ["published", "withdrawn"]


async def test_a_change_hides_the_old_content(house: House) -> None:
    """行政处罚法第四十八条: the old content of a changed penalty is no longer shown."""
    await house.take(penalty())
    await house.take(changed(as_of=LATER, new={"content": "罚款人民币 90000 元", "fine": "90000"}))
    (item,) = (await house.get("/records"))["items"]
    history = (await house.get(f"/records/{item['record_id']}/history"))["items"]
    assert [r["fields"] is None for r in history] == [True, False]
    assert item["content"] == "罚款人民币 90000 元"


async def test_the_period_ends_by_itself(house: House) -> None:
    """On the day after the last one the look takes the content down."""
    await house.take(penalty())
    house.set_clock(NOW.replace(year=2027, month=5, day=19, hour=0, minute=0))
    await house.work_off()
    (item,) = (await house.get("/records"))["items"]
    assert item["status"] == "expired"
    assert house.told() == ["published", "expired"]


async def test_feeds_show_what_the_portal_shows(house: House) -> None:
    """Atom and JSON Feed hold the same records."""
    await house.take(permit(), penalty())
    atom = await house.client.get("/api/disclosure/v1/feeds/permits.atom")
    assert atom.headers["content-type"].startswith("application/atom+xml")
    assert "云汀宾馆" in atom.text
    assert "锦川" not in atom.text
    assert len((await house.get("/feeds/all.json"))["items"]) == 2


async def test_unknown_records_are_not_found(house: House) -> None:
    """The answer says so as a problem document."""
    for path in ("", "/history", "/proof"):
        answer = await house.client.get(f"/api/disclosure/v1/records/nothing{path}")
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("kind", "value", "valid", "error"),
    [
        ("resident_id", " 11010519491231002x ", True, None),
        ("resident_id", "110105194912310021", False, "CHECK"),
        ("uscc", "91350100M000100Y43", True, None),
        ("uscc", "9135", False, "LENGTH"),
    ],
)
async def test_identifiers_are_judged(house: House, kind: str, value: str, valid: bool, error: str | None) -> None:
    """Normalised at the edge, judged by the kernel."""
    answer = await house.client.post("/api/disclosure/v1/identifiers:check", json={"kind": kind, "value": value})
    assert answer.status_code == 200
    assert (answer.json()["valid"], answer.json().get("error")) == (valid, error)
