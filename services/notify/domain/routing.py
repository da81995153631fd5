"""The routing tree: who hears of an alert, grouped how. Semantics are Alertmanager's (0.2x–0.3x, `dispatch`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from services.notify.domain.matchers import Matcher, all_match

GROUP_BY_ALL = "..."


@dataclass(frozen=True, slots=True)
class Route:
    """One node of the tree; options that a node does not set come from its parent.

    Args:
        path: where the node stands (`/0/2`), stable for one version of the tree.
        group_by: label names; (`...`,) groups by all labels.
        group_wait_seconds: how long a new group waits for company.
        group_interval_seconds: how long until a changed group is told again.
        repeat_interval_seconds: how long until an unchanged group is told again.
        continues: whether later siblings are tried after this node matched.
    """

    path: str
    receiver: str
    group_by: tuple[str, ...]
    group_wait_seconds: float
    group_interval_seconds: float
    repeat_interval_seconds: float
    matchers: tuple[Matcher, ...]
    continues: bool
    routes: tuple[Route, ...]

    def walk(self) -> Iterator[Route]:
        """This node and all below it."""
        yield self
        for child in self.routes:
            yield from child.walk()


@dataclass(frozen=True, slots=True)
class InhibitRule:
    """While an alert that matches `source` fires, those that match `target` with equal labels are silent."""

    source: tuple[Matcher, ...]
    target: tuple[Matcher, ...]
    equal: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WebhookTarget:
    """A webhook: `style` alertmanager sends Alertmanager's own JSON (version 4)."""

    url: str
    max_alerts: int = 0
    send_resolved: bool = True


@dataclass(frozen=True, slots=True)
class EmailTarget:
    to: str
    send_resolved: bool = False


@dataclass(frozen=True, slots=True)
class InboxTarget:
    """The in-app inbox of a post; `{org_code}` stands for the alert's organisation."""

    post: str
    send_resolved: bool = False


@dataclass(frozen=True, slots=True)
class ConsoleTarget:
    """The worker's own log, for a platform that has no other channel yet."""

    send_resolved: bool = True


Target = WebhookTarget | EmailTarget | InboxTarget | ConsoleTarget


@dataclass(frozen=True, slots=True)
class Receiver:
    name: str
    targets: tuple[Target, ...]


@dataclass(frozen=True, slots=True)
class Routing:
    """A whole configuration, ready to route."""

    root: Route
    receivers: Mapping[str, Receiver]
    inhibit_rules: tuple[InhibitRule, ...]


def route(root: Route, labels: Mapping[str, str]) -> tuple[Route, ...]:
    """The nodes that an alert with these labels reaches; empty only if the root itself has matchers that fail.

    Depth first; the first child that matches wins unless it says `continue`; a node none of whose children match takes
    the alert itself.
    """
    if not all_match(root.matchers, labels):
        return ()
    hits: list[Route] = []
    for child in root.routes:
        below = route(child, labels)
        hits += below
        if below and not child.continues:
            break
    return tuple(hits) or (root,)


def group_labels(node: Route, labels: Mapping[str, str]) -> dict[str, str]:
    """The labels that name the alert's group under that node."""
    if node.group_by == (GROUP_BY_ALL,):
        return dict(labels)
    return {name: labels[name] for name in node.group_by if name in labels}


def inhibited_by(
    rules: tuple[InhibitRule, ...], labels: Mapping[str, str], firing: list[Mapping[str, str]]
) -> int | None:
    """The number of the rule that keeps this alert silent, or None.

    An alert that matches both sides of a rule is not inhibited by one that does so too (itself among them).
    """
    for number, rule in enumerate(rules):
        if not all_match(rule.target, labels):
            continue
        both = all_match(rule.source, labels)
        for other in firing:
            if not all_match(rule.source, other) or (both and all_match(rule.target, other)):
                continue
            if all(other.get(name, "") == labels.get(name, "") for name in rule.equal):
                return number
    return None
