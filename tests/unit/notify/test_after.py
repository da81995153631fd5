"""What comes after a first message: working time, chains, mornings, digests, duty, limits; what a file says of it."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml

from libs.common.kernel.errors import DataError
from libs.common.kernel.spine import Batch
from libs.common.runtime.calendars import load_calendars
from services.notify.chains import DIGEST, RELEASE, STEP, Following, LetGo, Stepped, go_on
from services.notify.domain.configuration import read_configuration
from services.notify.domain.duty import Person, Roster
from services.notify.domain.escalation import (
    Digest,
    Step,
    after_working_time,
    is_working_time,
    next_digest,
    next_working_morning,
    when,
)
from services.notify.domain.grouping import Alert, Group, Send
from services.notify.domain.rates import Bucket, Limit, plan
from services.notify.domain.time_intervals import TimeInterval
from services.notify.making import notification_of
from services.notify.ports import Notification, Surroundings

ZONE = ZoneInfo("Asia/Shanghai")
CALENDAR = load_calendars().default
HOUR = 3600.0
STEP_PLACE = "/sunlit/chains/0/steps/0"
FILE = """
route:
  receiver: handlers
  group_by: [org_code]
  sunlit: {escalate: overdue, hold: true, urgent: ['severity="red"'], dedupe: 24h}
  routes:
    - matchers: ['severity="red"']
      receiver: handlers
      sunlit: {everyone: true}
receivers:
  - name: handlers
    email_configs: [{to: "{duty:supervision/duty}"}]
    sunlit:
      inbox_configs: [{post: "{org_code}/handler"}]
      sms_configs: [{url: "https://sms.invalid", to: "{duty:supervision/duty}", template_code: T1}]
  - name: heads
    sunlit: {inbox_configs: [{post: "{org_code}/head"}]}
sunlit:
  chains:
    - {name: overdue, steps: [{after: 30m, receiver: heads}, {working: 4h, receiver: handlers}], rounds: 2}
  rosters:
    - post: supervision/duty
      start_on: 2026-03-02
      people: [{name: 甲, email: a@h.test, mobile: "13800000001"}, {name: 乙, email: b@h.test}]
  digests: [{name: morning, receiver: heads, at: "08:30"}]
  limits: {wecom: 10/1m}
"""


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


@pytest.mark.parametrize(
    ("since", "hours", "expected"),
    [
        ("2026-03-10T09:00", 2, "2026-03-10T11:00"),
        ("2026-03-10T11:00", 2, "2026-03-10T14:30"),
        ("2026-03-10T16:30", 2, "2026-03-11T09:30"),
        ("2026-03-10T20:00", 1, "2026-03-11T09:30"),
        ("2026-03-13T17:00", 1, "2026-03-16T09:00"),
        # 春节 2026: 15–23 February rest, Saturday the 14th is worked
        ("2026-02-13T17:00", 1, "2026-02-14T09:00"),
        ("2026-02-14T17:00", 1, "2026-02-24T09:00"),
    ],
)
def test_working_time_stops_at_night_at_noon_and_on_days_of_rest(since: str, hours: int, expected: str) -> None:
    """Hours of a chain are hours at the desk, by the legal calendar with its make-up days."""
    assert after_working_time(at(since), hours * HOUR, ZONE, CALENDAR) == at(expected)
    assert when(Step("r", hours * HOUR), at(since), ZONE, CALENDAR) == at(since) + timedelta(hours=hours)


@pytest.mark.parametrize(
    ("now", "morning"),
    [
        ("2026-03-10T07:00", "2026-03-10T08:30"),
        ("2026-03-10T18:00", "2026-03-11T08:30"),
        ("2026-03-13T18:00", "2026-03-16T08:30"),
        ("2026-02-14T18:00", "2026-02-24T08:30"),
    ],
)
def test_what_is_held_goes_out_on_the_next_working_morning(now: str, morning: str) -> None:
    """Rules §11: next working morning 08:30, holidays passed over."""
    assert not is_working_time(at(now), ZONE, CALENDAR)
    assert next_working_morning(at(now), ZONE, CALENDAR) == at(morning)
    assert is_working_time(at(morning), ZONE, CALENDAR)


def test_a_digest_comes_each_working_day() -> None:
    """The next one after a Friday's is Monday's; one of calendar days comes on Saturday."""
    friday = at("2026-03-13T08:30")
    assert next_digest(Digest("d", "r", time(8, 30)), friday, CALENDAR) == at("2026-03-16T08:30")
    assert next_digest(Digest("d", "r", time(8, 30), workdays=False), friday, CALENDAR) == at("2026-03-14T08:30")


ROTA = Roster(
    "supervision/duty",
    (Person("甲"), Person("乙"), Person("丙")),
    date(2026, 3, 2),
    rest_people=(Person("丁"), Person("戊")),
    swaps={date(2026, 3, 12): "丙"},
)


@pytest.mark.parametrize(
    ("moment", "name"),
    [
        ("2026-03-02T09:00", "甲"),
        ("2026-03-09T08:29", "丁"),
        ("2026-03-09T08:30", "乙"),
        ("2026-03-12T10:00", "丙"),
        ("2026-03-14T10:00", "丁"),
        ("2026-03-15T10:00", "戊"),
        ("2026-02-14T10:00", "甲"),
        ("2026-03-23T10:00", "甲"),
    ],
)
def test_who_is_on_duty(moment: str, name: str) -> None:
    """Weeks take turns, days of rest have their own rota, a swap wins, and before the handover it is yesterday's."""
    assert ROTA.on_duty(at(moment), CALENDAR).name == name


def test_a_bucket_lets_through_merges_and_delays_but_never_drops() -> None:
    """Every waiting message is alone, host, rider, or told until when it waits."""
    limit, now = Limit(3, 60.0), at("2026-03-10T09:00")
    ids = [str(n) for n in range(10)]
    first = plan(ids, None, limit, now)
    assert (first.alone, first.host, len(first.riders)) == (("0", "1"), "2", 7)
    later = plan(ids, first.bucket, limit, now + timedelta(seconds=1))
    assert later.wait_until is not None
    assert later.wait_until > now
    again = plan(ids[:1], later.bucket, limit, later.wait_until)
    assert again.alone == ("0",)
    assert plan(ids[:3], Bucket(3.0, now), limit, now - timedelta(hours=1)).alone == ("0", "1", "2")


@pytest.mark.parametrize(
    ("interval", "moment", "inside"),
    [
        (TimeInterval(times=((510, 1050),), location="Asia/Shanghai"), "2026-03-10T17:29", True),
        (TimeInterval(times=((510, 1050),), location="Asia/Shanghai"), "2026-03-10T17:30", False),
        (TimeInterval(weekdays=((0, 0), (6, 6))), "2026-03-14T12:00", True),
        (TimeInterval(days_of_month=((-1, -1),)), "2026-02-28T12:00", True),
        (TimeInterval(days_of_month=((31, 31),)), "2026-02-28T12:00", False),
        (TimeInterval(days_of_month=((25, 31),)), "2026-02-28T12:00", True),
        (TimeInterval(months=((1, 2),), years=((2026, 2026),)), "2026-03-01T00:30", True),
        (TimeInterval(months=((1, 2),), location="Asia/Shanghai"), "2026-03-01T00:30", False),
        (TimeInterval(workdays=False, location="Asia/Shanghai"), "2026-02-16T10:00", True),
        (TimeInterval(workdays=True, location="Asia/Shanghai"), "2026-02-14T10:00", True),
    ],
)
def test_an_interval_holds_an_instant_or_not(interval: TimeInterval, moment: str, inside: bool) -> None:
    """Ends of times do not count, spans do; days count from the month's end; make-up days are worked."""
    assert interval.contains(at(moment), CALENDAR) is inside


def surroundings(moment: str) -> Surroundings:
    now = at(moment)
    return Surroundings(
        read_configuration(yaml.safe_load(FILE)), legal_now=now, zone=ZONE, calendar=CALENDAR, wall_now=now
    )


def made(moment: str, severity: str = "yellow") -> Notification:
    """The first notification of a card at that moment."""
    context = surroundings(moment)
    labels = {"alertname": "S02", "severity": severity, "org_code": "QX-ZJ", "case_no": "C1"}
    alert = Alert("K-1", labels, {"summary": "超期"}, at(moment))
    node = context.routing.root if severity != "red" else context.routing.root.routes[0]
    group = Group("g", node.path, node.receiver, {"org_code": "QX-ZJ"}, {"K-1": alert})
    said = Send("new", (alert,), ())
    return notification_of(group, node, {"all": said, "firing": said}, context, at(moment))


def test_at_night_only_what_is_urgent_disturbs() -> None:
    """The inbox gets it at once, mail and SMS wait for the morning; a red card passes; by day nothing waits."""
    held = {way.channel: way.held for way in made("2026-03-10T22:00").deliveries}
    assert held == {"inbox": False, "email": True, "sms": True}
    assert not any(way.held for way in made("2026-03-10T22:00", "red").deliveries)
    assert not any(way.held for way in made("2026-03-10T10:00").deliveries)


def test_the_one_on_duty_is_addressed_and_numbers_are_masked() -> None:
    """The person on duty gets mail and SMS; who has no number stays a question, which the channel fails."""
    first = {way.channel: way for way in made("2026-03-03T10:00").deliveries}
    assert first["email"].target == "a@h.test"
    assert (first["sms"].target, (first["sms"].address or {})["to"]) == ("138****0001", "13800000001")
    second = {way.channel: way for way in made("2026-03-10T10:00").deliveries}
    assert (second["email"].target, second["sms"].target) == ("b@h.test", "{duty:supervision/duty}")


def test_doubles_are_known_by_receiver_template_case_and_level() -> None:
    """The same of the same case is one; another level is another; a reminder is none of them."""
    by_day, later = made("2026-03-10T10:00"), made("2026-03-10T11:00")
    keys = [way.dedupe_key for way in by_day.deliveries]
    assert keys == [way.dedupe_key for way in later.deliveries]
    assert len(set(keys)) == 3
    assert not set(keys) & {way.dedupe_key for way in made("2026-03-10T10:00", "red").deliveries}


def step(state: Following, moment: str, kind: str = STEP, subject: str = "n") -> Any:
    return go_on(Batch({subject: state}, surroundings(moment), (), ((subject, kind),), at(moment)))


def test_a_chain_climbs_until_somebody_signs() -> None:
    """Heads after 30 minutes, again in working hours, round after round; each step is a fact."""
    first = made("2026-03-10T16:00")
    alert = Alert("K-1", {"org_code": "QX-ZJ", "severity": "yellow"}, {"summary": "超期"}, at("2026-03-10T16:00"))
    state = Following(notification=first, alerts=(alert,))
    outcome = step(state, "2026-03-10T16:30")
    told, done = outcome.extra
    assert (told.receiver, told.reason, told.deliveries[0].target) == ("heads", "escalated", "QX-ZJ/head")
    assert "升级第 1 步" in told.title
    assert done == Stepped(first.notification_id, 1)
    assert [(look.kind, look.due_at) for look in outcome.looks["n"]] == [(STEP, at("2026-03-11T11:30"))]
    assert [fact.event.type for fact in outcome.facts] == ["notify.notification.escalated"]
    last = step(Following(notification=first, alerts=(alert,), step=3), "2026-03-12T10:00")
    assert (len(last.extra), last.looks) == (2, {})


@pytest.mark.parametrize(
    "changes", [{"signed": True}, {"superseded": True}, {"alerts": ()}, {"step": 4}], ids=lambda c: next(iter(c))
)
def test_a_chain_ends_with_a_signature_or_with_the_matter(changes: dict[str, Any]) -> None:
    """Signed, told anew, over, or at its end: nobody is disturbed any more."""
    first = made("2026-03-10T16:00")
    alert = Alert("K-1", {"org_code": "QX-ZJ"}, {}, at("2026-03-10T16:00"))
    state = Following(**{"notification": first, "alerts": (alert,), **changes})
    outcome = step(state, "2026-03-10T16:30")
    assert (outcome.extra, outcome.looks, outcome.facts) == ((), {}, ())


def test_held_messages_are_let_go_and_digests_name_no_case() -> None:
    """The morning lets go; the leaders' digest has organisations and numbers only, and its next day."""
    assert step(Following(), "2026-03-11T08:30", RELEASE, "release:n").extra == (LetGo("n"),)
    counts = ({"org_code": "QX-ZJ", "org_name": "住房和城乡建设局", "notice": 1, "yellow": 2, "red": 0},)
    outcome = step(Following(counts=counts), "2026-03-13T08:30", DIGEST, "digest:morning")
    (told,) = outcome.extra
    assert told.title == "3 月 13 日监察摘要：预警 1、黄牌 2、红牌 0"
    assert told.lines == ("住房和城乡建设局 预警 1、黄牌 2、红牌 0",)
    assert not any("case_no" in alert["labels"] for alert in told.alerts)
    assert outcome.looks["digest:morning"][0].due_at == at("2026-03-16T08:30")
    assert step(Following(), "2026-03-13T08:30", DIGEST, "digest:gone").extra == ()


@pytest.mark.parametrize(
    ("own", "pointer", "code"),
    [
        ("chains: [{name: a, steps: [{after: 9m, receiver: x}]}]", f"{STEP_PLACE}/receiver", "UNKNOWN_RECEIVER"),
        ("chains: [{name: a, steps: [{after: 5s, receiver: r}]}]", STEP_PLACE, "BAD_DURATION"),
        ("chains: [{name: a, steps: []}]", "/sunlit/chains/0/steps", "MISSING_FIELD"),
        ("rosters: [{post: p, people: [], start_on: 2026-03-02}]", "/sunlit/rosters/0/people", "MISSING_FIELD"),
        ("rosters: [{post: p, people: [{name: a}], start_on: soon}]", "/sunlit/rosters/0/start_on", "BAD_DATE"),
        (
            "rosters: [{post: p, people: [{name: a}], start_on: 2026-03-02, swaps: [{day: 2026-03-03, name: b}]}]",
            "/sunlit/rosters/0/swaps/0/name",
            "UNKNOWN_PERSON",
        ),
        ("digests: [{name: d, receiver: x}]", "/sunlit/digests/0/receiver", "UNKNOWN_RECEIVER"),
        ("limits: {wecom: fast}", "/sunlit/limits/wecom", "BAD_RATE"),
        ("deadman: [{name: d, within: 5m}]", "/sunlit/deadman/0/matchers", "MISSING_FIELD"),
        ("more: 1", "/sunlit/more", "UNSUPPORTED"),
    ],
)  # fmt: skip
def test_what_a_file_says_beyond_alertmanager_is_checked_by_place(own: str, pointer: str, code: str) -> None:
    """Chains, rosters, digests and limits are refused with their place, like all else."""
    document = f"route: {{receiver: r}}\nreceivers: [{{name: r}}]\nsunlit: {{{own}}}\n"
    with pytest.raises(DataError) as refused:
        read_configuration(yaml.safe_load(document))
    assert (pointer, code) in [(problem.pointer, problem.code) for problem in refused.value.problems]


def test_an_unknown_chain_is_refused_where_it_is_named() -> None:
    """A node cannot escalate into nothing."""
    with pytest.raises(DataError) as refused:
        read_configuration({"route": {"receiver": "r", "sunlit": {"escalate": "x"}}, "receivers": [{"name": "r"}]})
    assert [problem.pointer for problem in refused.value.problems] == ["/route/sunlit/escalate"]
