"""Who hears of an alert: matchers, the tree, inhibition, and what a configuration file may say."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from libs.common.kernel.errors import DataError
from services.notify.domain.configuration import read_configuration
from services.notify.domain.matchers import parse_matchers
from services.notify.domain.routing import group_labels, inhibited_by, route
from services.notify.domain.targets import ConsoleTarget, InboxTarget

CONFIGURATION = """
route:
  receiver: desk
  group_by: [org_code]
  group_wait: 10s
  routes:
    - matchers: ['severity="red"']
      receiver: heads
      continue: true
      routes:
        - matchers: ['org_code=~"11.*"', family!="DATA"]
          receiver: mayor
          group_by: ['...']
    - matchers: ['severity=~"red|yellow"']
      receiver: handlers
      repeat_interval: 1h
    - match: {alertname: SourceStale}
      receiver: operators
receivers:
  - name: desk
    sunlit: {console: true}
  - name: heads
    sunlit: {inbox_configs: [{post: "{org_code}/head"}]}
  - name: mayor
    webhook_configs: [{url: "https://example.invalid/hook", max_alerts: 5}]
  - name: handlers
    email_configs: [{to: handler@example.invalid}]
  - name: operators
    sunlit: {console: true}
inhibit_rules:
  - source_matchers: [severity="red"]
    target_matchers: [severity=~"yellow|notice"]
    equal: [case_no]
"""


def load(text: str = CONFIGURATION) -> Any:
    return read_configuration(yaml.safe_load(text))


@pytest.mark.parametrize(
    ("text", "labels", "expected"),
    [
        pytest.param('severity="red"', {"severity": "red"}, True, id="equal"),
        pytest.param("severity=red", {"severity": "red"}, True, id="unquoted"),
        pytest.param('severity!="red"', {}, True, id="absent is empty"),
        pytest.param('severity=~"re"', {"severity": "red"}, False, id="a pattern matches the whole value"),
        pytest.param('severity=~"re.*|yellow"', {"severity": "yellow"}, True, id="alternatives"),
        pytest.param('{severity="red", org!~"12.*"}', {"severity": "red", "org": "11"}, True, id="braces and comma"),
        pytest.param('note="a, b"', {"note": "a, b"}, True, id="a comma inside quotes"),
        pytest.param(r'note="say \"yes\""', {"note": 'say "yes"'}, True, id="escaped quotes"),
        pytest.param('severity!~"red"', {"severity": "red"}, False, id="negated pattern"),
    ],
)
def test_a_matcher_reads_labels(text: str, labels: dict[str, str], expected: bool) -> None:
    """Each operator means what Alertmanager's users expect."""
    assert all(m.matches(labels) for m in parse_matchers(text)) is expected


@pytest.mark.parametrize("text", ["", "red", '="red"', 'a=~"("', "{}"])
def test_what_is_no_matcher_is_refused(text: str) -> None:
    """A matcher that cannot be read is an error, never a matcher that matches everything."""
    with pytest.raises(ValueError):
        parse_matchers(text)


@pytest.mark.parametrize(
    ("labels", "receivers"),
    [
        pytest.param({"severity": "notice"}, ["desk"], id="nothing matches: the root"),
        pytest.param({"severity": "yellow"}, ["handlers"], id="first child that matches"),
        pytest.param({"severity": "red", "org_code": "11A"}, ["mayor", "handlers"], id="continue goes on"),
        pytest.param({"severity": "red", "org_code": "22"}, ["heads", "handlers"], id="child without match stays"),
        pytest.param({"severity": "red", "org_code": "11A", "family": "DATA"}, ["heads", "handlers"], id="negation"),
        pytest.param({"alertname": "SourceStale", "severity": "notice"}, ["operators"], id="old match form"),
    ],
)
def test_the_tree_finds_the_receivers(labels: dict[str, str], receivers: list[str]) -> None:
    """Depth first, first match, unless a node says `continue`."""
    assert [node.receiver for node in route(load().root, labels)] == receivers


def test_options_come_from_the_parent() -> None:
    """A node inherits what it does not set, and sets what it says."""
    (node,) = route(load().root, {"severity": "yellow"})
    assert (node.group_by, node.group_wait_seconds, node.repeat_interval_seconds) == (("org_code",), 10.0, 3600.0)


def test_groups_are_named_by_the_nodes_labels() -> None:
    """`...` groups by every label; a missing label is left out."""
    mayor, handlers = route(load().root, {"severity": "red", "org_code": "11A"})
    assert group_labels(mayor, {"severity": "red", "org_code": "11A"}) == {"severity": "red", "org_code": "11A"}
    assert group_labels(handlers, {"severity": "red"}) == {}


def test_a_red_card_silences_the_yellow_of_the_same_case() -> None:
    """Inhibition needs equal labels and never silences the source itself."""
    rules = load().inhibit_rules
    red = {"severity": "red", "case_no": "A"}
    assert inhibited_by(rules, {"severity": "yellow", "case_no": "A"}, [red]) == 0
    assert inhibited_by(rules, {"severity": "yellow", "case_no": "B"}, [red]) is None
    assert inhibited_by(rules, red, [red]) is None


def test_targets_of_every_kind_are_read() -> None:
    """Our own channels stand under `sunlit`."""
    receivers = load().receivers
    assert receivers["heads"].targets == (InboxTarget("{org_code}/head"),)
    assert receivers["desk"].targets == (ConsoleTarget(),)
    assert receivers["mayor"].targets[0].max_alerts == 5


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        pytest.param({"route": {"receiver": "nobody"}}, "/route/receiver", "UNKNOWN_RECEIVER", id="unknown receiver"),
        pytest.param(
            {"route": {"receiver": "desk", "routes": [{"receiver": "x"}]}},
            "/route/routes/0/receiver",
            "UNKNOWN_RECEIVER",
            id="unknown receiver below",
        ),
        pytest.param({"route": {}}, "/route/receiver", "MISSING_FIELD", id="root without receiver"),
        pytest.param(
            {"route": {"receiver": "desk", "group_wait": "soon"}}, "/route/group_wait", "BAD_DURATION", id="duration"
        ),
        pytest.param(
            {"route": {"receiver": "desk", "routes": [{"matchers": ["oops"]}]}},
            "/route/routes/0/matchers/0",
            "BAD_MATCHER",
            id="matcher",
        ),
        pytest.param({"tracing": {}}, "/tracing", "UNSUPPORTED", id="unknown key at the top"),
        pytest.param(
            {"receivers": [{"name": "desk", "pagerduty_configs": []}]},
            "/receivers/0/pagerduty_configs",
            "UNSUPPORTED",
            id="a channel that we lack",
        ),
    ],
)
def test_a_wrong_configuration_is_refused_by_place(change: dict[str, Any], pointer: str, code: str) -> None:
    """Whatever is ignored silently loses alerts: every problem is named with its place."""
    base = {"route": {"receiver": "desk"}, "receivers": [{"name": "desk"}]}
    with pytest.raises(DataError) as refusal:
        read_configuration({**base, **change})
    assert (pointer, code) in [(p.pointer, p.code) for p in refusal.value.problems]


def test_all_problems_come_at_once() -> None:
    """The author mends the file once, not problem by problem."""
    with pytest.raises(DataError) as refusal:
        load("route: {receiver: a, group_wait: x, routes: [{matchers: [y]}]}\nfoo: 1\n")
    assert len(refusal.value.problems) >= 4
