"""Makes notifications: what is said, over which ways, to which addresses, and how each may be treated."""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from services.notify.domain.duty import contact
from services.notify.domain.escalation import Digest, Step, is_working_time
from services.notify.domain.grouping import ALL, AUDIENCES, FIRING, Alert, Decision, Group, Send
from services.notify.domain.matchers import all_match
from services.notify.domain.message import alertmanager_json, compose, group_key
from services.notify.domain.routing import Manners, Receiver, Route
from services.notify.domain.targets import (
    ConsoleTarget,
    EmailTarget,
    InboxTarget,
    SmsTarget,
    Target,
    WebhookTarget,
    WechatTarget,
    channel_of,
    masked_number,
    shown,
)
from services.notify.ports import Delivery, Notification, Surroundings

NAMESPACE = uuid.UUID("0f2f9f53-3f0c-5a26-8f0e-6f4b8f0d2c11")
DUTY = re.compile(r"\{duty:([^}]+)\}")
# these are read on a desk or by a machine: nobody is disturbed by them at night
NEVER_HELD = frozenset({"inbox", "webhook", "console", "letter"})


def notification_of(
    group: Group, node: Route, decisions: Mapping[str, Decision], context: Surroundings, now: datetime
) -> Notification:
    """The notification of a group with one delivery for each address of the receiver that has something to hear."""
    sends = {audience: found for audience in AUDIENCES if isinstance(found := decisions[audience], Send)}
    widest = sends.get(ALL) or sends[FIRING]
    receiver = context.routing.receivers.get(group.receiver)
    made = _notification(f"{group.group_id}\n{now.isoformat()}", group, node, widest, context, now)
    ways: dict[tuple[str, str], Delivery] = {}
    for target in receiver.targets if receiver else ():
        said = sends.get(ALL if target.send_resolved else FIRING)
        if said is None or (not target.send_resolved and not said.firing):
            continue
        if not target.send_resolved:
            said = replace(said, resolved=())
        for way in _ways(made.notification_id, target, group, node, said, context, receiver):
            ways.setdefault((way.channel, way.target), way)
    return replace(made, deliveries=tuple(ways.values()))


def trial_notification(
    name: str, number: str, context: Surroundings, now: datetime, legal_now: datetime
) -> Notification:
    """A message that says it is a test, over every way of the receiver `name`; `number` makes it the only one."""
    labels = {"alertname": "SunlitTest", "severity": "notice"}
    words = {
        "summary": f"测试消息：接收者「{name}」的通道可用，无需处理",
        "summary_en": f"Test message for {name}: nothing to do",
        "link": "/notify/routing",
    }
    alert = Alert(f"test:{number}", labels, words, legal_now)
    return _direct(f"test:{number}", name, Send("test", (alert,), ()), labels, context, now)


def digest_notification(
    digest: Digest, counts: Sequence[Mapping[str, Any]], context: Surroundings, now: datetime
) -> Notification:
    """Counts by organisation for a leader: authority, date, notices, yellow and red cards; no case and no person.

    Args:
        counts: rows {org_code, org_name, notice, yellow, red} of what holds at this moment.
    """
    on = context.legal_now.astimezone(context.zone).date()
    alerts = tuple(
        Alert(
            f"digest:{digest.name}:{on.isoformat()}:{row['org_code']}",
            {"alertname": "SunlitDigest", "org_code": str(row["org_code"]), "severity": "notice"},
            {"summary": f"{row['org_name']} 预警 {row['notice']}、黄牌 {row['yellow']}、红牌 {row['red']}"},
            context.legal_now,
        )
        for row in counts
    )
    total = {key: sum(int(row[key]) for row in counts) for key in ("notice", "yellow", "red")}
    title = f"{on.month} 月 {on.day} 日监察摘要：预警 {total['notice']}、黄牌 {total['yellow']}、红牌 {total['red']}"
    seed = f"digest:{digest.name}:{on.isoformat()}"
    made = _direct(seed, digest.receiver, Send("digest", alerts, ()), {"digest": digest.name}, context, now)
    return replace(made, title=title, lines=tuple(alert.annotations["summary"] for alert in alerts))


def escalation_notification(
    first: Notification, alerts: tuple[Alert, ...], step: Step, number: int, context: Surroundings, now: datetime
) -> Notification:
    """What is said one step higher because nobody signed: the same alerts, by whom it waits and how long."""
    seed = f"{first.notification_id}\nstep {number}"
    made = _direct(seed, step.receiver, Send("escalated", alerts, ()), {}, context, now, Manners(), first.group_id)
    title = f"（无人签收，升级第 {number + 1} 步）{first.title}"
    return replace(
        made, title=title, severity=first.severity, route_path=first.route_path, route_words=first.route_words
    )


def _direct(
    seed: str,
    receiver_name: str,
    said: Send,
    labels: Mapping[str, str],
    context: Surroundings,
    now: datetime,
    manners: Manners | None = None,
    group_id: str = "",
) -> Notification:
    """A notification that comes from no group's moment: to every way of the receiver at once."""
    root = replace(context.routing.root, manners=manners or Manners())
    alerts = {alert.fingerprint: alert for alert in (*said.firing, *said.resolved)}
    group = Group(group_id or seed, root.path, receiver_name, labels, alerts)
    made = _notification(seed, group, root, said, context, now)
    receiver = context.routing.receivers.get(receiver_name)
    ways = {
        (way.channel, way.target): way
        for target in (receiver.targets if receiver else ())
        for way in _ways(made.notification_id, target, group, root, said, context, receiver)
    }
    return replace(made, deliveries=tuple(ways.values()))


def _notification(
    seed: str, group: Group, node: Route, said: Send, context: Surroundings, now: datetime
) -> Notification:
    message = compose(said)
    over = frozenset(alert.fingerprint for alert in said.resolved)
    return Notification(
        notification_id=str(uuid.uuid5(NAMESPACE, seed)),
        group_id=group.group_id,
        receiver=group.receiver,
        reason=said.reason,
        status=message.status,
        severity=message.severity,
        title=message.title,
        lines=message.lines,
        alerts=tuple(_alert_row(alert, alert.fingerprint in over) for alert in (*said.firing, *said.resolved)),
        deliveries=(),
        made_at=now,
        route_path=node.path,
        route_words=", ".join(str(matcher) for matcher in node.matchers),
        chain=node.manners.chain if said.firing else "",
        everyone=node.manners.everyone,
    )


def _ways(
    notification_id: str,
    target: Target,
    group: Group,
    node: Route,
    said: Send,
    context: Surroundings,
    receiver: Receiver | None,
) -> Iterator[Delivery]:
    """One delivery for each address of a target."""
    message = compose(said)
    channel = channel_of(target)
    held = _held(channel, node, said, context)
    template = receiver.template if receiver else ""
    for place, body, address in _addresses(target, group, node, said, context):
        words = {**address, **({"template": template} if template else {})}
        yield Delivery(
            delivery_id=str(uuid.uuid5(NAMESPACE, f"{notification_id}\n{channel}\n{place}")),
            channel=channel,
            target=place,
            body=body,
            address={**words, "status": message.status, "text": message.text}
            if channel != "webhook"
            else words or None,
            held=held,
            dedupe_key=_dedupe_key(channel, place, said) if node.manners.dedupe_seconds else "",
            dedupe_seconds=node.manners.dedupe_seconds,
        )


def _held(channel: str, node: Route, said: Send, context: Surroundings) -> bool:
    """Whether the message waits for the next working morning: out of hours, on a node that holds, and not urgent."""
    if not node.manners.holds or channel in NEVER_HELD:
        return False
    if is_working_time(context.legal_now, context.zone, context.calendar):
        return False
    urgent = node.manners.urgent
    return not (urgent and any(all_match(urgent, alert.labels) for alert in said.firing))


def _dedupe_key(channel: str, place: str, said: Send) -> str:
    """(receiver, template, case, level) of all that is said; a reminder is no double."""
    if said.reason == "repeat":
        return ""
    parts = sorted(
        "|".join((a.labels.get("alertname", ""), a.labels.get("case_no", a.fingerprint), a.labels.get("severity", "")))
        + ("|over" if a in said.resolved else "")
        for a in (*said.firing, *said.resolved)
    )
    return hashlib.sha256("\n".join((channel, place, *parts)).encode()).hexdigest()[:32]


def _addresses(
    target: Target, group: Group, node: Route, said: Send, context: Surroundings
) -> list[tuple[str, Mapping[str, Any] | None, dict[str, Any]]]:
    """(address as shown, body of a webhook, what the channel needs)."""
    match target:
        case WebhookTarget(url, max_alerts):
            key = group_key(node.key, group.labels)
            body = alertmanager_json(said, group.receiver, key, group.labels, context.external_url, max_alerts)
            return [(url, body, {})]
        case InboxTarget(post):
            codes = {alert.labels.get("org_code", "unknown") for alert in (*said.firing, *said.resolved)}
            if "{org_code}" not in post:
                return [(post, None, {})]
            return [(post.replace("{org_code}", code), None, {}) for code in sorted(codes)]
        case ConsoleTarget():
            return [("log", None, {})]
        case EmailTarget(to=to) | SmsTarget(to=to):
            reached = _on_duty(to, channel_of(target), context)
            place = masked_number(reached) if isinstance(target, SmsTarget) else reached
            return [(place, None, {**_plain(target), "to": reached})]
        case WechatTarget(to_user=to_user):
            reached = _on_duty(to_user, "wechat", context)
            return [(shown(replace(target, to_user=reached)), None, {**_plain(target), "to_user": reached})]
        case _:
            return [(shown(target), None, _plain(target))]


def _plain(target: Target) -> dict[str, Any]:
    return {name: value for name, value in asdict(target).items() if name != "send_resolved"}


def _on_duty(to: str, channel: str, context: Surroundings) -> str:
    """The address with `{duty:post}` replaced by who is on duty now; a post without roster or contact stays as it is,
    and its delivery fails with that reason."""

    def reached(found: re.Match[str]) -> str:
        roster = context.routing.rosters.get(found[1])
        if roster is None:
            return found[0]
        return contact(roster.on_duty(context.legal_now, context.calendar), channel) or found[0]

    return DUTY.sub(reached, to)


def _alert_row(alert: Alert, over: bool) -> dict[str, Any]:
    return {
        "fingerprint": alert.fingerprint,
        "status": "resolved" if over else "firing",
        "labels": dict(alert.labels),
        "annotations": dict(alert.annotations),
        "starts_at": alert.starts_at.isoformat(),
        **({"traceparent": alert.traceparent} if alert.traceparent else {}),
    }
