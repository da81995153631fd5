"""A simulated county goes in at the front and its permits come out on the portal, all by `sunlit`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest

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


def sunlit(*arguments: str) -> subprocess.CompletedProcess[str]:
    """One command, to its end."""
    command = [sys.executable, "-m", "libs.ops.cli", *arguments]
    return subprocess.run(command, cwd=ROOT, env=OWN, capture_output=True, text=True, check=False, timeout=280)


@pytest.fixture(scope="module")
def told() -> list[dict[str, Any]]:
    """What happens in the county, drawn a second time."""
    county = load_county()
    calendar = load_calendars().of(county.region_code)
    season = usual_season(calendar, cases=40, first_on=FIRST_ON, last_on=LAST_ON, seed=7)
    return [event for _, event in full_story(county, calendar, season).acts()]


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Home, dict[str, Any]]]:
    """A platform on a virtual clock that has lived the season, and what `simulate` said of it."""
    home = Home(tmp_path_factory.mktemp("county") / "home")
    place = ("--home", str(home.path))
    up = sunlit("up", *place, "--detach", "--clock", "2026-01-05T00:00:00+08:00@0")
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
