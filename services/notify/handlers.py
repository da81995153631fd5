"""The two decisions of notify: into which groups an alert goes, and what a group whose moment has come tells.

Both are pure: they see alerts, groups and the tree, and answer with rows and facts.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from libs.common.kernel.spine import Batch, Look, Outcome
from services.notify.domain.alerting import alert_key, fold_alert
from services.notify.domain.grouping import Alert, Group, Send, after_flush, flush
from services.notify.domain.message import Message, alertmanager_json, compose
from services.notify.domain.routing import (
    ConsoleTarget,
    EmailTarget,
    InboxTarget,
    Route,
    Routing,
    Target,
    WebhookTarget,
    group_labels,
    inhibited_by,
    route,
)
from services.notify.ports import Delivery, Membership, Notification, Surroundings

NAMESPACE = uuid.UUID("0f2f9f53-3f0c-5a26-8f0e-6f4b8f0d2c11")
FLUSH = "flush"


def take_findings(batch: Batch[Alert, Surroundings]) -> Outcome[Alert]:
    """Folds findings into alerts and names the groups of each (line `alerts`)."""
    states: dict[str, Alert] = dict(batch.states)
    touched: dict[str, Alert] = {}
    for received in batch.events:
        key = alert_key(received.event)
        states[key] = touched[key] = fold_alert(states.get(key), received.event)
    memberships = [member for alert in touched.values() for member in memberships_of(batch.context.routing, alert)]
    return Outcome(states=touched, extra=tuple(memberships))


def memberships_of(routing: Routing, alert: Alert) -> list[Membership]:
    """The groups of an alert: one for each route that it reaches."""
    found = []
    for node in route(routing.root, alert.labels):
        labels = group_labels(node, alert.labels)
        words = ",".join(f"{name}={labels[name]}" for name in sorted(labels))
        group_id = str(uuid.uuid5(NAMESPACE, f"{node.path}\n{node.receiver}\n{words}"))
        found.append(Membership(group_id, alert.fingerprint, node.path, node.receiver, labels, node.group_wait_seconds))
    return found


def tell_groups(batch: Batch[Group, Surroundings]) -> Outcome[Group]:
    """Tells the groups whose moment has come and sets their next one (line `groups`, wall clock)."""
    states: dict[str, Group] = {}
    looks: dict[str, tuple[Look, ...]] = {}
    told: list[Notification] = []
    nodes = {node.path: node for node in batch.context.routing.root.walk()}
    for group_id, _ in batch.looks:
        group = batch.states.get(group_id)
        if group is None:
            continue
        node = nodes.get(group.route_path, batch.context.routing.root)
        decision = flush(
            group, _muted(group, batch.context), timedelta(seconds=node.repeat_interval_seconds), batch.now
        )
        if isinstance(decision, Send):
            told.append(notification_of(group, node, decision, batch.context, batch.now))
        left = after_flush(group, decision, batch.now)
        states[group_id] = left or Group(group_id, group.route_path, group.receiver, group.labels)
        looks[group_id] = (
            (Look(FLUSH, batch.now + timedelta(seconds=node.group_interval_seconds)),) if left is not None else ()
        )
    return Outcome(states=states, looks=looks, extra=tuple(told))


def _muted(group: Group, context: Surroundings) -> frozenset[str]:
    if not context.routing.inhibit_rules:
        return frozenset()
    firing = list(context.firing)
    return frozenset(
        alert.fingerprint
        for alert in group.alerts.values()
        if inhibited_by(context.routing.inhibit_rules, alert.labels, firing) is not None
    )


def notification_of(group: Group, node: Route, decision: Send, context: Surroundings, now: datetime) -> Notification:
    """The notification with one delivery for each address of the receiver."""
    notification_id = str(uuid.uuid5(NAMESPACE, f"{group.group_id}\n{now.isoformat()}"))
    message = compose(decision)
    receiver = context.routing.receivers.get(group.receiver)
    deliveries: dict[tuple[str, str], Delivery] = {}
    for target in receiver.targets if receiver else ():
        if message.status == "resolved" and not target.send_resolved:
            continue
        for channel, address, body in _addresses(target, group, decision, context, message):
            key = (channel, address)
            delivery_id = str(uuid.uuid5(NAMESPACE, f"{notification_id}\n{channel}\n{address}"))
            deliveries.setdefault(key, Delivery(delivery_id, channel, address, body))
    alerts = [*decision.firing, *decision.resolved]
    return Notification(
        notification_id=notification_id,
        group_id=group.group_id,
        receiver=group.receiver,
        reason=decision.reason,
        status=message.status,
        severity=message.severity,
        title=message.title,
        lines=message.lines,
        alerts=tuple(_alert_row(alert) for alert in alerts),
        deliveries=tuple(deliveries.values()),
        made_at=now,
        route_path=node.path,
        route_words=", ".join(str(matcher) for matcher in node.matchers),
    )


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
    root = context.routing.root
    group = Group(f"test:{number}", root.path, name, labels, {alert.fingerprint: alert})
    return notification_of(group, root, Send("test", (alert,), ()), context, now)


def _addresses(
    target: Target, group: Group, decision: Send, context: Surroundings, message: Message
) -> list[tuple[str, str, Mapping[str, Any] | None]]:
    match target:
        case WebhookTarget(url, max_alerts):
            key = f"{group.route_path}:{dict(group.labels)}"
            body = alertmanager_json(decision, group.receiver, key, group.labels, context.external_url, max_alerts)
            return [("webhook", url, body)]
        case EmailTarget(to):
            return [("email", to, None)]
        case ConsoleTarget():
            return [("console", "log", None)]
        case InboxTarget(post):
            organisations = {
                alert.labels.get("org_code", "unknown") for alert in (*decision.firing, *decision.resolved)
            }
            if "{org_code}" not in post:
                return [("inbox", post, None)]
            return [("inbox", post.replace("{org_code}", code), None) for code in sorted(organisations)]


def _alert_row(alert: Alert) -> dict[str, Any]:
    return {
        "fingerprint": alert.fingerprint,
        "status": "firing" if alert.firing else "resolved",
        "labels": dict(alert.labels),
        "annotations": dict(alert.annotations),
        "starts_at": alert.starts_at.isoformat(),
    }
