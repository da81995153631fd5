"""The decisions of notify: into which groups an alert goes, what a group whose moment has come tells, who is told next.

All are pure: they see alerts, groups and the tree, and answer with rows and facts.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from libs.common.kernel.spine import Batch, Look, Outcome
from services.notify.domain.alerting import alert_key, fold_alert
from services.notify.domain.grouping import Alert, Group, Send, after_flush, flush, is_new, next_moment
from services.notify.domain.routing import Inhibitor, Route, Routing, group_labels, route
from services.notify.domain.silences import silenced_by
from services.notify.making import NAMESPACE, notification_of
from services.notify.ports import Membership, Muted, Notification, Surroundings

FLUSH = "flush"


def take_findings(batch: Batch[Alert, Surroundings]) -> Outcome[Alert]:
    """Folds findings into alerts and names the groups of each (line `alerts`)."""
    states: dict[str, Alert] = dict(batch.states)
    touched: dict[str, Alert] = {}
    for received in batch.events:
        key = alert_key(received.event)
        states[key] = touched[key] = fold_alert(states.get(key), received.event)
    memberships = [m for alert in touched.values() for m in memberships_of(batch.context.routing, alert, batch.now)]
    return Outcome(states=touched, extra=tuple(memberships))


def memberships_of(routing: Routing, alert: Alert, now: datetime) -> list[Membership]:
    """The groups of an alert: one for each route that it reaches."""
    found = []
    for node in route(routing.root, alert.labels):
        labels = group_labels(node, alert.labels)
        words = ",".join(f"{name}={labels[name]}" for name in sorted(labels))
        group_id = str(uuid.uuid5(NAMESPACE, f"{node.identity}\n{node.receiver}\n{words}"))
        late = not is_new(alert, timedelta(seconds=node.group_wait_seconds), now)
        found.append(
            Membership(
                group_id, alert.fingerprint, node.path, node.receiver, labels, node.group_wait_seconds, at_once=late
            )
        )
    return found


def tell_groups(batch: Batch[Group, Surroundings]) -> Outcome[Group]:
    """Tells the groups whose moment has come and sets their next one (line `groups`, wall clock)."""
    context = batch.context
    states: dict[str, Group] = {}
    looks: dict[str, tuple[Look, ...]] = {}
    extra: list[Notification | Muted] = []
    nodes = {node.path: node for node in context.routing.root.walk()}
    inhibitor = Inhibitor(context.routing.inhibit_rules, context.firing)
    for group_id, _ in batch.looks:
        group = batch.states.get(group_id)
        if group is None:
            continue
        node = nodes.get(group.route_path, context.routing.root)
        muted = muted_of(group, node, context, inhibitor, batch.now)
        decisions = flush(group, muted, timedelta(seconds=node.repeat_interval_seconds), batch.now)
        if any(isinstance(decision, Send) for decision in decisions.values()):
            extra += _told(group, notification_of(group, node, decisions, context, batch.now), context)
        extra += [Muted(group_id, name, why) for name, why in muted.items()]
        left = after_flush(group, decisions, batch.now)
        at = next_moment(left, timedelta(seconds=node.group_interval_seconds), batch.now)
        states[group_id] = left if at is not None else replace(left, flushed=False)
        looks[group_id] = () if at is None else (Look(FLUSH, at),)
    return Outcome(states=states, looks=looks, extra=tuple(extra))


def _told(group: Group, made: Notification, context: Surroundings) -> list[Notification]:
    """The notification, unless its receiver has ways and none of them wants to hear of this (ends)."""
    receiver = context.routing.receivers.get(group.receiver)
    return [] if receiver and receiver.targets and not made.deliveries else [made]


def muted_of(
    group: Group, node: Route, context: Surroundings, inhibitor: Inhibitor, now: datetime
) -> Mapping[str, str]:
    """Which of the group's alerts are not told at this moment, and why: inhibited, out of their time, or silenced."""
    when = out_of_time(node, context, context.legal_now)
    found: dict[str, str] = {}
    for name, alert in group.alerts.items():
        rule = inhibitor.rule_of(alert.labels)
        if rule is not None:
            found[name] = f"inhibited:{rule}"
        elif when:
            found[name] = f"time:{when}"
        elif silences := silenced_by(context.silences, alert.labels, now):
            found[name] = f"silence:{silences[0]}"
    return found


def out_of_time(node: Route, context: Surroundings, legal_now: datetime) -> str:
    """The interval because of which the node tells nothing at that legal instant; empty = it tells."""
    intervals = context.routing.intervals
    if node.active and not any(intervals[name].contains(legal_now, context.calendar) for name in node.active):
        return node.active[0]
    return next((name for name in node.mute if intervals[name].contains(legal_now, context.calendar)), "")
