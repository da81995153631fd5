"""Outgoing connections cannot be turned inwards."""

from __future__ import annotations

import httpcore
import pytest

from services.notify.receivers.egress import EgressPolicy, guarded_pool, policy_of
from services.notify.receivers.webhook import WebhookSender
from tests.unit.notify.makers import webhook

KEY = "whsec_" + "a2V5" * 11


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "::1",
        "fd00::1",
        "fe80::1",
        "::ffff:10.0.0.1",
        "64:ff9b::a9fe:a9fe",
        "2002:a00:1::1",
    ],
)
def test_inner_addresses_are_refused(address: str) -> None:
    """Private, loopback, link-local, metadata, shared and embedded inner addresses."""
    assert not EgressPolicy().permits(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2001:4860:4860::8888"])
def test_public_addresses_are_permitted(address: str) -> None:
    """The world outside may be reached."""
    assert EgressPolicy().permits(address)


def test_the_list_of_the_operator_opens_exactly_its_ranges() -> None:
    """`127.0.0.0/8` lets this machine in and nothing else, in both spellings."""
    policy = policy_of(["127.0.0.0/8", ""])
    assert policy.permits("127.0.0.1")
    assert policy.permits("::ffff:127.0.0.1")
    assert not policy.permits("10.0.0.1")
    with pytest.raises(ValueError, match="localhost"):
        policy_of(["localhost"])


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:9/x",
        "http://10.0.0.1/x",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::1]:9/x",
        "http://2130706433/x",
        "http://localhost:9/x",
    ],
)
async def test_a_webhook_to_an_inner_address_is_given_up_with_its_reason(url: str) -> None:
    """Refused before a connection is made, and never tried again."""
    async with guarded_pool(EgressPolicy()) as pool:
        answer = await WebhookSender(pool, KEY).send("m", url, {}, 0)
    assert (answer.ok, answer.retryable) == (False, False)
    assert "SUNLIT_EGRESS_ALLOW" in (answer.error or "")


async def test_a_name_that_changes_its_answer_gains_nothing() -> None:
    """What was checked is what is connected to; the next answer is checked anew; one bad among good ones is refused."""
    answers = [["127.0.0.1"], ["10.0.0.5"], ["127.0.0.1", "169.254.169.254"]]

    async def rebinding(host: str, port: int) -> list[str]:
        return answers.pop(0)

    said = []
    with webhook() as hook:
        port = hook.url.rsplit(":", 1)[1].split("/")[0]
        for _ in range(3):
            async with guarded_pool(policy_of(["127.0.0.0/8"]), rebinding) as pool:
                said.append(await WebhookSender(pool, KEY).send("m", f"http://hook.test:{port}/", {}, 0))
        assert len(hook.came) == 1
    assert [(answer.ok, answer.retryable) for answer in said] == [(True, False), (False, False), (False, False)]


@pytest.mark.parametrize(
    ("addresses", "carried"),
    [(["93.184.216.34"], True), ([], True), (["10.0.0.5"], False), (["93.184.216.34", "169.254.169.254"], False)],
)
async def test_a_proxy_carries_what_may_be_reached_and_no_more(addresses: list[str], carried: bool) -> None:
    """Decision 33: by name through the proxy; inner targets are refused; unknown names are its affair."""

    async def resolver(host: str, port: int) -> list[str]:
        if not addresses:
            raise httpcore.ConnectError("no such name in here")
        return addresses

    with webhook() as proxy:
        origin = proxy.url.rsplit("/", 1)[0]
        async with guarded_pool(policy_of([]), resolver, proxy=origin) as pool:
            answer = await WebhookSender(pool, KEY).send("m", "http://hook.example/in?a=1", {}, 0)
        assert (answer.ok, answer.retryable) == (carried, False)
        assert len(proxy.came) == (1 if carried else 0)
