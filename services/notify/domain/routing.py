"""The routing tree: who hears of an alert, grouped how. Semantics are Alertmanager's (0.25, `dispatch`, `inhibit`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from services.notify.domain.duty import Roster
from services.notify.domain.escalation import Chain, Digest
from services.notify.domain.matchers import Matcher, all_match
from services.notify.domain.rates import Limit
from services.notify.domain.targets import Target
from services.notify.domain.time_intervals import NamedInterval

GROUP_BY_ALL = "..."


@dataclass(frozen=True, slots=True)
class Manners:
    """What a node says beyond Alertmanager (`sunlit:`); inherited like its other options.

    Args:
        chain: name of the chain of escalation that begins when nobody signs.
        everyone: every post that is told must sign.
        holds: outside working hours messages wait for the next working morning (08:30).
        urgent: what is not held all the same.
        dedupe_seconds: within it nobody is told twice of the same (template, case, level); 0 = off.
    """

    chain: str = ""
    everyone: bool = False
    holds: bool = False
    urgent: tuple[Matcher, ...] = ()
    dedupe_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Route:
    """One node of the tree; options that a node does not set come from its parent.

    Args:
        path: where the node stands (`/0/2`), stable for one version of the tree.
        key: what the node asks, from the root on, as Alertmanager writes it.
        identity: the same, twins told apart: it stays as long as the conditions do, wherever the node stands.
        group_by: label names; (`...`,) groups by all labels.
        group_wait_seconds: how long a new group waits for company.
        group_interval_seconds: how long until a changed group is told again.
        repeat_interval_seconds: how long until an unchanged group is told again.
        continues: whether later siblings are tried after this node matched.
        mute, active: names of time intervals; in a mute one, or in none of the active ones, nothing is told.
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
    key: str = "{}"
    identity: str = "{}"
    mute: tuple[str, ...] = ()
    active: tuple[str, ...] = ()
    manners: Manners = field(default_factory=Manners)

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
class Receiver:
    """Who is told, over which ways; `template` (Jinja2) replaces the words of a message."""

    name: str
    targets: tuple[Target, ...]
    template: str = ""


@dataclass(frozen=True, slots=True)
class Deadman:
    """An alert that must keep coming: when none that fits was repeated for `within_seconds`, somebody is told."""

    name: str
    matchers: tuple[Matcher, ...]
    within_seconds: float


@dataclass(frozen=True, slots=True)
class Routing:
    """A whole configuration, ready to route."""

    root: Route
    receivers: Mapping[str, Receiver]
    inhibit_rules: tuple[InhibitRule, ...]
    intervals: Mapping[str, NamedInterval] = field(default_factory=dict)
    resolve_timeout: timedelta = timedelta(minutes=5)
    chains: Mapping[str, Chain] = field(default_factory=dict)
    rosters: Mapping[str, Roster] = field(default_factory=dict)
    digests: Mapping[str, Digest] = field(default_factory=dict)
    limits: Mapping[str, Limit] = field(default_factory=dict)
    heartbeat: bool = False
    deadman: tuple[Deadman, ...] = ()


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


class Inhibitor:
    """Who keeps whom silent at one moment; built once for all alerts of a batch."""

    def __init__(self, rules: tuple[InhibitRule, ...], firing: Iterable[Mapping[str, str]]) -> None:
        self._rules = rules
        # per rule: what a target must equal, for every source and for those that are no target themselves
        self._equal: list[tuple[set[tuple[str, ...]], set[tuple[str, ...]]]] = [(set(), set()) for _ in rules]
        for labels in firing if rules else ():
            for rule, (every, one_sided) in zip(rules, self._equal, strict=True):
                if all_match(rule.source, labels):
                    equal = tuple(labels.get(name, "") for name in rule.equal)
                    every.add(equal)
                    if not all_match(rule.target, labels):
                        one_sided.add(equal)

    def rule_of(self, labels: Mapping[str, str]) -> int | None:
        """The number of the rule that keeps this alert silent, or None.

        An alert that matches both sides of a rule is not inhibited by one that does so too (itself among them).
        """
        for number, (rule, (every, one_sided)) in enumerate(zip(self._rules, self._equal, strict=True)):
            if not all_match(rule.target, labels):
                continue
            sources = one_sided if all_match(rule.source, labels) else every
            if tuple(labels.get(name, "") for name in rule.equal) in sources:
                return number
        return None


def inhibited_by(
    rules: tuple[InhibitRule, ...], labels: Mapping[str, str], firing: Iterable[Mapping[str, str]]
) -> int | None:
    """The number of the rule that keeps this alert silent while `firing` fire, or None."""
    return Inhibitor(rules, firing).rule_of(labels)
