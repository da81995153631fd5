"""The tester's answer: who is told of an alert with these labels, over which ways, when, and what may keep it back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from services.notify.domain.escalation import next_working_morning, step_at, when
from services.notify.domain.grouping import Alert, Group, Send
from services.notify.domain.routing import Inhibitor, Route, group_labels, route
from services.notify.domain.silences import silenced_by
from services.notify.handlers import out_of_time
from services.notify.making import notification_of
from services.notify.ports import Delivery, Surroundings


@dataclass(frozen=True, slots=True)
class Told:
    """One node that the labels reach.

    Args:
        first_at: legal instant of the first message if nothing keeps it back.
        ways: the addresses as they would be, duty resolved.
        kept: why nothing would be told: `inhibited:<rule>`, `time:<name>`, `silence:<id>`; empty = it is told.
        held_until: until when messages wait for the working morning.
        steps: (legal instant, receiver) of each step if nobody signs.
    """

    node: Route
    group: Mapping[str, str]
    first_at: datetime
    ways: tuple[Delivery, ...]
    kept: str
    held_until: datetime | None
    steps: tuple[tuple[datetime, str], ...]


def try_labels(labels: Mapping[str, str], context: Surroundings, at: datetime, wall: datetime) -> tuple[Told, ...]:
    """What would become of such an alert that begins at the legal instant `at`."""
    inhibitor = Inhibitor(context.routing.inhibit_rules, context.firing)
    rule, silences = inhibitor.rule_of(labels), silenced_by(context.silences, labels, wall)
    found = []
    for node in route(context.routing.root, labels):
        first_at = at + timedelta(seconds=node.group_wait_seconds)
        then = replace(context, legal_now=first_at)
        when_not = out_of_time(node, then, first_at)
        kept = f"inhibited:{rule}" if rule is not None else f"time:{when_not}" if when_not else ""
        kept = kept or (f"silence:{silences[0]}" if silences else "")
        alert = Alert("trial", labels, {}, at)
        group = Group("trial", node.path, node.receiver, group_labels(node, labels), {"trial": alert})
        said = Send("new", (alert,), ())
        ways = notification_of(group, node, {"all": said, "firing": said}, then, wall).deliveries
        held = any(way.held for way in ways)
        morning = next_working_morning(first_at, context.zone, context.calendar) if held else None
        found.append(Told(node, group.labels, first_at, ways, kept, morning, _steps(node, context, first_at)))
    return tuple(found)


def _steps(node: Route, context: Surroundings, since: datetime) -> tuple[tuple[datetime, str], ...]:
    chain = context.routing.chains.get(node.manners.chain)
    found: list[tuple[datetime, str]] = []
    at = since
    while chain is not None and (step := step_at(chain, len(found))) is not None:
        at = when(step, at, context.zone, context.calendar)
        found.append((at, step.receiver))
    return tuple(found)
