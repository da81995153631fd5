"""Claim: an outage storm of 10 000 alerts in a second is grouped and told at once, and memory stays flat.

Value: from the first push to the last group told, less `group_wait`: API process, PostgreSQL, worker process, webhook.
Limit: Alertmanager (if `prometheus-alertmanager` is installed) with the same tree, pushes and receiver in the same run;
without it, the pushes alone.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import psutil
import yaml

from bench.claim import Order, Result, Target, Wrong, time_result
from bench.engines import Engines, engines
from libs.common.runtime.auth import Principal, mint, token_key
from libs.ops import children
from libs.ops.ports import free_ports

GROUPS = 100
PUSH_ALERTS = 500
GROUP_WAIT_S = 3.0
WANTED_S = 2.0
PATIENCE_S = 120.0
BINARY = "prometheus-alertmanager"


@dataclass
class Sink:
    """What the receiver heard: (monotonic seconds, receiver's path, fingerprints told as firing)."""

    url: str = ""
    heard: list[tuple[float, list[str]]] = field(default_factory=list)

    def names(self) -> set[str]:
        """All that was told so far."""
        return {name for _, names in self.heard for name in names}


def run(order: Order) -> Result:
    """Measure it."""
    count = order.amount(10_000, 500)
    with engines(order.say) as place, sink() as ours, house(place, ours) as (url, headers):
        order.say(f"engines are up; pushing {count} alerts")
        worker = psutil.Process(place.workers[0].process.pid)
        first_s, last_s, pushed_s = storm(url, headers, ours, count, "one")
        grown = worker.memory_info().rss
        storm(url, headers, ours, count, "two")
        growth = worker.memory_info().rss / grown
        lost = place.one("SELECT count(*) FROM notify.delivery WHERE state <> 'sent'")
    if lost:
        raise Wrong(f"{lost} deliveries are not sent")
    theirs, their_name = alertmanager_storm(count, order)
    limit_s, limit_is = (theirs, their_name) if theirs is not None else (pushed_s, "the pushes alone")
    return time_result(
        "notify_storm",
        last_s * 1000,
        limit_s * 1000,
        limit_is,
        alerts=count,
        groups=GROUPS,
        pushes_ms=round(pushed_s * 1000),
        first_notification_ms=round(first_s * 1000),
        memory_growth_of_a_second_storm=round(growth, 3),
        targets=[
            Target("first notification after group_wait, s", WANTED_S, round(first_s, 2), at_least=False),
            Target("memory of the worker after a second storm", 1.2, round(growth, 3), at_least=False),
        ],
    )


def tree(url: str) -> dict[str, Any]:
    """One receiver, a group for each organisation."""
    route = {
        "receiver": "desk",
        "group_by": ["storm", "org"],
        "group_wait": f"{GROUP_WAIT_S:.0f}s",
        "group_interval": "5m",
        "repeat_interval": "4h",
    }
    return {"route": route, "receivers": [{"name": "desk", "webhook_configs": [{"url": f"{url}/desk"}]}]}


def storm(url: str, headers: dict[str, str], receiver: Sink, count: int, name: str) -> tuple[float, float, float]:
    """Seconds from the first push to the first and to the last group told, less group_wait; and of the pushes."""
    began = time.monotonic()
    asyncio.run(_push(url, headers, alerts(count, name)))
    pushed_s, before = time.monotonic() - began, len(receiver.heard)
    while len({n for n in receiver.names() if n.startswith(f"{name}-")}) < count:
        if time.monotonic() - began > PATIENCE_S:
            raise Wrong(f"only {len(receiver.names())} alerts were told after {PATIENCE_S:.0f} s")
        time.sleep(0.05)
    told = [at for at, names in receiver.heard if names and names[0].startswith(f"{name}-")]
    doubles = sum(len(names) for _, names in receiver.heard[before:]) - count
    if doubles > 0:
        raise Wrong(f"{doubles} alerts were told twice")
    return min(told) - began - GROUP_WAIT_S, max(told) - began - GROUP_WAIT_S, pushed_s


def alerts(count: int, name: str) -> list[dict[str, Any]]:
    """As Prometheus would push them."""
    ends = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    return [
        {
            "labels": {"alertname": "Down", "storm": name, "org": f"o{n % GROUPS}", "id": f"{name}-{n}"},
            "annotations": {"summary": f"{name}-{n} 中断"},
            "endsAt": ends,
        }
        for n in range(count)
    ]


async def _push(url: str, headers: dict[str, str], rows: list[dict[str, Any]]) -> None:
    async with httpx.AsyncClient(timeout=60, trust_env=False) as client:
        pieces = [rows[first : first + PUSH_ALERTS] for first in range(0, len(rows), PUSH_ALERTS)]
        answers = await asyncio.gather(*(client.post(f"{url}/alerts", json=p, headers=headers) for p in pieces))
    for answer in answers:
        if answer.status_code != 200:
            raise Wrong(f"a push was answered {answer.status_code}: {answer.text[:200]}")


@contextmanager
def house(place: Engines, receiver: Sink) -> Iterator[tuple[str, dict[str, str]]]:
    """Our API and worker with the tree in force; the address of the pushes and who pushes."""
    (port,) = free_ports(1)
    extra = {"SUNLIT_EGRESS_ALLOW": "127.0.0.0/8"}
    environment = {**place.environment("notify", port), **extra}
    log = place.home.logs / "notify-api.log"
    api = children.spawn([sys.executable, "-m", "services.notify", "api"], log=log, env=environment)
    try:
        place.start_worker("notify")
        person = Principal("bench", "bench", "operator")
        token = mint(token_key(place.home.secrets), person, now=datetime.now(UTC), ttl=timedelta(hours=1))
        headers = {"Authorization": f"Bearer {token}"}
        origin = f"http://127.0.0.1:{port}"
        _until_answers(f"{origin}/readyz")
        document = yaml.safe_dump(tree(receiver.url)).encode()
        put = httpx.put(
            f"{origin}/api/notify/v1/routing",
            content=document,
            headers={**headers, "content-type": "application/yaml"},
            trust_env=False,
        )
        if put.status_code != 200:
            raise Wrong(f"the tree was answered {put.status_code}: {put.text[:300]}")
        yield f"{origin}/alertmanager/api/v2", headers
    finally:
        api.terminate()
        api.wait(20)


def alertmanager_storm(count: int, order: Order) -> tuple[float | None, str]:
    """The same at the real Alertmanager; None when it is not installed."""
    binary = shutil.which(BINARY)
    if binary is None:
        return None, ""
    order.say("the same at Alertmanager")
    (port,) = free_ports(1)
    with sink() as receiver, tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "alertmanager.yml"
        file.write_text(yaml.safe_dump(tree(receiver.url)), encoding="utf-8")
        command = [binary, f"--config.file={file}", f"--storage.path={folder}/data", "--cluster.listen-address="]
        child = subprocess.Popen(
            [*command, f"--web.listen-address=127.0.0.1:{port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            _until_answers(f"http://127.0.0.1:{port}/-/ready")
            _, last_s, _ = storm(f"http://127.0.0.1:{port}/api/v2", {}, receiver, count, "one")
        finally:
            child.terminate()
            child.wait(10)
    version = subprocess.run([binary, "--version"], capture_output=True, text=True, check=False).stdout.split("\n")[0]
    return last_s, f"the same storm at {version}"


def _until_answers(url: str) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            if httpx.get(url, timeout=5, trust_env=False).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.1)
    raise Wrong(f"{url} does not answer")


class _Server(ThreadingHTTPServer):
    request_queue_size = 1024
    daemon_threads = True


@contextmanager
def sink() -> Iterator[Sink]:
    """A receiver of webhooks."""
    found = Sink()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            names = [alert["labels"]["id"] for alert in body["alerts"] if alert["status"] == "firing"]
            found.heard.append((time.monotonic(), names))
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            """Nothing."""

    server = _Server(("127.0.0.1", 0), Handler)
    found.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
