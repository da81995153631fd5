"""docs/operations.md: its settings are the code's, and what it names exists."""

from __future__ import annotations

import re

import pytest

from libs.common.runtime.settings import Settings
from libs.ops.cli import COMMANDS
from libs.ops.engines.places import ROOT
from libs.ops.roster import SERVICES
from libs.ops.settings_table import DOCUMENT, table, written

TEXT = DOCUMENT.read_text(encoding="utf-8")


def test_the_table_of_settings_is_the_codes() -> None:
    """Every setting with its default and meaning; `python -m libs.ops.settings_table` changes nothing."""
    assert written(TEXT) == TEXT, "run python -m libs.ops.settings_table"
    assert all(f"| `SUNLIT_{name.upper()}` |" in table() for name in Settings.model_fields)


@pytest.mark.parametrize("name", Settings.model_fields)
def test_a_setting_says_what_it_is(name: str) -> None:
    """A knob without a word is no knob."""
    assert Settings.model_fields[name].description, f"{name} has no description in runtime/settings.py"


def test_no_secret_has_a_default_that_works() -> None:
    """A password that nobody set is empty, and none stands in the table."""
    for name, field in Settings.model_fields.items():
        if name.endswith(("password", "secret", "token")):
            assert field.default.get_secret_value() == "", name
    assert not re.search(r"://[^/\s]*@", table())


def test_a_named_variable_is_a_setting() -> None:
    """What an operator is told to set is read by somebody: the processes, or the command line."""
    of_the_command_line = {"SUNLIT_JAVA"}
    named = set(re.findall(r"\bSUNLIT_[A-Z_]+[A-Z]\b", TEXT))
    assert named - {f"SUNLIT_{name.upper()}" for name in Settings.model_fields} <= of_the_command_line


def test_a_named_command_exists() -> None:
    """`sunlit x` is in the manual, `python -m x` is a module, `make x` a target, a path a file."""
    for word in set(re.findall(r"`sunlit ([a-z]+)", TEXT)):
        assert word in COMMANDS, f"sunlit {word}"
    for module in set(re.findall(r"python -m ([a-z_.]+[a-z_])", TEXT)):
        place = ROOT / module.replace(".", "/")
        assert place.with_suffix(".py").is_file() or (place / "__main__.py").is_file() or module == "services", module
    targets = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    assert set(re.findall(r"`make ([a-z0-9]+)", TEXT)) <= targets
    for path in set(re.findall(r"`((?:deploy|libs|tests|docs)/[\w./-]+[\w])`", TEXT)):
        assert (ROOT / path).exists(), path


def test_the_parts_that_an_operator_asks_for_stand_there() -> None:
    """From an empty cluster to a key rotated under load."""
    headings = set(re.findall(r"^#{1,3} (.+)$", TEXT, re.MULTILINE))
    assert {
        "From an empty cluster to a running platform", "A closed network", "Sizing", "Upgrade and rollback", "Images",
        "Backup and restore", "Disaster drill", "Key rotation", "The calendar of next year", "Settings", "Objectives",
    } <= headings  # fmt: skip
    components = {folder.name for folder in (ROOT / "deploy/k8s/components").iterdir() if folder.is_dir()}
    overlays = {folder.name for folder in (ROOT / "deploy/k8s/overlays").iterdir() if folder.is_dir()}
    assert all(f"`{name}`" in TEXT for name in components | overlays | set(SERVICES[:0]))
