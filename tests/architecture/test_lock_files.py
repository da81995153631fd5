"""Lock files pin content and name no place to get it from: any mirror and an air-gapped site serve (decision 41)."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = ["requirements.lock", "requirements-dev.lock", "package-lock.json"]
ENGINE_FILES = ["libs/ops/engines/data/jgo.toml", "libs/ops/engines/data/kafka.sha256"]
ADDRESS = re.compile(r"(?i)\b(https?|git\+\w+|file|ftp)://|\bfile:|index-url|find-links|\"resolved\"")


@pytest.mark.parametrize("name", LOCKS + ENGINE_FILES)
def test_no_lock_file_holds_an_address(name: str) -> None:
    """Versions and checksums only."""
    found = [line for line in (ROOT / name).read_text(encoding="utf-8").splitlines() if ADDRESS.search(line)]
    assert found == []


@pytest.mark.parametrize(
    "line", ['"resolved": "x"', "a @ https://h/x.whl", "--index-url x", "b @ git+ssh://h", "c @ file:///x"]
)
def test_an_address_would_be_found(line: str) -> None:
    """The test above can fail."""
    assert ADDRESS.search(line)


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_every_python_package_is_pinned_with_hashes(name: str) -> None:
    """One version and at least one SHA-256 each."""
    text = (ROOT / name).read_text(encoding="utf-8")
    blocks = re.split(r"(?m)^(?=[a-z0-9])", re.sub(r"(?m)^\s*#.*\n", "", text))
    loose = [
        b.split()[0] for b in blocks if b.strip() and not re.match(r"\S+==\S+ \\\n\s+--hash=sha256:[0-9a-f]{64}", b)
    ]
    assert loose == []


def test_every_front_end_package_is_pinned_with_its_integrity() -> None:
    """npm checks what it gets."""
    packages = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    assert [name for name, entry in packages.items() if name and "integrity" not in entry] == []
