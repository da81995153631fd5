"""Each channel against a local fake of its platform: receipts, error tables, signatures, sizes, tokens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from docx import Document

from services.notify.domain.delivery import Answer
from services.notify.domain.message import digest_words, fit
from services.notify.ports import Carrier, Parcel
from services.notify.receivers.egress import guarded_pool, policy_of, resolve
from services.notify.receivers.letter import Letter, build_letter
from services.notify.receivers.long_tail import AppriseCarrier
from services.notify.receivers.robots import BYTES_MAX, CODES, RobotCarrier
from services.notify.receivers.sms import SmsCarrier
from services.notify.receivers.wechat import WechatCarrier
from services.notify.receivers.wording import problem_of, words_of
from tests.unit.notify import robots

NOW = datetime(2026, 3, 10, 8, 30, tzinfo=UTC)
LOCAL = policy_of(["127.0.0.0/8"])


def parcel(channel: str, address: Mapping[str, Any], text: str = "红牌 S01：住房和城乡建设局") -> Parcel:
    return Parcel(
        delivery_id="d-1",
        notification_id="n-1",
        receiver="desk",
        group_id="g",
        channel=channel,
        target="shown",
        title=text.split("\n")[0][:60],
        text=text,
        body=None,
        alerts=({"fingerprint": "a", "labels": {"severity": "red"}, "annotations": {"summary": text[:40]}},),
        attempt=1,
        address=address,
        severity="red",
        link="http://hall.test/notify/n-1",
    )


async def carried(carrier: Carrier, given: Parcel, now: datetime = NOW) -> Answer:
    return await carrier.carry(given, now)


ROBOTS = {
    "wecom": (robots.wecom, "/send?key=right", ""),
    "dingtalk": (robots.dingtalk, "/send?access_token=x", "quiet"),
    "feishu": (robots.feishu, "/hook/x", "quiet"),
}


@pytest.mark.parametrize("kind", ROBOTS)
async def test_a_robot_takes_a_message_of_its_size(kind: str) -> None:
    """The receipt is the robot's own word; a text beyond its size is cut by lines and leads to the rest."""
    rule, path, secret = ROBOTS[kind]
    lines = "\n".join(f"第 {number} 项：建筑业企业资质核准，已超承诺时限" for number in range(900))
    with robots.platform(rule) as found:
        carrier = RobotCarrier(kind, guarded_pool(LOCAL))
        address = {"url": found.origin + path, "secret": secret}
        assert (await carried(carrier, parcel(kind, address))).ok
        answer = await carried(carrier, parcel(kind, address, lines))
    assert answer.ok
    assert answer.receipt is not None
    assert answer.receipt.startswith(kind)
    assert len(found.taken[1].encode()) <= BYTES_MAX[kind]
    assert "http://hall.test/notify/n-1" in found.taken[1]


@pytest.mark.parametrize("kind", ["dingtalk", "feishu"])
async def test_a_wrong_secret_is_final_and_says_so(kind: str) -> None:
    """The platform refuses the signature; nobody tries a wrong key again and again."""
    rule, path, _ = ROBOTS[kind]
    with robots.platform(rule) as found:
        carrier = RobotCarrier(kind, guarded_pool(LOCAL))
        answer = await carried(carrier, parcel(kind, {"url": found.origin + path, "secret": "loud"}))
    assert (answer.ok, answer.retryable) == (False, False)
    assert "签名" in (answer.error or "")


@pytest.mark.parametrize(
    ("kind", "code"), [(kind, code) for kind, codes in CODES.items() for code in codes], ids=lambda value: str(value)
)
async def test_each_code_of_a_robot_means_what_its_table_says(kind: str, code: int) -> None:
    """Busy and too fast come again after the platform's pause; a robot that is gone is disabled; the rest is final."""
    _, path, _ = ROBOTS[kind]
    known = CODES[kind][code]
    with robots.platform(robots.wecom) as found:
        found.queued.append((200, {"code" if kind == "feishu" else "errcode": code, "errmsg": "said"}))
        carrier = RobotCarrier(kind, guarded_pool(LOCAL))
        answer = await carried(carrier, parcel(kind, {"url": found.origin + path}))
    assert not answer.ok
    assert (answer.retryable, answer.after_seconds, answer.disables) == (
        known.after_seconds is not None,
        known.after_seconds,
        known.gone,
    )
    assert str(code) in (answer.error or "")


@pytest.mark.parametrize(
    ("status", "said", "retryable"),
    [(200, "<html>", True), (200, {"errcode": 999}, False), (502, "bad gateway", True), (404, "", False)],
)
async def test_without_a_receipt_nothing_counts_as_sent(status: int, said: Any, retryable: bool) -> None:
    """A page instead of JSON, an unknown code, a broken gateway: none of them is a delivery."""
    with robots.platform(robots.wecom) as found:
        found.queued.append((status, said))
        answer = await carried(
            RobotCarrier("wecom", guarded_pool(LOCAL)), parcel("wecom", {"url": found.origin + "/send?key=right"})
        )
    assert (answer.ok, answer.retryable) == (False, retryable)


async def test_the_application_fetches_its_token_once_and_anew_when_it_is_over() -> None:
    """One token for many messages; a token that the platform no longer knows is replaced within the same attempt."""
    with robots.platform(robots.wechat) as found:
        carrier = WechatCarrier(guarded_pool(LOCAL))
        address = {"corp_id": "c", "agent_id": "1", "api_secret": "quiet", "to_user": "sun", "api_url": found.origin}
        for _ in range(2):
            assert await carried(carrier, parcel("wechat", address)) == Answer(ok=True, receipt="m-1")
        tokens = [asked for asked in found.came if asked[0].endswith("/gettoken")]
        assert len(tokens) == 1
        found.queued.append((200, {"errcode": 42001, "errmsg": "expired"}))
        assert (await carried(carrier, parcel("wechat", address))).ok
        assert (await carried(carrier, parcel("wechat", address), NOW + timedelta(hours=3))).ok
        # the same message within the platform's time is one message
        assert len(found.taken) == 1
        nobody = await carried(carrier, parcel("wechat", {**address, "to_user": "nobody"}))
        wrong = await carried(carrier, parcel("wechat", {**address, "api_secret": "loud"}))
        asked = await carried(carrier, parcel("wechat", {**address, "to_user": "{duty:x/duty}"}))
    assert (nobody.ok, nobody.retryable, "81013" in (nobody.error or "")) == (False, False, True)
    assert (wrong.ok, "40001" in (wrong.error or "")) == (False, True)
    assert "值班名册" in (asked.error or "")


async def test_a_gateways_200_is_no_receipt() -> None:
    """Only the field that the receiver names counts; the id lets the gateway drop a double."""
    with robots.platform(robots.gateway) as found:
        carrier = SmsCarrier(guarded_pool(LOCAL))
        address = {"url": found.origin, "to": "13800001234", "template_code": "SMS_1", "token": "quiet"}
        for _ in range(2):
            assert await carried(carrier, parcel("sms", address)) == Answer(ok=True, receipt="s-77")
        refused = await carried(carrier, parcel("sms", {**address, "template_code": "SMS_2"}))
        unknown = await carried(carrier, parcel("sms", {**address, "token": "loud"}))
        found.queued.append((503, "busy"))
        busy = await carried(carrier, parcel("sms", address))
    assert found.taken == ["d-1"]
    assert (refused.ok, refused.retryable, "template" in (refused.error or "")) == (False, False, True)
    assert (unknown.ok, unknown.retryable) == (False, False)
    assert (busy.ok, busy.retryable) == (False, True)


@pytest.mark.parametrize("kind", ["wecom", "dingtalk", "feishu"])
async def test_no_robot_leads_inwards(kind: str) -> None:
    """An address in the house is refused before anything is sent, whatever the channel."""
    with robots.platform(robots.wecom) as found:
        carrier = RobotCarrier(kind, guarded_pool(policy_of([])))
        answer = await carried(carrier, parcel(kind, {"url": found.origin + "/send?key=right"}))
    assert (found.came, answer.retryable) == ([], False)
    assert "SUNLIT_EGRESS_ALLOW" in (answer.error or "")


@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
async def test_apprise_takes_the_long_tail() -> None:
    """A service that Apprise knows gets the message; an inner address and a local desktop are refused."""
    with robots.platform(lambda *_: (200, {})) as found:
        url = found.origin.replace("http://", "json://")
        carrier = AppriseCarrier(LOCAL, resolve)
        assert (await carried(carrier, parcel("apprise", {"url": url}))).ok
        shut = await carried(AppriseCarrier(policy_of([]), resolve), parcel("apprise", {"url": url}))
        desktop = await carried(carrier, parcel("apprise", {"url": "syslog://"}))
        found.queued.append((500, ""))
        broken = await carried(carrier, parcel("apprise", {"url": url}))
    assert found.came[0][3]["message"].startswith("红牌 S01")
    assert (shut.ok, shut.retryable, len(found.came)) == (False, False, 2)
    assert (desktop.ok, desktop.retryable) == (False, False)
    assert (broken.ok, broken.retryable) == (False, True)


def test_the_printed_notice_says_what_the_message_says() -> None:
    """A DOCX that Word opens: whom, what, when, and a line to sign for it."""
    made = datetime(2026, 3, 10, 16, 35, tzinfo=UTC)
    raw = build_letter(
        Letter("住房和城乡建设局", "T-1", "红牌 S01", ["红牌 S01", "依据：第四十二条"], made, "http://h/n")
    )
    words = [paragraph.text for paragraph in Document(BytesIO(raw)).paragraphs]
    assert words[0] == "电子监察通知"
    assert "住房和城乡建设局：" in words
    assert words.count("红牌 S01") == 1
    assert any("签收人" in line for line in words)
    assert "2026年3月10日" in words


def test_a_template_replaces_the_words_and_cannot_reach_out() -> None:
    """Jinja2 in a sandbox: it sees the message; a template that fails or reaches out leaves our own words."""
    given = parcel("wecom", {"template": "{{ severity }} {{ alerts[0].labels.severity }} {{ link }}"})
    assert words_of(given, 4096) == "red red http://hall.test/notify/n-1"
    for bad in ("{{ ''.__class__.__mro__ }}", "{{ nothing }}", "{{ alerts[9].labels }}", "{{ 1 / 0 }}"):
        assert words_of(replace(given, address={"template": bad}), 4096) == given.text
    assert problem_of("{% if %}")
    assert problem_of("{{ title }}") == ""


@pytest.mark.parametrize("bytes_max", [60, 120, 500, 2048])
def test_a_cut_text_fits_and_counts_what_it_leaves_out(bytes_max: int) -> None:
    """Whole lines are left out, their number is told, and the size is kept in bytes of UTF-8."""
    text = "\n".join(f"第 {number} 行，超过承诺时限" for number in range(200))
    short = fit(text, bytes_max, "http://h/n")
    assert len(short.encode()) <= bytes_max
    assert short.endswith("http://h/n")
    assert fit("短", bytes_max, "http://h/n") == "短"


def test_a_digest_names_everything_it_carries() -> None:
    """Nothing is lost in a digest."""
    title, text = digest_words(["甲", "乙", "丙"])
    assert title == "合并 3 条通知"
    assert [line.split(" ")[-1] for line in text.split("\n")[1:]] == ["甲", "乙", "丙"]


def test_every_robot_has_a_table_and_a_size() -> None:
    """No robot without its limits."""
    assert set(CODES) == set(BYTES_MAX) == set(ROBOTS)
