"""Where engines keep what all homes share: jars, archives of loaded classes."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).parents[3]


def cache_folder() -> Path:
    """`.cache` beside the source tree; for an installed package the user's XDG cache folder."""
    if (ROOT / "pyproject.toml").is_file():
        return ROOT / ".cache"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "sunlit"
