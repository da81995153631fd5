"""The operators' desk of the dead letters, walked through over HTTP in any service."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import httpx

from libs.common.kernel.errors import Problem
from libs.common.runtime import deadletters
from libs.common.runtime.assembly import Spine
from libs.common.runtime.deadletters import NewLetter
from tests.spine.house import records

PROBLEM = Problem("BROKEN_JSON", "", "不是有效的 JSON。", "Not valid JSON.")
Bearer = Callable[..., dict[str, str]]


async def walk_the_desk(client: httpx.AsyncClient, spine: Spine, home: str, bearer: Bearer) -> None:
    """Park two letters; look at them, be refused without a reason, discard one, fail to replay the other.

    Args:
        home: the operators' page of the service.
        bearer: makes the Authorization of a role.
    """
    async with spine.database.transaction() as tx:
        letters = [NewLetter(record, "", "K-7", (PROBLEM,)) for record in records([b"{", "[王小明".encode()])]
        await deadletters.park(tx, letters, datetime(2026, 3, 2, tzinfo=UTC))
    operator, auditor = bearer("operator"), bearer("auditor")
    overview = await client.get(home, headers=operator)
    assert overview.status_code == 200
    assert f"{home}/dead/1" in overview.text
    assert "BROKEN_JSON" in overview.text
    assert "王小明" not in overview.text, "a letter's content is shown to nobody"
    letter = await client.get(f"{home}/dead/1", headers={**operator, "accept-language": "en"})
    assert "Not valid JSON." in letter.text
    assert 'value="discard"' in letter.text
    assert 'value="discard"' not in (await client.get(f"{home}/dead/1", headers=auditor)).text
    assert (await client.get(f"{home}/dead/99", headers=operator)).status_code == 404
    assert (await client.get(f"{home}/dead/1", headers=bearer("clerk"))).status_code == 403
    assert (await client.post(f"{home}/dead/1", data={"act": "replay"}, headers=auditor)).status_code == 403
    without = await client.post(f"{home}/dead/1", data={"act": "discard", "reason": " "}, headers=operator)
    assert without.status_code == 409
    assert "丢弃死信必须写明理由" in without.text
    done = await client.post(f"{home}/dead/1", data={"act": "discard", "reason": "测试数据"}, headers=operator)
    assert (done.status_code, done.headers["location"]) == (303, home)
    assert "测试数据" in (await client.get(f"{home}/dead/1", headers=operator)).text
    assert (await client.post(f"{home}/dead/2", data={"act": "replay"}, headers=operator)).status_code == 409
    async with spine.database.reading() as tx:
        states = [letter.state for letter in await deadletters.page(tx, ("parked", "discarded"))]
    assert states == ["discarded", "parked"]
