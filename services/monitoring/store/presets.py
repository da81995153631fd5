"""The parameter sets of provinces that ship with the platform (`data/presets/*.toml`)."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path

from services.monitoring.ports import Preset

FOLDER = Path(__file__).parents[1] / "data" / "presets"


def load_presets() -> Mapping[str, Preset]:
    """Presets by name."""
    found = {}
    for path in sorted(FOLDER.glob("*.toml")):
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
        found[raw["name"]] = Preset(raw["name"], raw["version"], raw["parameters"], raw["origin"])
    return found
