"""`sunlit simulate` to a file: what it says, and how it refuses a plan."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner, Result

from libs.ops.cli import app
from libs.ops.errors import CommandError, ExitCode

SEASON = ("--cases", "30", "--from", "2026-03-02", "--to", "2026-03-20", "--seed", "4")


def simulate(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["simulate", *SEASON, *arguments])


def refusal(*arguments: str) -> CommandError:
    """What the command ends with."""
    error = simulate(*arguments).exception
    assert isinstance(error, CommandError)
    return error


def test_the_sheet_lies_beside_the_file(tmp_path: Path) -> None:
    """Events, answers and the rate; the sheet's subjects are in the file."""
    plan, out = tmp_path / "plan.yaml", tmp_path / "county.jsonl"
    plan.write_text("S08: {fires: 2, twin: 1}\n")
    answer = simulate("--out", str(out), "--breaches", str(plan), "--json")
    assert answer.exit_code == 0, answer.output
    told = orjson.loads(answer.stdout)
    lines = out.read_bytes().splitlines()
    rows = [orjson.loads(line) for line in (tmp_path / "county.jsonl.answers.jsonl").read_bytes().splitlines()]
    assert told["events"] == len(lines)
    assert told["events_per_second"] > 0
    assert [row["kind"] for row in sorted(rows, key=lambda row: str(row["kind"]))] == ["fires", "fires", "twin"]
    assert {row["subject"] for row in rows} <= {orjson.loads(line)["subject"] for line in lines}


def test_a_wrong_plan_writes_nothing(tmp_path: Path) -> None:
    """Exit code 4 and the place of what is wrong."""
    plan, out = tmp_path / "plan.toml", tmp_path / "county.jsonl"
    plan.write_text("[S08]\nfired = 2\n")
    refused = refusal("--out", str(out), "--breaches", str(plan))
    assert refused.code == ExitCode.REFUSED
    assert "/S08/fired" in str(refused)
    assert not out.exists()


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        pytest.param(("--breaches", "nowhere.toml", "--out", "x.jsonl"), "nowhere.toml", id="no such plan"),
        pytest.param(("--format", "gdbs"), "--out", id="a format without a file"),
        pytest.param(("--format", "fax", "--out", "x.jsonl"), "gdbs", id="an unknown format"),
    ],
)
def test_wrong_usage_is_told(arguments: tuple[str, ...], word: str) -> None:
    """Exit code 2, and what to write instead."""
    refused = refusal(*arguments)
    assert refused.code == ExitCode.USAGE
    assert word in str(refused)
