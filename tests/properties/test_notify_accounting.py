"""No alert is ever lost: whatever comes, whatever fails, each ends in one of the named ways."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from services.notify.domain.accounting import Standing, Way, end_of
from services.notify.domain.configuration import read_configuration
from services.notify.domain.delivery import Again, Answer, Delivered, judge
from services.notify.domain.matchers import Matcher
from services.notify.domain.rates import Bucket, Limit, plan
from services.notify.domain.silences import Silence
from tests.unit.notify.simulated import SimulatedHouse

START = datetime(2026, 3, 9, 9, tzinfo=UTC)
LIMIT = Limit(3, 60.0)
ROBOT = {"url": "https://robot.invalid/send?key=k"}
FILE = {
    "global": {"resolve_timeout": "10m"},
    "route": {
        "receiver": "desk",
        "group_by": ["org"],
        "group_wait": "10s",
        "group_interval": "1m",
        "repeat_interval": "1h",
        "routes": [
            {"matchers": ['sev="notice"'], "receiver": "robot", "mute_time_intervals": ["night"], "group_by": ["..."]},
            {"matchers": ['org="nobody"'], "receiver": "silent"},
        ],
    },
    "receivers": [
        {"name": "desk", "sunlit": {"inbox_configs": [{"post": "x/desk"}], "wecom_configs": [ROBOT]}},
        {"name": "robot", "sunlit": {"wecom_configs": [ROBOT]}},
        {"name": "silent"},
    ],
    "inhibit_rules": [{"source_matchers": ['sev="red"'], "target_matchers": ['sev="yellow"'], "equal": ["org"]}],
    "time_intervals": [
        {"name": "night", "time_intervals": [{"times": [{"start_time": "12:00", "end_time": "24:00"}]}]}
    ],
}
ANSWERS = st.sampled_from(
    [Answer(ok=True, receipt="r"), Answer(ok=False, retryable=True, error="忙"), Answer(ok=False, error="坏")]
)


@dataclass
class Sent:
    """One delivery as the database would keep it."""

    notification: int
    channel: str
    state: str = "pending"
    next_at: datetime = START
    attempts: int = 0
    error: str = ""
    host: int | None = None


@dataclass
class Post:
    """The deliverer over memory: buckets, digests, attempts."""

    rows: list[Sent] = field(default_factory=list)
    bucket: Bucket | None = None

    def take_in(self, house: SimulatedHouse, seen: int) -> None:
        """New notifications put their deliveries in line."""
        for number in range(seen, len(house.told)):
            self.rows += [Sent(number, way.channel, next_at=house.now) for way in house.told[number].deliveries]

    def due(self, now: datetime) -> list[int]:
        """What goes now: everything without a limit, and what the bucket of the robot holds."""
        waiting = [
            n for n, row in enumerate(self.rows) if row.state == "pending" and row.host is None and row.next_at <= now
        ]
        free = [n for n in waiting if self.rows[n].channel != "wecom"]
        limited = {str(n): n for n in waiting if self.rows[n].channel == "wecom"}
        found = plan(list(limited), self.bucket, LIMIT, now)
        self.bucket = found.bucket
        for name in limited if found.wait_until is not None else ():
            assert found.wait_until is not None
            self.rows[limited[name]].next_at = found.wait_until
        for name in found.riders:
            rider = limited[name]
            assert found.host is not None
            for row in self.rows:
                if row.host == rider:
                    row.host = limited[found.host]
            self.rows[rider].host = limited[found.host]
        hosts = [limited[found.host]] if found.host is not None else []
        return [*free, *(limited[name] for name in found.alone), *hosts]

    def settle(self, number: int, answer: Answer, now: datetime) -> None:
        """What follows from an attempt, for the riders too."""
        row = self.rows[number]
        row.attempts += 1
        verdict = judge(answer, row.attempts, now, 0.5)
        if isinstance(verdict, Again):
            row.next_at, row.error = verdict.at, verdict.error
            return
        riders = [other for other in self.rows if other.host == number and other.state == "pending"]
        good = isinstance(verdict, Delivered)
        row.state, row.error = ("sent", "") if good else ("failed", getattr(verdict, "error", ""))
        for rider in riders:
            rider.state, rider.error = ("merged", "") if good else ("failed", row.error)


class Accounting(RuleBasedStateMachine):
    """Alerts, silences, time and a robot in trouble, in any order."""

    @initialize()
    def begin(self) -> None:
        self.house = SimulatedHouse(read_configuration(FILE), START)
        self.post = Post()
        self.signed: set[int] = set()

    @rule(
        org=st.sampled_from(["a", "b", "nobody"]),
        sev=st.sampled_from(["red", "yellow", "notice"]),
        number=st.integers(0, 3),
        ends=st.sampled_from([None, 0, 5]),
    )
    def push(self, org: str, sev: str, number: int, ends: int | None) -> None:
        raw: dict[str, object] = {"labels": {"org": org, "sev": sev, "n": str(number)}}
        if ends is not None:
            raw["endsAt"] = (self.house.now + timedelta(minutes=ends)).isoformat()
        self.house.push([raw])

    @rule(sev=st.sampled_from(["red", "notice"]), minutes=st.integers(1, 90))
    def silence(self, sev: str, minutes: int) -> None:
        now = self.house.now
        matcher = (Matcher("sev", "=", sev),)
        self.house.silences[sev] = Silence(sev, matcher, now, now + timedelta(minutes=minutes), "p", "c", now)

    @rule(seconds=st.sampled_from([5, 30, 61, 600, 7200]), answer=ANSWERS)
    def time_passes(self, seconds: int, answer: Answer) -> None:
        seen = len(self.house.told)
        self.house.until(self.house.now + timedelta(seconds=seconds))
        self.post.take_in(self.house, seen)
        for number in self.post.due(self.house.now):
            self.post.settle(number, answer, self.house.now)

    @rule(choice=st.integers(0, 30))
    def sign(self, choice: int) -> None:
        if choice < len(self.house.told):
            self.signed.add(choice)

    @invariant()
    def nobody_is_lost(self) -> None:
        """Every alert of every group has an end or a moment."""
        for standing in self.standings():
            assert end_of(standing) != "lost", standing

    @invariant()
    def riders_share_their_hosts_fate(self) -> None:
        """Nothing rides on what is gone."""
        for row in self.post.rows:
            if row.host is not None:
                host = self.post.rows[row.host]
                assert (row.state == "pending") == (host.state == "pending")
                assert (row.state == "merged") == (host.state == "sent")

    def teardown(self) -> None:
        """When nothing new comes and the robot is well, everything in line is sent, merged or failed with a reason."""
        if not hasattr(self, "house"):
            return
        for _ in range(400):
            seen = len(self.house.told)
            self.house.until(self.house.now + timedelta(minutes=30))
            self.post.take_in(self.house, seen)
            for number in self.post.due(self.house.now):
                self.post.settle(number, Answer(ok=True, receipt="r"), self.house.now)
            if not self.house.looks and all(row.state != "pending" for row in self.post.rows):
                break
        states = {row.state for row in self.post.rows}
        assert states <= {"sent", "merged", "failed"}
        assert all(row.error for row in self.post.rows if row.state == "failed")

    def standings(self) -> list[Standing]:
        found = []
        for group_id, members in self.house.members.items():
            group = self.house.groups[group_id]
            for name in members:
                named = [
                    n
                    for n, row in enumerate(self.house.told)
                    if row.group_id == group_id and any(a["fingerprint"] == name for a in row.alerts)
                ]
                ways = [Way(r.state, r.error) for r in self.post.rows if named and r.notification == named[-1]]
                told = group.told.get("all")
                found.append(
                    Standing(
                        fires=self.house.alerts[name].fires_at(self.house.now),
                        told=told is not None and name in told.firing,
                        muted_by=self.house.muted.get((group_id, name), ""),
                        has_moment=group_id in self.house.looks,
                        signed=any(n in self.signed for n in named),
                        ways=ways,
                    )
                )
        return found


Accounting.TestCase.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
TestAccounting = Accounting.TestCase


def test_a_lost_alert_would_be_seen() -> None:
    """The account can fail: no moment, not told, not muted; or a failure without a reason."""
    base = Standing(fires=True, told=False, muted_by="", has_moment=False, signed=False)
    assert end_of(base) == "lost"
    assert end_of(replace(base, told=True, ways=(Way("failed"),))) == "lost"
    assert end_of(replace(base, told=True, ways=(Way("failed", "坏"),))) == "failed"
    assert end_of(replace(base, muted_by="inhibited:0")) == "inhibited"
    assert end_of(replace(base, fires=False)) == "over"
