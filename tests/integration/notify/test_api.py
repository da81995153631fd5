"""The routing file, acts of persons and lists over HTTP."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.integration.notify.conftest import API, House
from tests.unit.notify.makers import NOW, card

pytestmark = pytest.mark.engines

GOOD = """
route:
  receiver: desk
  routes:
    - {matchers: ['severity="red"'], receiver: heads, group_by: [org_code]}
receivers:
  - {name: desk, sunlit: {inbox_configs: [{post: supervision/duty}]}}
  - {name: heads, sunlit: {inbox_configs: [{post: "{org_code}/head"}]}}
"""


async def one(house: House) -> str:
    """A card that has been told; the id of its notification."""
    await house.take(card())
    await house.tell()
    await house.deliver()
    house.seen.clear()
    return str((await house.get("/notifications"))["items"][0]["notification_id"])


async def test_a_routing_file_is_in_force_when_the_answer_arrives(house: House) -> None:
    """PUT, then the trial and GET speak of it, with its version as ETag."""
    before = await house.client.get(f"{API}/routing", headers=house.bearer("auditor"))
    assert (before.headers["etag"], before.headers["content-type"]) == ('"0"', "application/yaml")
    answer = await house.put(GOOD)
    assert answer.json() == {"version": 1, "receivers": ["desk", "heads"]}
    after = await house.client.get(f"{API}/routing", headers=house.bearer("operator"))
    assert (after.text, after.headers["etag"]) == (GOOD, '"1"')
    tried = await house.client.post(
        f"{API}/routing:test",
        json={"labels": {"severity": "red", "org_code": "QX-ZJ"}, "at": "2026-03-10T09:00:00+08:00"},
        headers=house.bearer("supervisor"),
    )
    assert tried.json()["receivers"] == ["heads"]
    (hit,) = tried.json()["hits"]
    assert (hit["route"], hit["group"]) == ("/0", {"org_code": "QX-ZJ"})
    assert hit["targets"] == [{"channel": "inbox", "target": "{org_code}/head", "send_resolved": False}]
    assert [receiver["name"] for receiver in await house.get("/receivers")] == ["desk", "heads"]


@pytest.mark.parametrize(
    ("document", "found"),
    [
        ("route: {receiver: nobody}\nreceivers: []", {("UNKNOWN_RECEIVER", "/route/receiver")}),
        (
            "route: {receiver: a, group_wait: soon, routes: [{matchers: ['x']}]}\nreceivers: [{name: a}]",
            {("BAD_DURATION", "/route/group_wait"), ("BAD_MATCHER", "/route/routes/0/matchers/0")},
        ),
        (
            "route: {receiver: a}\nreceivers: [{name: a, slack_configs: []}]\ntracing: {}",
            {("UNSUPPORTED", "/receivers/0/slack_configs"), ("UNSUPPORTED", "/tracing")},
        ),
        (
            "route: {receiver: a}\nreceivers: [{name: a, webhook_configs: [{url: 'http://x', max_alerts: many}]}]",
            {("BAD_NUMBER", "/receivers/0/webhook_configs/0/max_alerts")},
        ),
        ("route: [", {("BAD_YAML", "")}),
        ("a: &a [1]\nroute: *a", {("ALIAS", "")}),
    ],
)
async def test_a_bad_routing_file_is_refused_at_its_places(
    house: House, document: str, found: set[tuple[str, str]]
) -> None:
    """422 with every problem and its pointer; the old tree stays in force."""
    answer = await house.put(document)
    assert answer.status_code == 422
    assert {(e["code"], e["pointer"]) for e in answer.json()["errors"]} >= found
    assert (await house.sql("SELECT count(*) FROM routing"))[0][0] == 0


async def test_a_routing_file_needs_its_type_its_role_and_the_version_that_was_read(house: House) -> None:
    """415, 403 and 409."""
    assert (await house.put(GOOD, **{"content-type": "application/json"})).status_code == 415
    assert (await house.put(GOOD, "department")).status_code == 403
    assert (await house.put(GOOD, **{"if-match": '"0"'})).status_code == 200
    late = await house.put(GOOD, **{"if-match": '"0"'})
    assert (late.status_code, late.json()["errors"][0]["code"]) == (409, "CHANGED_MEANWHILE")


async def test_what_fires_moves_into_the_groups_of_a_new_tree(house: House) -> None:
    """An alert that waits in a group of the old tree is told by the new one."""
    await house.take(card())
    await house.put("route: {receiver: only}\nreceivers: [{name: only, sunlit: {inbox_configs: [{post: a/b}]}}]")
    await house.tell()
    (item,) = (await house.get("/notifications"))["items"]
    assert item["receiver"] == "only"
    assert (await house.sql("SELECT count(*) FROM due WHERE line = 'groups'"))[0][0] == 1


async def test_a_person_signs_once_and_it_is_told(house: House) -> None:
    """The fact names who; a second signature is refused; it can be taken back."""
    found = await one(house)
    signed = (await house.act(found, "ack")).json()
    assert (signed["state"], signed["acknowledged_by"]) == ("acknowledged", "supervisor-1")
    again = await house.act(found, "ack", "operator")
    assert (again.status_code, again.json()["errors"][0]["code"]) == (409, "ALREADY_ACKNOWLEDGED")
    await house.relay()
    (fact,) = house.seen
    assert (fact.type, fact.data.by, fact.time) == ("notify.notification.acknowledged", "supervisor-1", NOW)
    assert (await house.act(found, "unack")).json()["state"] == "waiting"
    assert (await house.act(found, "unack")).status_code == 409


async def test_a_snoozed_notification_waits_again_later(house: House) -> None:
    """It leaves the list of what waits until its moment."""
    found = await one(house)
    assert (await house.act(found, "snooze", minutes=30)).json()["state"] == "snoozed"
    assert (await house.get("/notifications", state="waiting"))["items"] == []
    await house.sql("UPDATE notification SET snoozed_until = now() - interval '1 second'")
    assert len((await house.get("/notifications", state="waiting"))["items"]) == 1


async def test_an_organisation_sees_its_own_inbox_only(house: House) -> None:
    """Scope by organisation hides what is not theirs, in lists and in acts."""
    found = await one(house)
    own, other = (house.bearer("department", orgs=(org,)) for org in ("QX-ZJ", "QX-JY"))
    assert len((await house.client.get(f"{API}/notifications", headers=own)).json()["items"]) == 1
    assert (await house.client.get(f"{API}/notifications", headers=other)).json()["items"] == []
    assert (await house.client.get(f"{API}/deliveries", headers=other)).json()["items"] == []
    assert (await house.client.post(f"{API}/notifications/{found}:ack", headers=other)).status_code == 404
    assert (await house.client.post(f"{API}/notifications/{found}:ack", headers=own)).status_code == 200
    assert (await house.act(found, "unack", "auditor")).status_code == 403
    assert (await house.client.get(f"{API}/notifications")).status_code == 401


async def test_lists_are_paged_by_cursor(house: House) -> None:
    """Three notifications in pages of two, each seen once; a cursor of another list is refused."""
    for number in range(3):
        await house.take(card(f"K-{number}", org_code=f"QX-{number}"))
    await house.tell()
    first = await house.get("/notifications", limit=2)
    second = await house.get("/notifications", limit=2, cursor=first["next_cursor"])
    ids = [item["notification_id"] for item in first["items"] + second["items"]]
    assert (len(ids), len(set(ids)), second["next_cursor"]) == (3, 3, None)
    foreign = await house.client.get(
        f"{API}/deliveries", params={"cursor": first["next_cursor"]}, headers=house.bearer("operator")
    )
    assert foreign.status_code == 422


async def test_a_test_message_takes_the_real_way(house: House) -> None:
    """The receiver's inbox gets it; an unknown receiver is 404."""
    await house.put(GOOD)
    headers = house.bearer("operator")
    sent = await house.client.post(f"{API}/receivers/desk:test", headers=headers)
    assert (sent.status_code, sent.json()["reason"]) == (202, "test")
    await house.deliver()
    shown = await house.get(f"/notifications/{sent.json()['notification_id']}")
    assert [(way["target"], way["state"]) for way in shown["deliveries"]] == [("supervision/duty", "sent")]
    assert (await house.client.post(f"{API}/receivers/nobody:test", headers=headers)).status_code == 404


async def test_a_repeated_reminder_takes_the_place_of_the_earlier_one(house: House) -> None:
    """Only the newest notification of a group waits for a signature."""
    await one(house)
    await house.sql("UPDATE due SET due_at = now()")
    await house.tell(timedelta(days=2))
    states = [item["state"] for item in (await house.get("/notifications"))["items"]]
    assert states == ["waiting", "replaced"]
