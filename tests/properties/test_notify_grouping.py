"""Properties of routing and grouping: nothing that fires is lost, nothing is told twice without a reason."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.notify.domain.configuration import read_configuration
from services.notify.domain.grouping import ALL, Alert, Group, Send, after_flush, flush
from services.notify.domain.routing import route

START = datetime(2026, 3, 2, tzinfo=UTC)
NAMES = st.sampled_from("abcdef")
STEPS = st.lists(st.tuples(NAMES, st.booleans(), st.integers(1, 90)), max_size=25)
MATCHER = st.sampled_from(['severity="red"', 'severity=~"red|yellow"', 'org!="1"', 'org="1"'])


@st.composite
def trees(draw: st.DrawFn, depth: int = 3) -> dict[str, object]:
    node: dict[str, object] = {"receiver": "r", "continue": draw(st.booleans())}
    if depth < 3:
        node["matchers"] = draw(st.lists(MATCHER, max_size=2))
    if depth > 0:
        node["routes"] = draw(st.lists(trees(depth - 1), max_size=3))
    return node


@given(trees(), st.dictionaries(st.sampled_from(["severity", "org"]), st.sampled_from(["red", "yellow", "1", "2"])))
def test_every_alert_reaches_somebody(tree: dict[str, object], labels: dict[str, str]) -> None:
    """Whatever the tree, an alert has at least one receiver."""
    tree.pop("continue")
    routing = read_configuration({"route": tree, "receivers": [{"name": "r"}]})
    assert route(routing.root, labels)


@given(STEPS)
def test_whatever_still_fires_has_been_told(steps: list[tuple[str, bool, int]]) -> None:
    """After each flush the receiver knows exactly of every alert that fires."""
    group: Group | None = None
    known: set[str] = set()
    now = START
    for name, over, minutes in steps:
        now += timedelta(minutes=minutes)
        alerts = dict(group.alerts) if group else {}
        alerts[name] = Alert(name, {}, {}, now, now if over else None)
        group = Group("g", "/", "r", {}, alerts, group.told if group else {})
        decision = flush(group, {}, timedelta(hours=1), now)[ALL]
        if isinstance(decision, Send):
            known |= {a.fingerprint for a in decision.firing}
            known -= {a.fingerprint for a in decision.resolved}
        assert {n for n, a in alerts.items() if a.fires_at(now)} <= known
        group = after_flush(group, {ALL: decision}, now)
