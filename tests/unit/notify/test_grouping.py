"""When a group is told, what it is told, and what an attempt to deliver means."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.notify.domain.delivery import (
    ATTEMPTS_MAX,
    RETRY_SECONDS,
    Again,
    Answer,
    Delivered,
    GaveUp,
    answer_of_status,
    judge,
)
from services.notify.domain.grouping import (
    ALL,
    AUDIENCES,
    FIRING,
    REST,
    Alert,
    Group,
    Send,
    Skip,
    Told,
    after_flush,
    flush,
    next_moment,
)
from services.notify.domain.message import LINES_MAX, alertmanager_json, compose

NOW = datetime(2026, 3, 11, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)


def alert(name: str, *, over: bool = False, severity: str = "yellow") -> Alert:
    labels = {"alertname": "S02", "severity": severity, "case_no": name}
    return Alert(name, labels, {"summary": f"黄牌 {name}"}, NOW - HOUR, NOW if over else None)


def group(*alerts: Alert, told: Told | None = None) -> Group:
    known = {} if told is None else dict.fromkeys(AUDIENCES, told)
    return Group("g", "/", "desk", {}, {a.fingerprint: a for a in alerts}, known)


def told(firing: str, resolved: str = "", ago: timedelta = timedelta(minutes=5)) -> Told:
    return Told(frozenset(firing), frozenset(resolved), NOW - ago)


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        pytest.param(group(alert("a")), "new", id="first time"),
        pytest.param(group(alert("a", over=True)), "never_told", id="over before it was told"),
        pytest.param(group(alert("a"), alert("b"), told=told("a")), "changed", id="one more"),
        pytest.param(group(alert("a"), told=told("ab")), "unchanged", id="one fewer, already gone"),
        pytest.param(group(alert("a"), alert("b", over=True), told=told("ab")), "resolved", id="one is over"),
        pytest.param(group(alert("a", over=True), told=told("a")), "resolved", id="all are over"),
        pytest.param(group(alert("a"), told=told("a", ago=HOUR + SECOND)), "repeat", id="repeat interval past"),
        pytest.param(group(alert("a"), told=told("a", ago=HOUR)), "unchanged", id="not yet"),
    ],
)
def test_a_group_is_told_when_it_changed(subject: Group, expected: str) -> None:
    """A change is told, silence is kept, and a reminder comes after the repeat interval."""
    assert flush(subject, {}, HOUR, NOW)[ALL].reason == expected


def test_an_end_alone_is_no_news_for_who_hears_of_what_fires() -> None:
    """One of two is over: told to those who want to hear of ends only; the end of all is noted by both."""
    one = flush(group(alert("a"), alert("b", over=True), told=told("ab")), {}, HOUR, NOW)
    assert (one[ALL].reason, one[FIRING].reason) == ("resolved", "unchanged")
    every = flush(group(alert("a", over=True), told=told("a")), {}, HOUR, NOW)
    assert (every[ALL].reason, every[FIRING].reason) == ("resolved", "resolved")


def test_a_muted_alert_is_neither_told_nor_counted() -> None:
    """A group of which everything is muted says nothing, whatever it told before; the rest of a group speaks."""
    assert flush(group(alert("a"), told=told("ab")), {"a": "silence:x"}, HOUR, NOW)[ALL] == Skip("muted")
    decision = flush(group(alert("a"), alert("b")), {"a": "inhibited:0"}, HOUR, NOW)[ALL]
    assert isinstance(decision, Send)
    assert [a.fingerprint for a in decision.firing] == ["b"]


def test_what_is_over_leaves_the_group_and_what_was_told_stays() -> None:
    """The group remembers what it told and forgets what is over, also when nobody was told of the end."""
    subject = group(alert("a"), alert("b", over=True), told=told("ab"))
    left = after_flush(subject, flush(subject, {}, HOUR, NOW), NOW)
    assert set(left.alerts) == {"a"}
    assert left.told[ALL] == Told(frozenset("a"), frozenset("b"), NOW)
    ended = group(alert("a", over=True), told=told("a"))
    muted = after_flush(ended, flush(ended, {"a": "time:night"}, HOUR, NOW), NOW)
    assert (muted.alerts, muted.told[ALL].firing, muted.emptied_at) == ({}, frozenset("a"), NOW)


def test_an_empty_group_keeps_its_rhythm_for_a_short_while() -> None:
    """Within half a minute a group that emptied is still itself; then its rhythm ends."""
    ended = group(alert("a", over=True), told=told("a"))
    left = after_flush(ended, flush(ended, {}, HOUR, NOW), NOW)
    assert next_moment(left, 2 * SECOND, NOW) == NOW + 2 * SECOND
    assert next_moment(left, REST + SECOND, NOW) is None
    again = after_flush(left, flush(left, {}, HOUR, NOW + 2 * SECOND), NOW + 2 * SECOND)
    assert again.emptied_at == NOW


def test_a_second_flush_says_nothing_new() -> None:
    """Telling is idempotent: the same group, flushed again at once, keeps silent."""
    subject = group(alert("a"), alert("b"))
    left = after_flush(subject, flush(subject, {}, HOUR, NOW), NOW)
    assert flush(left, {}, HOUR, NOW) == dict.fromkeys(AUDIENCES, Skip("unchanged"))


def test_the_message_names_one_and_counts_many() -> None:
    """One alert is told in its own words; many are counted by severity, worst first."""
    one = compose(Send("new", (alert("a"),), ()))
    assert one.title == "黄牌 a"
    many = compose(Send("new", (alert("a"), alert("b", severity="red")), (alert("c", over=True),)))
    assert many.title == "红牌 1 项、黄牌 1 项"
    assert many.severity == "red"
    assert many.lines[-1].startswith("已解除：")


def test_an_alert_without_words_is_named_by_its_labels() -> None:
    """Others send alerts without a summary: nobody gets an empty line."""
    bare = Alert("f", {"alertname": "Down", "instance": "db1", "severity": "page"}, {}, NOW)
    message = compose(Send("new", (bare,), ()))
    assert message.title == "Down（instance=db1, severity=page）"
    assert message.lines == (message.title,)


def test_a_long_group_says_how_many_more_there_are() -> None:
    """Nothing is cut off silently."""
    alerts = tuple(alert(f"{n:03d}") for n in range(LINES_MAX + 7))
    assert "另有 7 项" in compose(Send("new", alerts, ())).lines[-1]


def test_the_webhook_body_is_alertmanagers_own() -> None:
    """Version 4, with what is common lifted out and what is cut off counted."""
    decision = Send("new", (alert("a"), alert("b")), (alert("c", over=True),))
    body = alertmanager_json(decision, "desk", "{}:{}", {"severity": "yellow"}, "http://127.0.0.1", 2)
    assert (body["version"], body["status"], body["truncatedAlerts"]) == ("4", "firing", 1)
    assert body["commonLabels"] == {"alertname": "S02", "severity": "yellow"}
    assert [a["status"] for a in body["alerts"]] == ["firing", "firing"]


@pytest.mark.parametrize(
    ("status", "retryable", "disables"),
    [(408, True, False), (429, True, False), (500, True, False), (503, True, False), (400, False, False),
     (404, False, False), (410, False, True), (301, False, False)],
)  # fmt: skip
def test_a_status_says_whether_to_try_again(status: int, retryable: bool, disables: bool) -> None:
    """408, 429 and 5xx are tried again, other statuses are final, 410 disables the address."""
    answer = answer_of_status(status, "")
    assert (answer.ok, answer.retryable, answer.disables) == (False, retryable, disables)


def test_every_attempt_ends_in_one_of_three_ways() -> None:
    """Delivered, again at a later moment, or given up with a reason: never nothing."""
    assert judge(Answer(ok=True, receipt="r"), 1, NOW, 0.0) == Delivered("r")
    retry = Answer(ok=False, retryable=True, error="忙")
    assert judge(retry, 1, NOW, 0.0) == Again(NOW + timedelta(seconds=RETRY_SECONDS[0]), "忙")
    last = judge(retry, ATTEMPTS_MAX, NOW, 0.0)
    assert isinstance(last, GaveUp)
    assert "忙" in last.error
    assert judge(Answer(ok=False, error="坏"), 1, NOW, 0.0) == GaveUp("坏")


def test_the_receivers_own_wish_is_respected() -> None:
    """Retry-After longer than our own pause wins."""
    wish = replace(answer_of_status(429, "", 90.0), error="慢")
    assert judge(wish, 1, NOW, 0.0) == Again(NOW + timedelta(seconds=90), "慢")
