"""Our decisions beside the real Alertmanager's (0.25.0, Debian): the same configurations, alerts and silences."""

from __future__ import annotations

import json
import subprocess
import time
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from libs.common.kernel.errors import DataError
from services.notify.domain.configuration import read_configuration
from services.notify.domain.matchers import Matcher
from services.notify.domain.silences import Silence
from services.notify.routing_file import read_document
from tests.integration.notify.alertmanager_plans import LAST_UNIT, Act, Plan, alone, make_plan, together
from tests.integration.notify.alertmanager_process import Sink, alertmanager, installed, sink
from tests.unit.notify.simulated import SimulatedHouse, webhook_bodies

SEED = 20260310
PLANS = 72
# a busy machine lets moments pass one another: what differed is played again, slower and alone; what differs for a
# reason differs every time
UNITS_S = (1.0, 2.0, 2.0)
Heard = dict[tuple[str, str], list[tuple[float, dict[str, Any]]]]


def test_groups_and_notifications_are_alertmanagers(tmp_path: Path) -> None:
    """72 generated configurations: who is told what, in which groups, in what order and when, is the same."""
    numbers, differences = list(range(PLANS)), list[str]()
    for attempt, unit_s in enumerate(UNITS_S):
        folder = tmp_path / str(attempt)
        folder.mkdir()
        told, found = play(numbers, unit_s, folder)
        assert told > (5 * PLANS if attempt == 0 else 0)
        numbers = sorted(found)
        differences = [line for lines in found.values() for line in lines]
        if not differences:
            break
    assert not differences, "\n".join(differences[:20])


def play(numbers: Sequence[int], unit_s: float, folder: Path) -> tuple[int, dict[int, list[str]]]:
    """How much the real one told, and per configuration how we told it differently."""
    with sink() as receivers:
        plans = [make_plan(number, SEED, unit_s, receivers.url) for number in numbers]
        with alertmanager(together(plans, unit_s), folder) as client:
            began = drive(client, plans, unit_s)
    theirs = heard_by(receivers, began)
    found: dict[int, list[str]] = {}
    for number, plan in zip(numbers, plans, strict=True):
        ours = simulate(plan, began, unit_s)
        real = {key: said for key, said in theirs.items() if key[0].split("-")[0] == plan.name}
        keys = sorted({*ours, *real})
        lines = [line for key in keys for line in difference(key, ours.get(key, []), real.get(key, []), unit_s)]
        if lines:
            found[number] = lines
    return sum(len(said) for said in theirs.values()), found


def drive(client: httpx.Client, plans: Sequence[Plan], unit_s: float) -> float:
    """Plays all scripts at once; answers when it began (wall seconds)."""
    began = time.time() + 0.3
    moments: dict[float, list[tuple[Plan, Act]]] = defaultdict(list)
    for plan in plans:
        for act in plan.acts:
            moments[act.at].append((plan, act))
    silences: dict[str, str] = {}
    for at in sorted(moments):
        time.sleep(max(0.0, began + at * unit_s - time.time()))
        now = datetime.fromtimestamp(began + at * unit_s, UTC)
        pushed = [raw_alert(plan, given, now, unit_s) for plan, act in moments[at] for given in act.alerts]
        if pushed:
            answer = client.post("/api/v2/alerts", json=pushed)
            assert answer.status_code == 200, answer.text
        for plan, act in moments[at]:
            if act.silence is not None:
                answer = client.post("/api/v2/silences", json=raw_silence(plan, act.silence, now, unit_s))
                assert answer.status_code == 200, answer.text
                silences[plan.name] = answer.json()["silenceID"]
            if act.expires:
                # one that is over already is refused, and that is the same as ending it
                client.delete(f"/api/v2/silence/{silences[plan.name]}")
    time.sleep(max(0.0, began + (LAST_UNIT + 0.25) * unit_s - time.time()))
    return began


def raw_alert(plan: Plan, given: dict[str, Any], now: datetime, unit_s: float) -> dict[str, Any]:
    """An alert as Prometheus would push it."""
    raw: dict[str, Any] = {"labels": {**given["labels"], "cfg": plan.name}}
    if "starts" in given:
        raw["startsAt"] = (now + timedelta(seconds=given["starts"] * unit_s)).isoformat()
    if "ends" in given:
        raw["endsAt"] = (now + timedelta(seconds=given["ends"] * unit_s)).isoformat()
    return raw


def raw_silence(plan: Plan, given: dict[str, Any], now: datetime, unit_s: float) -> dict[str, Any]:
    """A silence as amtool would make it."""
    own = {"name": "cfg", "value": plan.name, "isRegex": False, "isEqual": True}
    ends = now + timedelta(seconds=given["units"] * unit_s)
    return {
        "matchers": [*given["matchers"], own],
        "startsAt": now.isoformat(),
        "endsAt": ends.isoformat(),
        "createdBy": "test",
        "comment": "test",
    }


def simulate(plan: Plan, began: float, unit_s: float) -> Heard:
    """What our handlers tell of the same script, in simulated time."""
    start = datetime.fromtimestamp(began, UTC)
    house = SimulatedHouse(read_configuration(yaml.safe_load(yaml.safe_dump(alone(plan, unit_s)))), start)
    for act in plan.acts:
        now = start + timedelta(seconds=act.at * unit_s)
        house.until(now)
        house.push(raw_alert(plan, given, now, unit_s) for given in act.alerts)
        if act.silence is not None:
            ends = now + timedelta(seconds=act.silence["units"] * unit_s)
            matchers = tuple(Matcher(m["name"], _op(m), m["value"]) for m in act.silence["matchers"])
            house.silences["it"] = Silence("it", matchers, now, ends, "test", "test", now)
        if act.expires:
            house.silences.pop("it")
    house.until(start + timedelta(seconds=(LAST_UNIT + 0.25) * unit_s))
    found: Heard = defaultdict(list)
    for at, url, body in webhook_bodies(house.told):
        key = (url.split("/", 3)[3], body["groupKey"])
        found[key].append(((at - start).total_seconds(), body))
    return found


def _op(matcher: dict[str, Any]) -> str:
    return {(False, True): "=", (False, False): "!=", (True, True): "=~", (True, False): "!~"}[
        matcher["isRegex"], matcher["isEqual"]
    ]


def heard_by(receivers: Sink, began: float) -> Heard:
    """What the real one told, by address and group; its groups' keys name the branch that a plan was mounted on."""
    found: Heard = defaultdict(list)
    for at, path, body in sorted(receivers.came, key=lambda row: row[0]):
        name = path.split("/")[1].split("-")[0]
        key = body["groupKey"].replace(f'{{}}/{{cfg="{name}"}}', "{}", 1)
        found[path.removeprefix("/"), key].append((at - began, body))
    return found


def difference(
    key: tuple[str, str],
    ours: list[tuple[float, dict[str, Any]]],
    theirs: list[tuple[float, dict[str, Any]]],
    unit_s: float,
) -> list[str]:
    """How the two told one group at one address differently; empty = they did not."""
    mine, real = ([said(body) for _, body in told] for told in (ours, theirs))
    gaps = [b - a for (a, _), (b, _) in zip(ours, theirs, strict=False)]
    # a busy machine is late; another moment of the group would be off by a whole unit
    if mine == real and all(-0.25 * unit_s < gap < 0.9 * unit_s for gap in gaps):
        return []
    lines = [f"{key}"]
    lines += [f"  ours   {at:6.2f} {said(body)}" for at, body in ours]
    lines += [f"  theirs {at:6.2f} {said(body)}" for at, body in theirs]
    return ["\n".join(lines)]


def said(body: dict[str, Any]) -> tuple[Any, ...]:
    """What a webhook says, without the order of its alerts and without its instants."""
    cut = body["truncatedAlerts"]
    alerts = sorted((a["labels"]["id"], a["status"], a["fingerprint"]) for a in body["alerts"])
    names = ("version", "status", "receiver", "groupLabels", "truncatedAlerts")
    # which alerts are cut off depends on the order of one instant
    shown = len(alerts) if cut else alerts
    return (*(words(body[name]) for name in names), words(shown), "" if cut else words(body["commonLabels"]))


def words(value: Any) -> str:
    """JSON with its keys in order."""
    return json.dumps(value, sort_keys=True)


BROKEN = {
    "root with matchers": "route: {receiver: a, matchers: ['x=y']}\nreceivers: [{name: a}]",
    "root with a mute time": "route: {receiver: a, mute_time_intervals: [n]}\nreceivers: [{name: a}]\n"
    "time_intervals: [{name: n, time_intervals: []}]",
    "no receiver": "route: {group_by: [a]}\nreceivers: [{name: a}]",
    "unknown receiver": "route: {receiver: b}\nreceivers: [{name: a}]",
    "receiver twice": "route: {receiver: a}\nreceivers: [{name: a}, {name: a}]",
    "interval of zero": "route: {receiver: a, group_interval: 0s}\nreceivers: [{name: a}]",
    "repeat of zero": "route: {receiver: a, repeat_interval: 0s}\nreceivers: [{name: a}]",
    "group by all and one": "route: {receiver: a, group_by: ['...', b]}\nreceivers: [{name: a}]",
    "group by twice": "route: {receiver: a, group_by: [b, b]}\nreceivers: [{name: a}]",
    "unknown interval": "route: {receiver: a, routes: [{mute_time_intervals: [x]}]}\nreceivers: [{name: a}]",
    "weekdays backwards": "route: {receiver: a}\nreceivers: [{name: a}]\n"
    "time_intervals: [{name: n, time_intervals: [{weekdays: ['friday:monday']}]}]",
    "day zero": "route: {receiver: a}\nreceivers: [{name: a}]\n"
    "time_intervals: [{name: n, time_intervals: [{days_of_month: ['0']}]}]",
    "times backwards": "route: {receiver: a}\nreceivers: [{name: a}]\n"
    "time_intervals: [{name: n, time_intervals: [{times: [{start_time: '17:00', end_time: '09:00'}]}]}]",
    "no such zone": "route: {receiver: a}\nreceivers: [{name: a}]\n"
    "time_intervals: [{name: n, time_intervals: [{location: Nowhere/City}]}]",
    "bad expression": "route: {receiver: a, routes: [{matchers: ['a=~\"(\"']}]}\nreceivers: [{name: a}]",
    "unknown key": "route: {receiver: a, group: [x]}\nreceivers: [{name: a}]",
}
SOUND = {
    "days from the end": "route: {receiver: a}\nreceivers: [{name: a}]\n"
    "time_intervals: [{name: n, time_intervals: [{days_of_month: ['-5:-1', '10:-10'], months: ['1', 'may:december'],"
    " years: ['2020:2030'], weekdays: ['Monday:FRIDAY'], times: [{start_time: '08:30', end_time: '24:00'}]}]}]",
    "old matchers": "route: {receiver: a, routes: [{match: {b: c}, match_re: {d: 'e|f'}, continue: true}]}\n"
    "receivers: [{name: a}]\ninhibit_rules: [{source_match: {a: b}, target_match_re: {c: d}, equal: [e]}]",
    "older intervals": "route: {receiver: a, routes: [{mute_time_intervals: [n]}]}\nreceivers: [{name: a}]\n"
    "mute_time_intervals: [{name: n, time_intervals: [{weekdays: [saturday, sunday]}]}]",
    "no group by": "route: {receiver: a, group_by: [b], routes: [{group_by: []}]}\nreceivers: [{name: a}]",
    "matchers of every kind": "route: {receiver: a, routes: [{matchers: ['a=b', 'c!=\"d e\"', f=~g.*, 'h!~\"\"']}]}\n"
    "receivers: [{name: a}]",
}


@pytest.mark.parametrize("name", [*BROKEN, *SOUND])
def test_what_amtool_refuses_we_refuse_by_place(name: str, tmp_path: Path) -> None:
    """`amtool check-config` and our reader agree on each file; a refusal of ours names its place."""
    document = BROKEN.get(name) or SOUND[name]
    file = tmp_path / "alertmanager.yml"
    file.write_text(document, encoding="utf-8")
    checked = subprocess.run([installed("amtool"), "check-config", str(file)], capture_output=True, text=True)
    assert (checked.returncode == 0) is (name in SOUND), checked.stderr
    if name in SOUND:
        read_document(document.encode())
        return
    with pytest.raises(DataError) as refused:
        read_document(document.encode())
    assert all(problem.pointer for problem in refused.value.problems), json.dumps(document)
