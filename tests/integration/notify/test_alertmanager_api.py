"""Alertmanager's API as its own clients use it: the real amtool 0.25 and the real Prometheus 2.42 (Debian)."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from services.notify.main import build_api
from tests.integration.notify.alertmanager_process import installed
from tests.integration.notify.conftest import House
from tests.pages.harness import serving
from tests.spine.house import free_port, until
from tests.unit.notify.makers import card

pytestmark = pytest.mark.engines
API = "/alertmanager/api/v2"
HOUR = timedelta(hours=1)
TREE = """
route:
  receiver: desk
  group_by: [alertname]
  group_wait: 1s
  routes:
    - matchers: ['severity="page"']
      receiver: operators
receivers:
  - name: desk
    sunlit: {inbox_configs: [{post: supervision/duty}]}
  - name: operators
    sunlit: {inbox_configs: [{post: operations/duty}], wecom_configs: [{url: "https://robot.invalid/send?key=hidden"}]}
inhibit_rules:
  - {source_matchers: ['severity="page"'], target_matchers: ['severity="warning"'], equal: [instance]}
"""


def alert(name: str, severity: str = "page", **more: Any) -> dict[str, Any]:
    labels = {"alertname": name, "severity": severity, "instance": "db1"}
    return {"labels": labels, "annotations": {"summary": f"{name} 出了问题"}, "generatorURL": "http://p/g", **more}


async def ask(house: House, path: str, **params: Any) -> Any:
    answer = await house.client.get(f"{API}{path}", params=params, headers=house.bearer("operator"))
    assert answer.status_code == 200, answer.text
    return answer.json()


async def push(house: House, *alerts: dict[str, Any]) -> httpx.Response:
    return await house.client.post(f"{API}/alerts", json=list(alerts), headers=house.bearer("operator"))


async def test_alerts_of_others_are_told_like_ours(house: House) -> None:
    """Pushed, grouped, told with the others; ended by their sender they are told as over."""
    await house.put(TREE)
    assert (await push(house, alert("DiskFull"), alert("DiskFull"))).status_code == 200
    await house.take(card())
    await house.tell()
    told = {item["receiver"]: item for item in (await house.get("/notifications"))["items"]}
    assert set(told) == {"desk", "operators"}
    assert told["operators"]["title"] == "DiskFull 出了问题"
    names = [group["receiver"]["name"] for group in await ask(house, "/alerts/groups")]
    assert sorted(names) == ["desk", "operators"]
    ended = (house.spine.clock.wall() - timedelta(seconds=1)).isoformat()
    await push(house, alert("DiskFull", endsAt=ended))
    assert [row["labels"]["alertname"] for row in await ask(house, "/alerts")] == ["S01"]
    await house.tell(HOUR)
    states = {item["receiver"]: item["state"] for item in (await house.get("/notifications"))["items"]}
    assert states == {"desk": "waiting", "operators": "settled"}


async def test_what_keeps_an_alert_silent_is_shown_and_noted(house: House) -> None:
    """Inhibited and silenced alerts are suppressed with their reason, and are not told."""
    await house.put(TREE)
    await push(house, alert("Down"), alert("Slow", "warning"), alert("Odd", "info"))
    wall = house.spine.clock.wall()
    silence = {
        "matchers": [{"name": "alertname", "value": "Odd", "isRegex": False, "isEqual": True}],
        "startsAt": wall.isoformat(),
        "endsAt": (wall + HOUR).isoformat(),
        "createdBy": "孙若澜",
        "comment": "换盘",
    }
    made = await house.client.post(f"{API}/silences", json=silence, headers=house.bearer("operator"))
    assert made.status_code == 200, made.text
    rows = {row["labels"]["alertname"]: row["status"] for row in await ask(house, "/alerts")}
    assert rows["Down"]["state"] == "active"
    assert (rows["Slow"]["state"], len(rows["Slow"]["inhibitedBy"])) == ("suppressed", 1)
    assert rows["Odd"] == {"state": "suppressed", "silencedBy": [made.json()["silenceID"]], "inhibitedBy": []}
    assert len(await ask(house, "/alerts", silenced=False, inhibited=False)) == 1
    assert len(await ask(house, "/alerts", filter='severity=~"warning|info"')) == 2
    assert len(await ask(house, "/alerts", receiver="oper.*")) == 1
    await house.tell()
    assert [item["receiver"] for item in (await house.get("/notifications"))["items"]] == ["operators"]
    muted = await house.sql("SELECT muted_by FROM alert_group_member WHERE muted_by IS NOT NULL ORDER BY 1")
    assert [row.muted_by for row in muted] == ["inhibited:0", f"silence:{made.json()['silenceID']}"]


async def test_what_is_wrong_in_a_push_is_named_and_the_rest_is_taken(house: House) -> None:
    """A label without a name, an end before its beginning: 400 with places; the good one fires."""
    bad = {"labels": {"bad-name": "x"}}
    backwards = alert("Back", startsAt="2026-03-10T10:00:00Z", endsAt="2026-03-10T09:00:00Z")
    answer = await push(house, bad, backwards, alert("Good"))
    assert answer.status_code == 400
    assert "/0/labels" in answer.json()
    assert "/1/endsAt" in answer.json()
    assert [row["labels"]["alertname"] for row in await ask(house, "/alerts")] == ["Good"]
    assert (await house.client.post(f"{API}/alerts", json=[alert("x")])).status_code == 401
    denied = await house.client.post(f"{API}/alerts", json=[alert("x")], headers=house.bearer("auditor"))
    assert denied.status_code == 403


async def test_a_silence_is_tried_before_it_is_made(house: House) -> None:
    """Preview, make, refuse one that would silence everything, end, and refuse to end it twice."""
    await house.put(TREE)
    await push(house, alert("Down"), alert("Odd", "info"))
    operator, path = house.bearer("operator"), "/api/notify/v1/silences"
    tried = await house.client.post(f"{path}:preview", json={"matchers": ['severity="info"']}, headers=operator)
    assert [row["labels"]["alertname"] for row in tried.json()] == ["Odd"]
    ends = (house.spine.clock.wall() + HOUR).isoformat()
    body = {"matchers": ['severity="info"'], "ends_at": ends, "comment": "换盘"}
    made = await house.client.post(path, json=body, headers=operator)
    assert (made.status_code, made.json()["state"]) == (201, "active")
    everything = await house.client.post(path, json={**body, "matchers": ['a=~".*"']}, headers=operator)
    assert [e["code"] for e in everything.json()["errors"]] == ["MATCHES_ALL"]
    wrong = await house.client.post(path, json={**body, "matchers": ["oops"]}, headers=operator)
    assert [(e["code"], e["pointer"]) for e in wrong.json()["errors"]] == [("BAD_MATCHER", "/matchers/0")]
    one = f"{path}/{made.json()['silence_id']}"
    assert (await house.client.delete(one, headers=house.bearer("supervisor"))).status_code == 403
    assert (await house.client.delete(one, headers=operator)).status_code == 204
    assert (await house.client.delete(one, headers=operator)).status_code == 409
    assert (await house.client.delete(f"{path}/none", headers=operator)).status_code == 404


@contextmanager
def amtool(house: House, folder: Path) -> Iterator[Any]:
    """Calls the real amtool against the served API; answers its output."""
    token = house.bearer("operator")["Authorization"].partition(" ")[2]
    file = folder / "http.yml"
    file.write_text(yaml.safe_dump({"authorization": {"type": "Bearer", "credentials": token}}), encoding="utf-8")
    with serving(build_api(house.settings)) as origin:

        def call(*words: str, code: int = 0) -> str:
            command = [installed("amtool"), f"--alertmanager.url={origin}/alertmanager", f"--http.config.file={file}"]
            done = subprocess.run([*command, *words], capture_output=True, text=True, timeout=60)
            assert done.returncode == code, done.stderr + done.stdout
            return done.stdout + done.stderr

        yield call


async def test_amtool_needs_no_change(house: House, tmp_path: Path) -> None:
    """Add, query, silence, update, expire, show the configuration: every verb of amtool does what it says."""
    await house.put(TREE)
    with amtool(house, tmp_path) as call:
        call("alert", "add", "Down", "severity=page", "instance=db1", "--annotation=summary=坏了")
        call("alert", "add", "Slow", "severity=warning", "instance=db1")
        rows = json.loads(call("alert", "query", "-o", "json"))
        assert {row["labels"]["alertname"] for row in rows} == {"Down"}
        assert len(json.loads(call("alert", "query", "--inhibited", "-o", "json"))) == 1
        silence = call("silence", "add", "alertname=Down", "--duration=1h", "--author=sun", "--comment=fix").strip()
        assert json.loads(call("alert", "query", "-o", "json")) == []
        (shown,) = json.loads(call("silence", "query", "-o", "json"))
        assert (shown["id"], shown["status"]["state"], shown["comment"]) == (silence, "active", "fix")
        longer = call("silence", "update", "--duration=2h", silence)
        assert silence in longer
        call("silence", "expire", silence)
        assert json.loads(call("silence", "query", "-o", "json")) == []
        configuration = call("config", "show")
        assert "receiver: desk" in configuration
        assert "hidden" not in configuration
        assert call("config", "routes", "test", "severity=page").strip() == "operators"
        call("silence", "expire", "none", code=1)


async def test_prometheus_pushes_its_alerts_here(house: House, tmp_path: Path) -> None:
    """A rule fires in a real Prometheus that only knows an Alertmanager under our path and token."""
    await house.put(TREE)
    token, port = house.bearer("operator")["Authorization"].partition(" ")[2], free_port()
    rule = {"alert": "AlwaysOn", "expr": "vector(1)", "labels": {"severity": "page"}, "annotations": {"summary": "在"}}
    (tmp_path / "rules.yml").write_text(yaml.safe_dump({"groups": [{"name": "g", "rules": [rule]}]}), encoding="utf-8")
    with serving(build_api(house.settings)) as origin:
        receiver = {
            "path_prefix": "/alertmanager",
            "authorization": {"type": "Bearer", "credentials": token},
            "static_configs": [{"targets": [origin.removeprefix("http://")]}],
        }
        file = {
            "global": {"evaluation_interval": "1s"},
            "rule_files": ["rules.yml"],
            "alerting": {"alertmanagers": [receiver]},
        }
        (tmp_path / "prometheus.yml").write_text(yaml.safe_dump(file), encoding="utf-8")
        command = [
            installed("prometheus"),
            f"--config.file={tmp_path / 'prometheus.yml'}",
            f"--storage.tsdb.path={tmp_path / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
            # what it has to say before it has found us comes again soon; an alert lives for four such pauses
            "--rules.alert.resend-delay=6s",
        ]
        with (tmp_path / "prometheus.log").open("wb") as out:
            child = subprocess.Popen(command, cwd=tmp_path, stdout=out, stderr=out)
            try:
                headers = house.bearer("operator")
                until(lambda: httpx.get(f"{origin}{API}/alerts", headers=headers).json(), limit_s=60)
            finally:
                child.terminate()
                child.wait(20)
    (row,) = await ask(house, "/alerts")
    assert (row["labels"]["alertname"], row["annotations"]["summary"]) == ("AlwaysOn", "在")
    await house.tell(timedelta(seconds=2))
    assert [item["receiver"] for item in (await house.get("/notifications"))["items"]] == ["operators"]
