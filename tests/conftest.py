"""Fixtures of the whole test tree."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from libs.ops.engines import kafka
from libs.ops.engines.local import LocalEngines
from libs.ops.engines.places import cache_folder
from tests.engines import Engines


@pytest.fixture(scope="session")
def kit() -> kafka.Kit:
    """Java and the verified jars, from the cache that all homes share."""
    return kafka.prepare(cache_folder(), None)


@pytest.fixture(scope="session")
def engines(kit: kafka.Kit) -> Iterator[Engines]:
    """ONE real Kafka and ONE real PostgreSQL for the session, in a fresh folder that is deleted at the end."""
    home = Path(tempfile.mkdtemp(prefix="sunlit-engines-"))
    local = LocalEngines(home, kit, "session")
    try:
        local.start(home / "logs")
        yield Engines(local.bootstrap, local.dsn)
    finally:
        local.stop()
        shutil.rmtree(home, ignore_errors=True)
