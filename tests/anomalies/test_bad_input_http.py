"""Bad input at the intake: each kind gets its located answer in both languages, and harms nobody beside it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.anomalies.bad_input import CASE, Bad, by_way, event, wire
from tests.engines import Engines
from tests.integration.approval.conftest import House as Hall
from tests.integration.approval.conftest import opened_house

pytestmark = pytest.mark.engines
CHINESE = re.compile("[一-鿿]")
BATCH = "application/cloudevents-batch+json"
ALONE = "application/cloudevents+json"


@pytest.fixture
async def hall(engines: Engines, tmp_path: Path) -> AsyncIterator[Hall]:
    """Approval on its own schema; its clock stands on 11 March 2026."""
    async with opened_house(engines, tmp_path) as found:
        yield found


async def send(hall: Hall, body: bytes, media: str = ALONE, language: str = "zh-CN", **headers: str) -> httpx.Response:
    """One call of the intake."""
    said = {**hall.bearer("hall"), "content-type": media, "accept-language": language, **headers}
    return await hall.client.post("/api/approval/v1/events", content=body, headers=said)


async def alone(hall: Hall, bad: Bad, language: str = "zh-CN") -> httpx.Response:
    """A kind of bad input as a call of its own, structured or binary."""
    headers = {name.replace("_", "-"): value.decode() for name, value in bad.headers}
    return await send(hall, bad.raw or b"", "application/json" if headers else ALONE, language, **headers)


async def numbers(hall: Hall) -> set[str]:
    """Case numbers that were taken in."""
    return {row[0] for row in await hall.sql("SELECT subject FROM event")}


async def test_each_kind_alone_is_refused_with_its_place_in_both_languages(hall: Hall) -> None:
    """The status of decision 12, the code, the pointer, and words that a clerk can read."""
    found: dict[str, Any] = {}
    words: dict[str, tuple[str, str]] = {}
    for name, bad in by_way("http").items():
        answer, english = await alone(hall, bad), await alone(hall, bad, "en")
        assert answer.headers["content-type"] == "application/problem+json", name
        first = answer.json()["errors"][0]
        found[name] = (answer.status_code, first["code"], first["pointer"])
        words[name] = (first["message"], english.json()["errors"][0]["message"])
    assert found == {name: (bad.status, *bad.verdict) for name, bad in by_way("http").items()}
    assert not {name for name, (zh, en) in words.items() if not CHINESE.search(zh) or CHINESE.search(en)}
    assert await hall.sql("SELECT * FROM receipt") == []


async def test_each_kind_in_a_batch_leaves_its_neighbours_alone(hall: Hall) -> None:
    """All kinds in one batch, a sound event before and after each: the sound ones are taken, the others told."""
    kinds = by_way("row")
    rows = [wire(event("G-0"))]
    for n, bad in enumerate(kinds.values(), 1):
        rows += [bad.raw or b"", wire(event(f"G-{n}"))]
    answer = await send(hall, b"[" + b", ".join(rows) + b"]", BATCH)
    assert answer.status_code == 202, answer.text
    body = answer.json()
    told = {r["index"]: (r["errors"][0]["code"], r["errors"][0]["pointer"]) for r in body["rejected"]}
    assert told == {2 * n + 1: bad.verdict for n, bad in enumerate(kinds.values())}
    assert (body["accepted"], body["duplicates"]) == (len(kinds) + 1, 0)
    await hall.settle()
    assert await numbers(hall) == {f"G-{n}" for n in range(len(kinds) + 1)}


async def test_a_batch_whose_rows_cannot_be_told_apart_is_refused_whole(hall: Hall) -> None:
    """A text that never ends, a bracket too few, another encoding: nothing is taken, the answer says why."""
    good = wire(event("G-1"))
    bodies = {
        b"[" + good + b"," + good[:-20] + b"]": "BROKEN_JSON",
        b"[" + good + b',{"a":"x]': "BROKEN_JSON",
        b"[" + good: "BROKEN_JSON",
        ("[" + good.decode() + "]").encode("utf-16"): "BAD_ENCODING",
        b"\xef\xbb\xbf[" + good + b"]": "BYTE_ORDER_MARK",
        b"": "EMPTY",
    }
    for body, code in bodies.items():
        answer = await send(hall, body, BATCH)
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, code)
    assert await hall.sql("SELECT * FROM receipt") == []


async def test_a_packed_body_is_refused_by_name(hall: Hall) -> None:
    """What is packed is not guessed at."""
    answer = await send(hall, b"\x1f\x8b\x08", **{"content-encoding": "gzip"})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (415, "CONTENT_ENCODING")


async def test_a_percent_escape_that_is_no_text_is_told_at_its_attribute(hall: Hall) -> None:
    """Binary mode over HTTP: attributes are percent-encoded UTF-8."""
    made = event(CASE)
    names = ("specversion", "id", "type", "subject", "time")
    headers = {f"ce-{name}": str(made[name]) for name in names} | {"ce-source": "//hall/%D1%F4/x"}
    answer = await send(hall, wire(made["data"]), "application/json", **headers)
    first = answer.json()["errors"][0]
    assert (answer.status_code, first["code"], first["pointer"]) == (422, "BAD_ENCODING", "/source")


async def test_an_id_that_is_used_again_never_overwrites(hall: Hall) -> None:
    """Alone 409, in a batch a rejected row; what was first said stands."""
    other = event("A-1") | {"time": "2026-03-03T09:00:00+08:00"}
    assert (await send(hall, wire(event("A-1")))).status_code == 202
    refused = await send(hall, wire(other))
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (409, "ID_REUSED")
    batch = await send(hall, b"[" + wire(event("A-2")) + b"," + wire(other) + b"]", BATCH)
    assert (batch.json()["accepted"], batch.json()["rejected"][0]["errors"][0]["code"]) == (1, "ID_REUSED")
    await hall.settle()
    assert {e.subject: e.time.isoformat() for e in hall.forwarded}["A-1"].startswith("2026-03-02T09:00")


async def test_the_past_is_always_taken(hall: Hall) -> None:
    """A year ago, and the first year that counts (decision 3)."""
    year_ago, first = event("A-1", time="2025-03-02T09:00:00+08:00"), event("A-2", time="1900-01-02T00:00:00+08:00")
    answer = await send(hall, b"[" + wire(year_ago) + b"," + wire(first) + b"]", BATCH)
    assert answer.json() == {"accepted": 2, "duplicates": 0, "rejected": []}
    await hall.settle()
    assert await numbers(hall) == {"A-1", "A-2"}
    assert await hall.sql("SELECT * FROM dead_letter") == []


async def test_many_repetitions_in_one_batch_count_once(hall: Hall) -> None:
    """Five thousand times the same event, in two calls: one effect, the rest duplicates."""
    body = b"[" + b",".join([wire(event("A-1"))] * 2_500) + b"]"
    first, second = await send(hall, body, BATCH), await send(hall, body, BATCH)
    assert first.json() == {"accepted": 1, "duplicates": 2_499, "rejected": []}
    assert second.json() == {"accepted": 0, "duplicates": 2_500, "rejected": []}
    await hall.settle()
    assert len(hall.forwarded) == 1
