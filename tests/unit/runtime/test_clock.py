"""The two clocks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from libs.common.kernel.errors import ContractBroken
from libs.common.runtime.clock import ClockFile, VirtualClock, WallClock, build_clock, read_clock_file, write_clock_file

WALL = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
LEGAL = datetime(2011, 10, 3, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("speed", "wall_seconds", "legal_seconds"),
    [(1.0, 10, 10), (3600.0, 2, 7200), (0.0, 86_400, 0), (0.5, 10, 5), (60.0, -1, -60)],
)
def test_legal_time_runs_from_the_anchor_at_its_speed(speed: float, wall_seconds: int, legal_seconds: int) -> None:
    """legal = anchor_legal + (wall - anchor_wall) * speed, also before the anchor."""
    state = ClockFile(anchor_wall=WALL, anchor_legal=LEGAL, speed=speed)
    assert state.legal(WALL + timedelta(seconds=wall_seconds)) == LEGAL + timedelta(seconds=legal_seconds)


def test_a_file_comes_back_as_it_was_written(tmp_path: Path) -> None:
    """Everything of the file survives the disk, with offsets as the same instant."""
    state = ClockFile(
        anchor_wall=WALL, anchor_legal=LEGAL, speed=2.5, proven_up_to=LEGAL, proven_except=("//hall/1/a",)
    )
    write_clock_file(tmp_path / "clock.json", state)
    assert read_clock_file(tmp_path / "clock.json") == state
    assert [p.name for p in tmp_path.iterdir()] == ["clock.json"]


def test_a_clock_follows_its_file_at_once(tmp_path: Path) -> None:
    """A clock that was read before sees the next state of the file in the very next reading."""
    file = tmp_path / "clock.json"
    write_clock_file(file, ClockFile(anchor_wall=WALL, anchor_legal=LEGAL, speed=0))
    clock = VirtualClock(file)
    assert clock.now() == LEGAL
    for days in range(1, 30):
        write_clock_file(file, ClockFile(anchor_wall=WALL, anchor_legal=LEGAL + timedelta(days=days), speed=0))
        assert clock.now() == LEGAL + timedelta(days=days)


def test_legal_time_is_told_in_the_legal_zone(tmp_path: Path) -> None:
    """`now` carries the zone's offset; the wall clock stays UTC."""
    file = tmp_path / "clock.json"
    write_clock_file(file, ClockFile(anchor_wall=WALL, anchor_legal=LEGAL, speed=0))
    clock = build_clock(f"virtual:{file}", "Asia/Shanghai")
    assert clock.now().isoformat() == "2011-10-03T16:00:00+08:00"
    assert clock.wall().tzinfo is UTC


def test_only_the_driver_of_a_virtual_clock_declares_sources_complete(tmp_path: Path) -> None:
    """The file's `proven_up_to` holds for every source but the excepted; a wall clock declares nothing."""
    file = tmp_path / "clock.json"
    write_clock_file(
        file,
        ClockFile(anchor_wall=WALL, anchor_legal=LEGAL, proven_up_to=LEGAL, proven_except=("//hall/1/late",)),
    )
    clock = VirtualClock(file)
    assert clock.proven_up_to("//hall/1/good") == LEGAL
    assert clock.proven_up_to("//hall/1/late") is None
    assert WallClock().proven_up_to("//hall/1/good") is None


def test_while_a_clock_is_driven_looks_come_due_at_barriers_only(tmp_path: Path) -> None:
    """Legal looks where the driver has proven the instant, wall looks where it found nothing else in flight."""
    file, clock = tmp_path / "clock.json", VirtualClock(tmp_path / "clock.json")

    def due(**said: object) -> tuple[bool, bool]:
        write_clock_file(file, ClockFile(anchor_wall=WALL, anchor_legal=LEGAL, speed=0, **said))
        return clock.due_up_to() == LEGAL, clock.wall_due_up_to() > WALL

    assert due() == (True, True)
    assert due(driven=True, proven_up_to=LEGAL - timedelta(hours=1)) == (False, False)
    assert due(driven=True, proven_up_to=LEGAL) == (True, False)
    assert due(driven=True, proven_up_to=LEGAL, telling=True) == (True, True)


@pytest.mark.parametrize("spec", ["", "virtual", "virtual:", "sun-dial", "WALL"])
def test_another_word_for_a_clock_is_refused_by_name(spec: str) -> None:
    """The message names the variable, what stood there and what to write."""
    with pytest.raises(ContractBroken, match=r"SUNLIT_CLOCK is .* `wall` or `virtual:<file>`"):
        build_clock(spec)


@pytest.mark.parametrize("content", [b"", b"{", b"{}", b'{"anchor_wall":"yesterday","anchor_legal":"today"}'])
def test_a_broken_file_is_named(tmp_path: Path, content: bytes) -> None:
    """The message names the file and the command that mends it."""
    file = tmp_path / "clock.json"
    file.write_bytes(content)
    with pytest.raises(ContractBroken, match=r"clock\.json.*sunlit clock set"):
        VirtualClock(file).now()


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """A virtual clock without its file says so."""
    with pytest.raises(ContractBroken, match=r"none\.json"):
        VirtualClock(tmp_path / "none.json").now()
