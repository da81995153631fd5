"""What unit tests share: the papers and data that lie beside the project, when they are there."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of papers, vectors and data beside the project; a clone without it skips what needs it."""
    path = Path(__file__).parents[3] / "shared"
    if not path.is_dir():
        pytest.skip("no ../shared beside this clone: vectors and the permit log are not here")
    return path
