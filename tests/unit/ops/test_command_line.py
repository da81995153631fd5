"""What the command line understands, and what it says when it does not."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from typer.testing import CliRunner

from libs.ops.cli import COMMANDS, app, load
from libs.ops.commands.spans import parse_span
from libs.ops.errors import CommandError, ExitCode
from libs.ops.legal_clock import ClockOption, parse_option


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_of_the_table_loads_and_explains_itself(name: str) -> None:
    """The table's place exists, and `--help` of the command answers."""
    assert load(name).name == name or COMMANDS[name].place.endswith(":app") or load(name).help
    answer = CliRunner().invoke(app, [name, "--help"])
    assert answer.exit_code == 0
    assert "Usage" in answer.output


def test_the_manual_names_every_command_and_every_exit_code() -> None:
    """`sunlit --help` is enough to find one's way."""
    manual = CliRunner().invoke(app, ["--help"]).output
    assert [name for name in COMMANDS if name not in manual] == []
    assert [code for code in range(5) if f"{code} " not in manual] == []


def test_an_unknown_command_is_wrong_usage() -> None:
    """Exit code 2, and the word is repeated."""
    answer = CliRunner().invoke(app, ["explode"])
    assert answer.exit_code == ExitCode.USAGE
    assert "explode" in answer.output


@pytest.mark.parametrize(
    ("text", "start", "speed"),
    [
        ("wall", None, 1.0),
        ("2026-01-01T09:00:00+08:00", "2026-01-01T09:00:00+08:00", 1.0),
        ("2026-01-01T09:00:00+08:00@3600", "2026-01-01T09:00:00+08:00", 3600.0),
        ("2011-03-01T00:00:00+01:00@0", "2011-03-01T00:00:00+01:00", 0.0),
    ],
)
def test_a_clock_option_is_a_start_and_a_speed(text: str, start: str | None, speed: float) -> None:
    """`wall`, or an instant and after @ the legal seconds of one second."""
    assert parse_option(text) == ClockOption(datetime.fromisoformat(start) if start else None, speed)


@pytest.mark.parametrize(
    "text", ["", "tomorrow", "2026-01-01", "2026-01-01T09:00:00", "2026-01-01T09:00:00+08:00@fast", "wall@2",
             "2026-01-01T09:00:00+08:00@-1"],
)  # fmt: skip
def test_a_clock_option_without_offset_or_sense_is_wrong_usage(text: str) -> None:
    """The message shows how it is written."""
    with pytest.raises(CommandError, match="2026-01-01T09:00:00") as told:
        parse_option(text)
    assert told.value.code == ExitCode.USAGE


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("30s", timedelta(seconds=30)),
        ("30m", timedelta(minutes=30)),
        ("12h", timedelta(hours=12)),
        ("90d", timedelta(90)),
    ],
)
def test_a_span_is_a_number_and_a_unit(text: str, span: timedelta) -> None:
    """Seconds, minutes, hours, days."""
    assert parse_span(text) == span


@pytest.mark.parametrize("text", ["", "1", "d", "0d", "-1d", "1w", "1.5h", "1d "])
def test_another_span_is_wrong_usage(text: str) -> None:
    """The message shows how it is written."""
    with pytest.raises(CommandError, match="30m") as told:
        parse_span(text)
    assert told.value.code == ExitCode.USAGE
