"""`sunlit up` and `down` on real homes: nothing is doubled, nothing is harmed, nothing is left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import msgspec
import pytest

from libs.ops import children
from libs.ops.home import Child, Home, State
from libs.ops.probe import listens
from libs.ops.roster import ENGINES, GATEWAY, NAMES
from tests.engines import Engines

pytestmark = [pytest.mark.engines, pytest.mark.platform]

ROOT = Path(__file__).parents[3]
EVERYBODY = {*NAMES, GATEWAY, *ENGINES}
OWN = {name: value for name, value in os.environ.items() if not name.startswith("SUNLIT_")}


def sunlit(*arguments: str, env: Mapping[str, str] = OWN) -> subprocess.CompletedProcess[str]:
    """One command, to its end."""
    command = [sys.executable, "-m", "libs.ops.cli", *arguments]
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=180)


class Platform:
    """One `sunlit up` in the foreground."""

    def __init__(self, path: Path, *arguments: str, env: Mapping[str, str] = OWN) -> None:
        self.home = Home(path)
        self.log = path.with_suffix(".log")
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "libs.ops.cli", "up", "--home", str(path), *arguments],
                cwd=ROOT, env=env, stdout=out, stderr=out,
            )  # fmt: skip

    def started(self, names: set[str] = EVERYBODY) -> State:
        """The notes, once all of these were started."""
        self.until(lambda: {child.name for child in self.state().processes} >= names)
        return self.state()

    def state(self) -> State:
        """The launcher's notes; empty ones until it is the writer."""
        state = self.home.state()
        mine = state.launcher is not None and state.launcher.pid == self.process.pid
        return state if mine else State()

    def until(self, what: Callable[[], bool], seconds: float = 90.0) -> None:
        """Wait for something to come true."""
        end = time.monotonic() + seconds
        while not what():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < end, self.log.read_text()
            time.sleep(0.05)

    def end(self, sign: signal.Signals = signal.SIGINT) -> int:
        """End it by a signal; its exit code."""
        self.process.send_signal(sign)
        return self.process.wait(60)


def alive(state: State) -> list[str]:
    """Names of the noted processes that still run."""
    return [child.name for child in state.processes if children.is_alive(child.identity)]


def gone(state: State, seconds: float = 30.0) -> bool:
    """Whether all of them end by themselves."""
    end = time.monotonic() + seconds
    while alive(state) and time.monotonic() < end:
        time.sleep(0.05)
    return alive(state) == []


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Platform]]:
    """Starts platforms and ends, whatever happens, all that they started."""
    begun: list[Platform] = []

    def begin(name: str = "home", *arguments: str, env: Mapping[str, str] = OWN) -> Platform:
        begun.append(Platform(tmp_path / name, *arguments, env=env))
        return begun[-1]

    yield begin
    for platform in begun:
        if platform.process.poll() is None:
            platform.end(signal.SIGTERM)
        children.end(platform.home.state().leftovers, grace_seconds=3.0)


def test_a_second_up_is_refused_and_down_leaves_nothing(start: Callable[..., Platform]) -> None:
    """Two platforms in one home would destroy each other's data: the second says so and changes nothing."""
    first = start()
    state = first.started()
    path = str(first.home.path)
    second = sunlit("up", "--home", path)
    assert second.returncode == 1
    assert f"already runs in {path}" in second.stderr
    detached = sunlit("up", "--home", path, "--detach")
    assert (detached.returncode, "already runs" in detached.stderr) == (1, True)
    engines = {child.name: child.pid for child in state.processes if child.name in ENGINES}
    assert {child.name: child.pid for child in first.state().processes if child.name in ENGINES} == engines
    assert sunlit("down", "--home", path).returncode == 0
    assert first.process.wait(10) == 0
    assert alive(state) == []
    after = sunlit("status", "--home", path, "--json")
    assert (after.returncode, after.stdout) == (3, "")
    again = sunlit("down", "--home", path)
    assert (again.returncode, "nothing runs" in again.stderr) == (0, True)


def test_status_is_one_document(start: Callable[..., Platform]) -> None:
    """Every process by name with pid, port, memory, lag, readiness; engines and clock; no password anywhere."""
    platform = start("home", "--clock", "2026-01-05T09:00:00+08:00@0")
    platform.started()
    platform.until(lambda: listens(f"127.0.0.1:{platform.state().ports[GATEWAY]}"))
    answer = sunlit("status", "--home", str(platform.home.path), "--json")
    told = json.loads(answer.stdout)
    assert {process["name"] for process in told["processes"]} == EVERYBODY
    kafka = next(process for process in told["processes"] if process["name"] == "kafka")
    assert kafka["ready"]
    assert kafka["memory_bytes"] > 50 * 2**20
    assert told["clock"] == {
        "now": "2026-01-05T09:00:00+08:00", "virtual": True, "speed": 0.0, "timezone": "Asia/Shanghai",
    }  # fmt: skip
    assert told["engines"]["postgresql"]["kind"] == "local"
    secrets = [file.read_text() for file in platform.home.secrets.glob("*.password")]
    assert [secret for secret in secrets if secret in answer.stdout + answer.stderr] == []


def test_after_kill_9_nothing_stays_and_the_next_up_goes_on(start: Callable[..., Platform]) -> None:
    """The children die with the launcher; keys and ports are those of before; Ctrl-C ends the second cleanly."""
    first = start()
    before = first.started()
    keys = {file.name: file.read_bytes() for file in first.home.secrets.iterdir()}
    first.process.kill()
    first.process.wait()
    assert gone(before)
    second = start()
    after = second.started()
    assert after.ports == before.ports
    assert {file.name: file.read_bytes() for file in second.home.secrets.iterdir()} == keys
    assert second.end(signal.SIGINT) == 0
    assert gone(after, 1.0)


def test_the_next_up_ends_what_a_killed_launcher_left(start: Callable[..., Platform], tmp_path: Path) -> None:
    """A noted process that still runs is ended; one that only has a noted pid is left alone."""
    home = Home(tmp_path / "home")
    home.make()
    left, stranger = (
        children.spawn([sys.executable, "-c", "import time; time.sleep(600)"], log=None, env={}) for _ in range(2)
    )
    try:
        who, other = children.identify(left.pid), children.identify(stranger.pid)
        assert who is not None
        assert other is not None
        noted = Child(name="notify-worker", pid=who.pid, started_ticks=who.started_ticks, boot=who.boot)
        reused = Child(name="notify-api", pid=other.pid, started_ticks=other.started_ticks - 5, boot=other.boot)
        home.note(State(processes=(noted, reused)))
        platform = start()
        assert left.wait(30) == -signal.SIGTERM
        platform.started({"kafka"})
        assert stranger.poll() is None
        assert "1 processes that an earlier launcher left behind" in platform.log.read_text()
    finally:
        for process in (left, stranger):
            process.kill()
            process.wait()


def test_two_homes_run_side_by_side(start: Callable[..., Platform]) -> None:
    """They share nothing but the machine, and ending one does not touch the other."""
    one, two = start("one"), start("two")
    states = [one.started(), two.started()]
    ports = [set(state.ports.values()) for state in states]
    assert not ports[0] & ports[1]
    assert one.end() == 0
    assert alive(states[0]) == []
    assert {"kafka", "postgresql", GATEWAY} <= set(alive(two.state()))


def test_engines_of_the_site_are_used_and_not_touched(start: Callable[..., Platform], engines: Engines) -> None:
    """SUNLIT_KAFKA and SUNLIT_DATABASE: no engine is started, topics and schemas are made there, both live on."""
    env = {**OWN, "SUNLIT_KAFKA": engines.bootstrap, "SUNLIT_DATABASE": engines.dsn}
    platform = start("home", env=env)
    state = platform.started(EVERYBODY - set(ENGINES))
    assert not {child.name for child in state.processes} & set(ENGINES)
    assert state.engines == {"kafka": "site", "postgresql": "site"}
    assert platform.end() == 0
    plans = sunlit("migrate", "plan", "--home", str(platform.home.path), "--json", env=env)
    assert [plan["done"] for plan in json.loads(plans.stdout)] == [True] * 4
    steps = sunlit("topics", "plan", "--home", str(platform.home.path), "--json", env=env)
    # the broker is the whole test run's: other tests may have made a topic with fewer partitions, none is missing
    assert [step for step in json.loads(steps.stdout) if step["act"] != "grow"] == []


def test_a_kafka_of_the_site_that_is_away_is_named(start: Callable[..., Platform]) -> None:
    """The launcher ends with the address, and leaves nothing."""
    platform = start("home", env={**OWN, "SUNLIT_KAFKA": "127.0.0.1:9"})
    assert platform.process.wait(60) == 1
    assert "SUNLIT_KAFKA=127.0.0.1:9" in platform.log.read_text()
    assert platform.home.state().leftovers == []


def test_a_taken_port_that_was_asked_for_is_refused(start: Callable[..., Platform]) -> None:
    """Nothing is started when the pages cannot have the port."""
    first = start("one")
    port = first.started().ports[GATEWAY]
    first.until(lambda: listens(f"127.0.0.1:{port}"))
    second = sunlit("up", "--home", str(first.home.path.with_name("two")), "--port", str(port))
    assert (second.returncode, f"Port {port} is taken" in second.stderr) == (1, True)


@pytest.mark.parametrize(
    ("first", "then"),
    [([], ["--clock", "2026-01-05T09:00:00+08:00"]), (["--clock", "2026-01-05T09:00:00+08:00"], ["--clock", "wall"])],
    ids=["wall to virtual", "virtual to wall"],
)
def test_a_home_keeps_its_kind_of_clock(tmp_path: Path, first: list[str], then: list[str]) -> None:
    """What was judged on one clock is never judged on the other."""
    home = Home(tmp_path / "home")
    home.make()
    home.note(State())
    if first:
        home.clock_file.write_bytes(
            msgspec.json.encode({"anchor_wall": "2026-01-01T00:00:00Z", "anchor_legal": "2026-01-05T01:00:00Z"})
        )
    refused = sunlit("up", "--home", str(home.path), *then)
    assert (refused.returncode, "keeps its clock" in refused.stderr) == (2, True)


def test_a_demonstration_and_a_real_platform_never_share_a_home(tmp_path: Path) -> None:
    """Simulated cases must not be taken for real ones."""
    home = Home(tmp_path / "home")
    home.make()
    home.note(State(is_demo=True))
    refused = sunlit("up", "--home", str(home.path))
    assert (refused.returncode, "holds a demonstration" in refused.stderr) == (2, True)
