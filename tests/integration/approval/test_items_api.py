"""The catalogue on a real PostgreSQL: imported, approved by another person, exported, compared."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.approval.conftest import House

pytestmark = pytest.mark.engines

SHIPPED = Path(__file__).parents[3] / "services" / "approval" / "data" / "catalogue.json"
API = "/api/approval/v1"


async def test_a_catalogue_is_imported_approved_and_exported(house: House) -> None:
    """The same file twice changes nothing; nothing holds before another person approves; the export is the import."""
    ann = {**house.bearer("operator", "ann"), "content-type": "application/json"}
    bob = house.bearer("operator", "bob")
    raw = SHIPPED.read_bytes()
    dry = await house.client.post(f"{API}/items:import?dry_run=true", content=raw, headers=ann)
    first = await house.client.post(f"{API}/items:import", content=raw, headers=ann)
    second = await house.client.post(f"{API}/items:import", content=raw, headers=ann)
    counts = [[a.json()[n] for n in ("rows", "drafted", "unchanged", "rejected")] for a in (dry, first, second)]
    rows = counts[0][0]
    assert counts == [[rows, rows, 0, 0], [rows, rows, 0, 0], [rows, 0, rows, 0]]
    own = await house.client.post(f"{API}/items:approve", json={}, headers=house.bearer("operator", "ann"))
    approved = await house.client.post(f"{API}/items:approve", json={}, headers=bob)
    assert (own.json(), approved.json()) == ({"approved": 0}, {"approved": rows})
    await house.settle()
    told = [e for e in house.told if e.type == "approval.item.published"]
    assert (len(told), {e.data.approver for e in told}) == (rows, {"bob"})
    exported = await house.client.get(f"{API}/items:export?format=csv")
    csv_again = {**ann, "content-type": "text/csv"}
    third = await house.client.post(f"{API}/items:import", content=exported.content, headers=csv_again)
    assert third.json()["unchanged"] == rows


async def test_versions_of_an_item(house: House) -> None:
    """A changed row is a new draft; versions are kept with their days, and the difference is told."""
    ann, bob = house.bearer("clerk", "ann"), house.bearer("clerk", "bob")
    item = {"name": "取水许可", "effective_from": "2026-01-01", "legal_limit": {"value": 20, "unit": "working_day"}}
    for number, change in enumerate(({}, {"effective_from": "2026-03-01", "window": "二楼"})):
        drafted = await house.client.put(f"{API}/items/L-1", json={**item, **change}, headers=ann)
        assert (drafted.status_code, drafted.json()["version"]) == (202, number + 1)
        assert (await house.client.post(f"{API}/items:approve", json={"item_codes": ["L-1"]}, headers=bob)).json() == {
            "approved": 1
        }
    diff = (await house.client.get(f"{API}/items/L-1/diff?from=1&to=2")).json()["changes"]
    assert [(c["path"], c["before"], c["after"]) for c in diff] == [
        ("/effective_from", "2026-01-01", "2026-03-01"),
        ("/window", None, "二楼"),
    ]
    held = (await house.client.get(f"{API}/items/L-1/versions?on=2026-02-01")).json()["items"]
    assert [(v["version"], v["state"], v["author"], v["approver"]) for v in held] == [(1, "superseded", "ann", "bob")]
    bad = {**item, "promise_limit": {"value": 21, "unit": "working_day"}}
    refused = await house.client.put(f"{API}/items/L-1", json=bad, headers=ann)
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "PROMISE_OVER_LEGAL")
    media = await house.client.post(f"{API}/items:import", content=b"x", headers={**ann, "content-type": "text/plain"})
    assert media.status_code == 415
