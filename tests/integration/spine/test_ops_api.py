"""The operator's calls on a real database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from libs.common.runtime.api import build_api
from libs.common.runtime.assembly import Spine
from libs.common.runtime.auth import Principal, mint, token_key
from libs.common.runtime.keyring import create_keys
from tests.spine.house import House, records
from tests.spine.ledger import build_line, event_bytes

pytestmark = pytest.mark.engines


class Operator:
    """A client of the ledger's API that can sign in as anybody."""

    def __init__(self, client: httpx.AsyncClient, house: House) -> None:
        self.client, self.house = client, house

    async def ask(self, method: str, path: str, role: str = "operator", **options: object) -> httpx.Response:
        """One call."""
        who = Principal("wang", "王", role)
        token = mint(token_key(self.house.home / "secrets"), who, now=datetime.now(UTC), ttl=timedelta(minutes=5))
        headers = {"Authorization": f"Bearer {token}", "Accept-Language": "en"}
        return await self.client.request(method, f"/ops/ledger/api{path}", headers=headers, **options)  # type: ignore[arg-type]


@pytest.fixture
async def operator(house: House) -> AsyncIterator[Operator]:
    """The API of a ledger that has two letters of case A (one waiting) and a good case B."""
    create_keys(house.home / "secrets", [2026])
    line = build_line(house.out_topic, parks_behind=True)
    app = build_api(house.settings(), "ledger", [], lines=[line])
    spine: Spine = app.state.spine
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport, base_url="http://x") as client:
        secret = event_bytes(1, "A", comment="poison").replace(b'"named"', b'"service_no":"13912345678","named"')
        await house.effects(spine).apply(records([secret, event_bytes(2, "A"), event_bytes(3, "B")]))
        yield Operator(client, house)


async def test_letters_are_listed_in_pages(operator: Operator) -> None:
    """With reasons and places, in order, filtered by state and key."""
    first = (await operator.ask("GET", "/dead?limit=1")).json()
    second = (await operator.ask("GET", f"/dead?limit=1&after={first['next_after']}")).json()
    assert [(i["key"], i["code"], i["state"], i["offset"]) for i in first["items"] + second["items"]] == [
        ("A", "POISON", "parked", 0),
        ("A", "BEHIND", "behind", 1),
    ]
    assert second["next_after"] is None
    assert (await operator.ask("GET", "/dead?state=discarded")).json()["items"] == []
    assert (await operator.ask("GET", "/dead?key=B")).json()["items"] == []


async def test_an_operator_sees_the_shape_and_an_admin_the_bytes(operator: Operator) -> None:
    """No personal data for operators; an auditor may read, a clerk may not."""
    letter = (await operator.ask("GET", "/dead")).json()["items"][0]["id"]
    seen = await operator.ask("GET", f"/dead/{letter}")
    assert seen.json()["shape"]["data"]["service_no"] == "text of 11"
    assert "raw_base64" not in seen.json()
    assert "13912345678" not in seen.text
    assert "raw_base64" in (await operator.ask("GET", f"/dead/{letter}", "admin")).json()
    assert [(await operator.ask("GET", "/dead", role)).status_code for role in ("auditor", "clerk")] == [200, 403]
    assert (await operator.ask("POST", f"/dead/{letter}:replay", "auditor")).status_code == 403


async def test_letters_are_settled_with_a_reason(operator: Operator) -> None:
    """Replay fails as before, a discard without reason is refused, with one it releases what waits."""
    first, second = ((i["id"]) for i in (await operator.ask("GET", "/dead")).json()["items"])
    replay = await operator.ask("POST", f"/dead/{first}:replay")
    assert (replay.status_code, replay.json()["errors"][0]["code"]) == (422, "POISON")
    assert (await operator.ask("POST", f"/dead/{second}:replay")).json()["errors"][0]["code"] == "LETTER_NOT_FIRST"
    assert (await operator.ask("POST", f"/dead/{first}:discard", json={"reason": " "})).status_code == 422
    assert (await operator.ask("POST", f"/dead/{first}:discard", json={"reason": "void"})).status_code == 200
    assert (await operator.ask("POST", f"/dead/{first}:discard", json={"reason": "void"})).status_code == 409
    assert (await operator.ask("POST", "/dead/999:replay")).status_code == 404
    settled = (await operator.ask("GET", "/dead?state=discarded&state=replayed")).json()["items"]
    acts = [(item["state"], item["by"], item["reason"]) for item in settled]
    assert acts == [("discarded", "wang", "void"), ("replayed", "wang", None)]
    assert {e for (e,) in operator.house.rows("SELECT event_id FROM effect WHERE how = 'event'")} == {"e-2", "e-3"}


async def test_the_status_counts_what_waits(operator: Operator) -> None:
    """Outbox, letters, looks; no lag where no consumer runs."""
    operator.house.run("INSERT INTO due VALUES ('account', 'B', 'clock', now() - interval '1 minute', NULL)")
    status = (await operator.ask("GET", "/status")).json()
    assert status.get("database") is None
    assert (status["outbox"], status["parked"], status["behind"], status["due"], status["lag"]) == (1, 1, 1, 1, None)
    assert status["next_due_at"].endswith("+08:00")
    assert (await operator.client.get("/readyz")).status_code == 200
