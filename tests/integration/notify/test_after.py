"""After the first message, on a real PostgreSQL: signatures of everyone, chains, mornings, limits, doubles, digests."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.integration.notify.conftest import API, House
from tests.unit.notify import robots
from tests.unit.notify.makers import NOW, card

pytestmark = pytest.mark.engines
HOUR = timedelta(hours=1)
OPEN = "SELECT state, count(*) FROM delivery GROUP BY state"


def tree(robot: str = "") -> str:
    """A chain, two posts that must both sign, holding, doubles, digests, and a robot if one is given."""
    wecom = f"wecom_configs: [{{url: '{robot}'}}]" if robot else ""
    return f"""
route:
  receiver: desk
  group_by: [org_code]
  group_wait: 1s
  sunlit: {{escalate: overdue, hold: true, urgent: ['severity="red"'], dedupe: 24h}}
  routes:
    - matchers: ['severity="red"']
      sunlit: {{everyone: true}}
      continue: true
      receiver: desk
    - matchers: ['severity="red"']
      receiver: again
receivers:
  - name: desk
    sunlit:
      inbox_configs: [{{post: "{{org_code}}/handler"}}, {{post: supervision/duty}}]
      {wecom}
  - name: again
    sunlit:
      inbox_configs: [{{post: supervision/duty}}]
      {wecom}
  - name: heads
    sunlit: {{inbox_configs: [{{post: "{{org_code}}/head"}}]}}
sunlit:
  chains: [{{name: overdue, steps: [{{after: 30m, receiver: heads}}]}}]
  digests: [{{name: morning, receiver: heads, at: "08:30"}}]
  deadman: [{{name: prometheus, matchers: ['alertname="Watchdog"'], within: 5m}}]
  heartbeat: true
"""


async def states(house: House) -> dict[str, int]:
    return {row.state: row.count for row in await house.sql(OPEN)}


async def test_everyone_signs_and_only_then_it_is_signed(house: House) -> None:
    """Two posts: the first signature is kept and shown, the second makes the fact; one's own can be taken back."""
    await house.put(tree())
    await house.take(card())
    await house.tell()
    found = next(i for i in (await house.get("/notifications"))["items"] if i["receiver"] == "desk")
    path = f"{API}/notifications/{found['notification_id']}"
    handler = house.bearer("department", "王", orgs=("QX-ZJ",))
    first = (await house.client.post(f"{path}:ack", headers=handler)).json()
    assert (first["state"], first["signatures"], first["everyone"]) == ("waiting", ["QX-ZJ/handler 王"], True)
    assert (await house.client.post(f"{path}:ack", headers=handler)).status_code == 409
    await house.relay()
    assert house.seen == []
    second = (await house.act(found["notification_id"], "ack")).json()
    assert (second["state"], len(second["signatures"])) == ("acknowledged", 2)
    await house.relay()
    assert [event.type for event in house.seen] == ["notify.notification.acknowledged"]
    back = (await house.client.post(f"{path}:unack", headers=handler)).json()
    assert (back["state"], back["signatures"]) == ("waiting", ["supervision/duty supervisor-1"])


async def test_a_chain_tells_the_heads_when_nobody_signs(house: House) -> None:
    """After half an hour of the legal clock the heads know, once; a signature in time stops it."""
    await house.put(tree())
    await house.take(card("K-1", "yellow"), card("K-2", "yellow", org_code="QX-SW", case_no="C2"))
    await house.tell()
    first, other = (await house.get("/notifications"))["items"]
    await house.act(other["notification_id"], "ack")
    await house.go_on()
    assert len((await house.get("/notifications"))["items"]) == 2
    house.set_legal(NOW + HOUR)
    await house.go_on()
    await house.go_on()
    (told,) = (await house.get("/notifications", receiver="heads"))["items"]
    assert (told["reason"], "升级" in told["title"]) == ("escalated", True)
    again = await house.get(f"/notifications/{first['notification_id']}")
    assert (again["chain"], again["step"]) == ("overdue", 1)
    await house.relay()
    kinds = [event.type.removeprefix("notify.notification.") for event in house.seen]
    assert sorted(kinds) == ["acknowledged", "escalated"]


async def test_a_person_escalates_at_once(house: House) -> None:
    """The next step is taken now; when there is none left, or somebody signed, it is refused and says why."""
    await house.put(tree())
    await house.take(card("K-1", "yellow"))
    await house.tell()
    (first,) = (await house.get("/notifications"))["items"]
    assert (await house.act(first["notification_id"], "escalate")).status_code == 200
    await house.go_on()
    assert len((await house.get("/notifications", receiver="heads"))["items"]) == 1
    again = await house.act(first["notification_id"], "escalate")
    assert (again.status_code, again.json()["errors"][0]["code"]) == (409, "NO_STEP")
    await house.act(first["notification_id"], "ack")
    signed = await house.act(first["notification_id"], "escalate")
    assert signed.json()["errors"][0]["code"] == "ALREADY_ACKNOWLEDGED"


async def test_what_is_held_goes_out_in_the_morning(house: House) -> None:
    """At ten in the evening the inbox has it and the robot waits; at half past eight of the next day it goes out."""
    house.set_legal(datetime.fromisoformat("2026-03-10T22:00:00+08:00"))
    with robots.platform(robots.wecom) as robot:
        await house.put(tree(f"{robot.origin}/send?key=right"))
        await house.take(card("K-1", "yellow"))
        await house.tell()
        await house.deliver()
        assert (robot.taken, await states(house)) == ([], {"pending": 1, "sent": 2})
        (held,) = (await house.get("/deliveries", state="pending"))["items"]
        assert (held["held"], held["next_at"]) == (True, None)
        house.set_legal(datetime.fromisoformat("2026-03-11T08:30:00+08:00"))
        await house.go_on()
        await house.deliver()
        # the fourth is the heads' inbox: nobody had signed within half an hour
        assert (len(robot.taken), await states(house)) == (1, {"sent": 4})


async def test_over_the_limit_messages_merge_and_none_is_dropped(house: House) -> None:
    """Sixty groups, one robot of twenty a minute: it never refuses, and every card's name arrives."""
    with robots.platform(robots.wecom) as robot:
        await house.put(tree(f"{robot.origin}/send?key=right"))
        await house.take(*(card(f"K-{n}", "yellow", org_code=f"O-{n}", case_no=f"C-{n}") for n in range(60)))
        await house.tell()
        for _ in range(6):
            await house.deliver()
        assert await states(house) == {"sent": 20 + 120, "merged": 40}
        assert len(robot.taken) == 20
        assert all(f" C-{n}" in "\n".join(robot.taken) for n in range(60))
        assert not any(asked[3] is None for asked in robot.came)
    assert len([1 for kind, channel in house.told() if (kind, channel) == ("merged", "wecom")]) == 40
    watched, _ = await house.watch()
    assert (watched.lost, watched.pending) == (0, 0)


async def test_nobody_is_told_twice_of_the_same(house: House) -> None:
    """Two nodes reach the same robot and post: one message each, the double is merged into it and says so."""
    with robots.platform(robots.wecom) as robot:
        await house.put(tree(f"{robot.origin}/send?key=right"))
        await house.take(card())
        await house.tell()
        await house.deliver()
        await house.deliver()
        assert len(robot.taken) == 1
        assert "合并" not in robot.taken[0]
    assert await states(house) == {"sent": 3, "merged": 2}
    await house.take(card("K-1", at=NOW + HOUR))
    await house.sql("UPDATE alert_group SET told = NULL")
    await house.sql("UPDATE due SET due_at = now() - interval '1 hour'")
    await house.tell(timedelta(minutes=2))
    await house.relay()
    assert (await states(house))["merged"] == 2 + 5
    assert [kind for kind, channel in house.told() if channel == "wecom"].count("merged") == 1 + 2


async def test_the_leaders_digest_counts_and_names_no_case(house: House) -> None:
    """The watch sets its moment; the next working morning it is told, with organisations and numbers only."""
    await house.put(tree())
    await house.take(card(), card("K-2", "notice", case_no="C2"))
    await house.tell()
    await house.watch()
    house.set_legal(datetime.fromisoformat("2026-03-11T08:30:00+08:00"))
    await house.go_on()
    found = [i for i in (await house.get("/notifications", receiver="heads"))["items"] if i["reason"] == "digest"]
    assert [item["title"] for item in found] == ["3 月 11 日监察摘要：预警 1、黄牌 0、红牌 1"]
    assert "JC-2026" not in str(found)


async def test_notify_watches_itself(house: House) -> None:
    """A failure, a silent partner and the heartbeat go out as alerts of its own; the metrics say the same."""
    await house.put(tree())
    await house.take(card())
    await house.tell()
    await house.sql(
        "UPDATE delivery SET state = 'failed', error = '坏', settled_at = now(), channel = 'sms' WHERE delivery_id ="
        " (SELECT delivery_id FROM delivery WHERE target = 'QX-ZJ/handler')"
    )
    watched, registry = await house.watch()
    assert (watched.failed, watched.missing, watched.lost) == ({"sms": 1}, ("prometheus",), 0)
    assert registry.get_sample_value("sunlit_notify_failed_last_hour", {"channel": "sms"}) == 1
    assert registry.get_sample_value("sunlit_notify_deadman_missing") == 1
    alerts = await house.client.get("/alertmanager/api/v2/alerts", headers=house.bearer("operator"))
    names = {row["labels"]["alertname"] for row in alerts.json()}
    assert names >= {"SunlitNotifyGaveUp", "SunlitDeadman", "SunlitHeartbeat"}
    await house.sql("DELETE FROM due WHERE line = 'groups'")
    lost, registry = await house.watch()
    assert lost.lost > 0
    assert registry.get_sample_value("sunlit_notify_lost") == lost.lost


async def test_the_tester_says_who_is_told_when(house: House) -> None:
    """At night: the node, the moment, what waits for the morning, and who is told next."""
    await house.put(tree("https://robot.invalid/send?key=right"))
    asked = {"labels": {"severity": "yellow", "org_code": "QX-ZJ"}, "at": "2026-03-10T22:00:00+08:00"}
    answer = await house.client.post(f"{API}/routing:test", json=asked, headers=house.bearer("operator"))
    (hit,) = answer.json()["hits"]
    assert (hit["first_at"], hit["held_until"]) == ("2026-03-10T22:00:01+08:00", "2026-03-11T08:30:00+08:00")
    ways = {(way["channel"], way["target"], way["held"]) for way in hit["ways"]}
    assert ("inbox", "QX-ZJ/handler", False) in ways
    assert [(way[0], way[2]) for way in ways if way[0] == "wecom"] == [("wecom", True)]
    assert hit["steps"] == [{"at": "2026-03-10T22:30:01+08:00", "receiver": "heads"}]
    assert "right" not in answer.text
