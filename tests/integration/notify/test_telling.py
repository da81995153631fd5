"""A finding becomes an alert, a group, a notification and its deliveries, over real channels."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes, policy
from typing import Any

import orjson
import pytest
from aiosmtpd.controller import Controller
from standardwebhooks import Webhook

from libs.common.runtime.keyring import read_key
from tests.integration.notify.conftest import House
from tests.spine.house import free_port
from tests.unit.notify.makers import NOW, Hook, card, webhook

pytestmark = pytest.mark.engines
CASE = "JC-2026-0307-0012"
HOUR = timedelta(hours=1)


def tree(url: str = "", mail: str = "") -> str:
    """A routing file with one receiver."""
    ways = [f"webhook_configs: [{{url: '{url}'}}]"] if url else []
    ways += [f"email_configs: [{{to: '{mail}'}}]"] if mail else []
    ways += ["sunlit: {inbox_configs: [{post: supervision/duty}]}"]
    lines = "\n    ".join(ways)
    return f"route: {{receiver: desk, group_by: [org_code], group_wait: 1s}}\nreceivers:\n  - name: desk\n    {lines}\n"


def verified(house: House, hook: Hook, number: int) -> dict[str, Any]:
    """The body of a webhook that came, judged by the reference implementation of the scheme."""
    headers, body = hook.came[number]
    secret = "whsec_" + base64.b64encode(read_key(house.settings.secrets_dir, "webhook.key")).decode()
    checked = Webhook(secret).verify(body, headers)
    assert checked == orjson.loads(body)
    return checked


async def test_a_card_is_told_once_over_every_way(house: House) -> None:
    """Inbox and signed webhook, one fact each; the same event again changes nothing."""
    with webhook() as hook:
        assert (await house.put(tree(hook.url))).status_code == 200
        await house.take(card())
        await house.tell()
        await house.deliver()
        body = verified(house, hook, 0)
        await house.take(card())
        await house.tell()
        assert await house.deliver() == 0
    assert (body["status"], body["receiver"], len(hook.came)) == ("firing", "desk", 1)
    assert body["alerts"][0]["labels"]["case_no"] == CASE
    assert house.told() == [("sent", "inbox"), ("sent", "webhook")]
    (item,) = (await house.get("/notifications", case_no=CASE))["items"]
    assert (item["state"], item["severity"], item["receiver"]) == ("waiting", "red", "desk")
    told = await house.get(f"/cases/{CASE}/told")
    assert {(row["channel"], row["state"]) for row in told["items"]} == {("inbox", "sent"), ("webhook", "sent")}


async def test_a_receiver_in_trouble_is_tried_again_under_the_same_id(house: House) -> None:
    """500 first, 200 later: two calls, one id, one fact."""
    with webhook([500, 200]) as hook:
        await house.put(tree(hook.url))
        await house.take(card())
        await house.tell()
        await house.deliver()
        assert house.told() == [("sent", "inbox")]
        assert await house.deliver() == 0
        await house.sql("UPDATE delivery SET next_at = now() WHERE state = 'pending'")
        await house.deliver()
    assert len({headers["webhook-id"] for headers, _ in hook.came}) == 1
    assert len(hook.came) == 2
    assert house.told() == [("sent", "inbox"), ("sent", "webhook")]
    assert [event.data.attempt for event in house.seen if event.data.channel.startswith("webhook")] == [2]


async def test_an_address_that_is_gone_is_disabled_and_said_so(house: House) -> None:
    """410 is a failure with its reason; later notifications do not call it, and are failed openly."""
    with webhook([410]) as hook:
        await house.put(tree(hook.url))
        await house.take(card())
        await house.tell()
        await house.deliver()
        await house.take(card("K-2"))
        await house.tell(HOUR)
        await house.deliver()
    assert len(hook.came) == 1
    failed = (await house.get("/deliveries", state="failed"))["items"]
    assert [row["target"] for row in failed] == [hook.url, hook.url]
    assert all("410" in row["error"] for row in failed)
    assert ("failed", "webhook") in house.told()


async def test_a_delivery_that_was_begun_by_a_dead_worker_is_tried_again(house: House) -> None:
    """Leased and never settled: when the lease is over somebody else delivers it, under the same id."""
    with webhook() as hook:
        await house.put(tree(hook.url))
        await house.take(card())
        await house.tell()
        ids = [
            row.delivery_id
            for row in await house.sql(
                "UPDATE delivery SET leased_until = now() + interval '1 minute', attempts = 1 RETURNING delivery_id"
            )
        ]
        assert await house.deliver() == 0
        await house.sql("UPDATE delivery SET leased_until = now() - interval '1 second'")
        assert await house.deliver() == 2
    assert [headers["webhook-id"] in ids for headers, _ in hook.came] == [True]
    assert {event.data.attempt for event in house.seen} == {2}


async def test_a_superseded_card_is_told_as_over(house: House) -> None:
    """The webhook hears of the end, the inbox shows it as settled."""
    with webhook() as hook:
        await house.put(tree(hook.url))
        await house.take(card())
        await house.tell()
        await house.deliver()
        await house.take(card(at=NOW + HOUR, over=True))
        await house.tell(HOUR)
        await house.deliver()
        assert verified(house, hook, 1)["status"] == "resolved"
    states = {item["state"] for item in (await house.get("/notifications"))["items"]}
    assert states == {"settled"}
    assert (await house.sql("SELECT count(*) FROM alert_group WHERE emptied_at IS NULL"))[0][0] == 0
    assert (await house.sql("SELECT count(*) FROM due"))[0][0] == 0


async def test_an_inner_address_is_never_called(house: House) -> None:
    """Without the operator's permission the webhook is a failure that names the setting."""
    with webhook() as hook:
        await house.put(tree(hook.url))
        await house.take(card())
        await house.tell()
        await house.deliver(egress_allow="")
        assert hook.came == []
    assert house.told() == [("failed", "webhook"), ("sent", "inbox")]
    (row,) = (await house.get("/deliveries", channel="webhook"))["items"]
    assert "SUNLIT_EGRESS_ALLOW" in row["error"]


class Box:
    """A mail server's box."""

    def __init__(self) -> None:
        self.mails: list[Any] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - the server's name
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 taken as 4711"


@pytest.fixture
def mail() -> Iterator[tuple[Box, Controller]]:
    box = Box()
    controller = Controller(box, hostname="127.0.0.1", port=free_port())
    controller.start()
    try:
        yield box, controller
    finally:
        controller.stop()


async def test_a_card_goes_out_by_mail(house: House, mail: tuple[Box, Controller]) -> None:
    """The server's receipt is kept; without a server the delivery fails and names the setting."""
    box, controller = mail
    await house.put(tree(mail="desk@hall.test"))
    await house.take(card())
    await house.tell()
    await house.deliver(smtp_host="127.0.0.1", smtp_port=controller.port)
    (sent,) = box.mails
    assert sent["to"] == "desk@hall.test"
    assert "红牌" in sent["subject"]
    assert "建筑业企业资质核准" in sent.get_content()
    (row,) = (await house.get("/deliveries", channel="email"))["items"]
    assert (row["state"], "4711" in row["receipt"]) == ("sent", True)
    await house.take(card("K-2"))
    await house.tell(HOUR)
    await house.deliver()
    (failed,) = (await house.get("/deliveries", channel="email", state="failed"))["items"]
    assert "SUNLIT_SMTP_HOST" in failed["error"]
