"""A simulated county goes in at the front and its permits come out on the portal, all by `sunlit`."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from libs.common.runtime.calendars import load_calendars
from libs.ops.home import Home
from libs.ops.simulate.county import load_county
from libs.ops.simulate.seasons import usual_season
from libs.ops.simulate.story import full_story

pytestmark = [pytest.mark.engines, pytest.mark.platform]

ROOT = Path(__file__).parents[2]
OWN = {name: value for name, value in os.environ.items() if not name.startswith("SUNLIT_")}
FIRST_ON, LAST_ON = date(2026, 1, 5), date(2026, 1, 16)
SEASON = ("--cases", "40", "--from", str(FIRST_ON), "--to", str(LAST_ON), "--seed", "7")


class Collector(ThreadingHTTPServer):
    """Takes traces in as an OTLP collector does, and keeps their spans."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Taker)
        self.names_by_trace: dict[bytes, set[str]] = defaultdict(set)

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1/traces"


class Taker(BaseHTTPRequestHandler):
    """One export."""

    server: Collector

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        if self.headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            for span in (span for scope in resource.scope_spans for span in scope.spans):
                self.server.names_by_trace[span.trace_id].add(span.name)
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing is said for each request."""


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    """A collector that listens while the platform lives."""
    with Collector() as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def sunlit(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """One command, to its end."""
    command = [sys.executable, "-m", "libs.ops.cli", *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=OWN | settings, capture_output=True, text=True, check=False, timeout=280
    )


@pytest.fixture(scope="module")
def told() -> list[dict[str, Any]]:
    """What happens in the county, drawn a second time."""
    county = load_county()
    calendar = load_calendars().of(county.region_code)
    season = usual_season(calendar, cases=40, first_on=FIRST_ON, last_on=LAST_ON, seed=7)
    return [event for _, event in full_story(county, calendar, season).acts()]


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory, collector: Collector) -> Iterator[tuple[Home, dict[str, Any]]]:
    """A platform on a virtual clock that has lived the season, and what `simulate` said of it."""
    home = Home(tmp_path_factory.mktemp("county") / "home")
    place = ("--home", str(home.path))
    clock = ("--clock", "2026-01-05T00:00:00+08:00@0")
    up = sunlit("up", *place, "--detach", *clock, SUNLIT_OTLP=collector.endpoint)
    try:
        assert up.returncode == 0, up.stderr
        simulated = sunlit("simulate", *SEASON, *place, "--json")
        assert simulated.returncode == 0, simulated.stderr
        advanced = sunlit("clock", "advance", "10d", *place)
        assert advanced.returncode == 0, advanced.stderr
        assert sunlit("wait", *place).returncode == 0
        yield home, json.loads(simulated.stdout)
    finally:
        sunlit("down", *place)


def test_the_intake_counts_every_event(lived: tuple[Home, dict[str, Any]], told: list[dict[str, Any]]) -> None:
    """All that was told is taken once, what was told twice is known, nothing refused; the clock stands at the last."""
    _, said = lived
    events = len({(event["source"], event["id"]) for event in told})
    assert (said["accepted"], said["duplicates"], said["rejected"]) == (events, len(told) - events, 0)
    assert said["as_of"] == told[-1].get("senttime", told[-1]["time"])


def test_every_case_is_in_the_hall(lived: tuple[Home, dict[str, Any]], told: list[dict[str, Any]]) -> None:
    """The hall's list has the forty cases that were filed."""
    home, _ = lived
    bearer = sunlit("token", "--role", "supervisor", "--home", str(home.path)).stdout.strip()
    items = pages(home, "/api/approval/v1/cases", {"authorization": f"Bearer {bearer}"})
    filed = {event["subject"] for event in told if event["type"] == "hall.application.submitted"}
    assert len(filed) == 40
    assert filed <= {item["case_no"] for item in items}


def test_granted_permits_are_on_the_portal(lived: tuple[Home, dict[str, Any]], told: list[dict[str, Any]]) -> None:
    """Every licence that was granted without a note of secrecy is public; nothing is public that was not granted."""
    home, _ = lived
    granted = [e["data"] for e in told if e["type"] == "hall.case.completed" and e["data"]["result"] == "granted"]
    open_ones = {licence["no"] for data in granted if "secrecy" not in data for licence in data["licences"]}
    on_portal = {item["licence_no"] for item in pages(home, "/api/disclosure/v1/records?kind=permit")}
    assert open_ones
    assert open_ones <= on_portal <= {licence["no"] for data in granted for licence in data["licences"]}


def test_a_season_that_went_in_already_changes_nothing(
    lived: tuple[Home, dict[str, Any]], told: list[dict[str, Any]]
) -> None:
    """The same seed on the same days is the same county: every event is known."""
    home, _ = lived
    again = sunlit("simulate", *SEASON, "--home", str(home.path), "--json")
    said = json.loads(again.stdout)
    assert (said["accepted"], said["duplicates"], said["rejected"]) == (0, len(told), 0)


def test_one_trace_leads_from_the_intake_to_the_last_delivery(
    lived: tuple[Home, dict[str, Any]], collector: Collector
) -> None:
    """Some event's trace has the intake, the fold, the publication; some card's has its delivery too."""
    until = time.monotonic() + 30
    wanted = {
        "publication": ("POST /api/approval/v1/events", "approval hall.case.completed", "disclosure approval."),
        "alert": ("POST /api/approval/v1/events", "monitoring hall.", "notify supervision.card.", "notify deliver "),
    }

    def found(starts: tuple[str, ...]) -> bool:
        traces = list(collector.names_by_trace.values())
        return any(all(any(name.startswith(start) for name in names) for start in starts) for names in traces)

    while missing := [name for name, starts in wanted.items() if not found(starts)]:
        assert time.monotonic() < until, (missing, sorted(set().union(*collector.names_by_trace.values())))
        time.sleep(0.5)


def pages(home: Home, path: str, headers: dict[str, str] | None = None) -> list[dict[str, Any]]:
    """All items of a list."""
    found: list[dict[str, Any]] = []
    cursor = None
    with httpx.Client(base_url=home.state().url, headers=headers, timeout=30, trust_env=False) as client:
        while True:
            query = {"limit": "50", **({"cursor": cursor} if cursor else {})}
            answer = client.get(path, params=httpx.URL(path).params.merge(query))
            answer.raise_for_status()
            page = answer.json()
            found += page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                return found
