"""Generated Alertmanager configurations with a script of alerts and silences each, made from a seed.

Moments are counted in units. What happens to alerts happens at whole units, groups speak at halves, so that half a unit
lies between any two things of which the order matters.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import Any

LABELS = {"sev": ("red", "yellow", "notice"), "org": ("a", "b"), "app": ("x", "y")}
LAST_UNIT = 12
RESOLVE_UNITS = 4
ZONES = ("Asia/Shanghai", "UTC", "America/New_York")


@dataclass
class Act:
    """At `at` (units): alerts are pushed, or a silence begins or ends."""

    at: float
    alerts: list[dict[str, Any]] = field(default_factory=list)
    silence: dict[str, Any] | None = None
    expires: str = ""


@dataclass
class Plan:
    """One configuration: the root of its tree, its rules, its intervals, and what happens."""

    name: str
    root: dict[str, Any]
    receivers: list[dict[str, Any]]
    inhibit_rules: list[dict[str, Any]]
    intervals: list[dict[str, Any]]
    acts: list[Act]


def spell(units: float, unit_s: float) -> str:
    """A duration as a file writes it."""
    return f"{round(units * unit_s * 1000)}ms"


def make_plan(number: int, seed: int, unit_s: float, sink: str) -> Plan:
    """The plan of a number; the same seed makes the same plans."""
    luck = Random(f"{seed}/{number}")
    name = f"c{number}"
    receivers: list[dict[str, Any]] = []
    intervals = [_interval(luck, f"{name}-t{n}") for n in range(2)] if number % 3 == 0 else []
    root = _node(luck, name, unit_s, sink, receivers, [i["name"] for i in intervals], depth=0)
    rules = []
    if number % 2 == 0:
        source, target = luck.sample(LABELS["sev"], 2)
        equal = luck.choice([[], ["org"], ["org", "app"]])
        both = luck.random() < 0.2
        rules.append(
            {
                "source_matchers": [f'sev="{source}"'],
                "target_matchers": ['sev=~"red|yellow|notice"' if both else f'sev="{target}"'],
                "equal": equal,
            }
        )
    return Plan(name, root, receivers, rules, intervals, _acts(luck, number))


def _node(
    luck: Random, name: str, unit_s: float, sink: str, receivers: list[dict[str, Any]], times: list[str], depth: int
) -> dict[str, Any]:
    receiver = f"{name}-r{len(receivers)}"
    hooks = [
        {
            "url": f"{sink}/{receiver}/{n}",
            "send_resolved": luck.random() < 0.7,
            **({"max_alerts": 2} if luck.random() < 0.15 else {}),
        }
        for n in range(luck.choice([1, 1, 2]))
    ]
    receivers.append({"name": receiver, "webhook_configs": hooks})
    node: dict[str, Any] = {"receiver": receiver}
    if depth == 0 or luck.random() < 0.5:
        node["group_by"] = luck.choice([["org"], ["app"], ["org", "sev"], ["..."], ["sev"], ["nowhere"]])
    if depth == 0 or luck.random() < 0.4:
        node["group_wait"] = spell(luck.choice([0.5, 1.5]), unit_s)
        node["group_interval"] = spell(luck.choice([2, 3]), unit_s)
        node["repeat_interval"] = spell(luck.choice([2.6, 4.6, 100]), unit_s)
    if depth:
        node["continue"] = luck.random() < 0.4
        node["matchers"] = luck.sample(
            [
                'sev="red"', 'sev!="red"', 'sev=~"red|yellow"', 'org="a"', 'org!~"a.*"', 'app=~"x|z"', 'absent=""',
                'absent!=""',
            ],
            luck.choice([1, 1, 2]),
        )  # fmt: skip
        if times and luck.random() < 0.5:
            node[luck.choice(["mute_time_intervals", "active_time_intervals"])] = luck.sample(times, 1)
    if depth < 2:
        below = [_node(luck, name, unit_s, sink, receivers, times, depth + 1) for _ in range(luck.choice([0, 1, 2, 3]))]
        if below:
            node["routes"] = below
    return node


def _interval(luck: Random, name: str) -> dict[str, Any]:
    days = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"]
    spans: list[dict[str, Any]] = []
    for _ in range(luck.choice([1, 2])):
        span: dict[str, Any] = {"location": luck.choice(ZONES)} if luck.random() < 0.6 else {}
        if luck.random() < 0.5:
            first = luck.randrange(7)
            span["weekdays"] = [luck.choice(days), f"{days[first]}:{days[luck.randrange(first, 7)]}"]
        if luck.random() < 0.4:
            span["days_of_month"] = luck.choice([["1:15"], ["-10:-1"], ["20:31"], ["5", "-3"], ["16:-1"]])
        if luck.random() < 0.4:
            span["months"] = luck.choice([["january:june"], ["7:12"], ["march", "11"]])
        if luck.random() < 0.3:
            span["years"] = luck.choice([["2020:2040"], ["1999"]])
        if luck.random() < 0.5:
            half = luck.randrange(1, 24)
            span["times"] = luck.choice(
                [
                    [{"start_time": "00:00", "end_time": f"{half:02d}:00"}],
                    [{"start_time": f"{half:02d}:00", "end_time": "24:00"}],
                ]
            )
        spans.append(span)
    return {"name": name, "time_intervals": spans}


def _acts(luck: Random, number: int) -> list[Act]:
    """Pushes, ends named and supposed, repeats, silences; every fifth plan begins with an alert that is already old."""
    acts: list[Act] = []
    old = number % 5 == 4
    phase = 0.5 if old else 0.0
    if old:
        acts.append(Act(1.0, [{"labels": _labels(luck, "old"), "starts": -20}]))
    ids = [f"i{n}" for n in range(luck.choice([2, 3, 4]))]
    chosen = {name: _labels(luck, name) for name in ids}
    for at in range(1 + bool(old), LAST_UNIT - 1):
        alerts: list[dict[str, Any]] = []
        for name in ids:
            roll = luck.random()
            if roll < 0.25:
                alerts.append({"labels": chosen[name]})
            elif roll < 0.33:
                alerts.append({"labels": chosen[name], "ends": luck.choice([3, 50])})
            elif roll < 0.42 and at > 2:
                alerts.append({"labels": chosen[name], "ends": 0})
        if alerts:
            acts.append(Act(at + phase, alerts))
    if number % 4 == 1:
        at = luck.randrange(2, 7) + phase
        words = luck.choice([("sev", "red", False, True), ("org", "a|c", True, True), ("app", "x", False, False)])
        name, value, regex, equal = words
        matcher = {"name": name, "value": value, "isRegex": regex, "isEqual": equal}
        acts.append(Act(at, silence={"matchers": [matcher], "units": luck.choice([2, 3, 50])}))
        if luck.random() < 0.5:
            acts.append(Act(at + 3, expires="it"))
    return sorted(acts, key=lambda act: act.at)


def _labels(luck: Random, identity: str) -> dict[str, str]:
    return {"alertname": "A", "id": identity} | {key: luck.choice(values) for key, values in LABELS.items()}


def alone(plan: Plan, unit_s: float) -> dict[str, Any]:
    """The configuration as a file of its own."""
    return {
        "global": {"resolve_timeout": spell(RESOLVE_UNITS, unit_s)},
        "route": plan.root,
        "receivers": plan.receivers,
        "inhibit_rules": plan.inhibit_rules,
        "time_intervals": plan.intervals,
    }


def together(plans: list[Plan], unit_s: float) -> dict[str, Any]:
    """All configurations in one file: each is a branch that only its own alerts reach."""
    rules = [
        {
            "source_matchers": [*rule["source_matchers"], f'cfg="{plan.name}"'],
            "target_matchers": [*rule["target_matchers"], f'cfg="{plan.name}"'],
            "equal": [*rule["equal"], "cfg"],
        }
        for plan in plans
        for rule in plan.inhibit_rules
    ]
    branches = [{**plan.root, "matchers": [f'cfg="{plan.name}"']} for plan in plans]
    return {
        "global": {"resolve_timeout": spell(RESOLVE_UNITS, unit_s)},
        "route": {"receiver": "nobody", "routes": branches},
        "receivers": [{"name": "nobody"}, *(receiver for plan in plans for receiver in plan.receivers)],
        "inhibit_rules": rules,
        "time_intervals": [interval for plan in plans for interval in plan.intervals],
    }
