"""Single events that come in side by side share a transaction, and each gets its own answer."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import orjson
import pytest

from tests.integration.approval.conftest import House
from tests.unit.approval.builders import local, submitted, wire

pytestmark = pytest.mark.engines


def numbered(number: int, **changes: Any) -> dict[str, Any]:
    """The submission of one of many cases."""
    event = submitted("2026-03-02")
    case_no = f"GATHER{number:04d}"
    return {**event, "id": f"e-{number}", "subject": case_no, "data": {**event["data"], "case_no": case_no}} | changes


async def post(house: House, event: dict[str, Any], role: str = "hall", **scope: Any) -> httpx.Response:
    """One event in structured mode."""
    headers = {**house.bearer(role, **scope), "content-type": "application/cloudevents+json"}
    return await house.client.post("/api/approval/v1/events", content=orjson.dumps(event), headers=headers)


async def test_each_of_many_gets_its_own_answer(house: House) -> None:
    """Good ones are taken once, a repeated one is a duplicate, bad ones are refused, and nobody hears of another."""
    bad = wire("case.accepted", "2026-03-02", event_id="bad", case_kind="slow")
    reused = numbered(3, time=local("2026-03-02 11:30").isoformat())
    first = await post(house, numbered(3))
    events = [*(numbered(n) for n in range(40) if n != 3), numbered(3), bad, reused]
    answers = await asyncio.gather(*(post(house, event) for event in events))
    assert first.json() == {"accepted": 1, "duplicates": 0, "rejected": []}
    good, (again, refused, conflict) = answers[:39], answers[39:]
    assert {(a.status_code, a.json()["accepted"]) for a in good} == {(202, 1)}
    assert again.json() == {"accepted": 0, "duplicates": 1, "rejected": []}
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "UNKNOWN_CODE")
    assert (conflict.status_code, conflict.json()["errors"][0]["code"]) == (409, "ID_REUSED")
    with_receipt = await house.post(*(numbered(n) for n in range(40)))
    assert with_receipt.json() == {"accepted": 0, "duplicates": 40, "rejected": []}


async def test_one_event_sent_many_times_at_once_is_taken_once(house: House) -> None:
    """One says that it was accepted, all others that they are duplicates."""
    answers = await asyncio.gather(*(post(house, numbered(1)) for _ in range(12)))
    assert sorted((a.json()["accepted"], a.json()["duplicates"]) for a in answers) == [(0, 1)] * 11 + [(1, 0)]


async def test_scopes_do_not_mix(house: House) -> None:
    """Whoever may speak for one organisation gains nothing from a neighbour who may speak for all."""
    calls = []
    for number in range(10):
        calls.append(post(house, numbered(number)))
        calls.append(post(house, numbered(100 + number), orgs=("NOBODYS-ORG",)))
    answers = await asyncio.gather(*calls)
    assert {a.status_code for a in answers[::2]} == {202}
    assert {a.status_code for a in answers[1::2]} == {422}
