"""Fixtures of the spine's tests; a conftest imports what it needs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from kafka.errors import TopicAlreadyExistsError

from libs.common.runtime.topics import CONTROL
from tests.engines import Engines
from tests.spine.house import House, open_house


@pytest.fixture(scope="session")
def control_topic(engines: Engines) -> None:
    """The topic of light messages, which every worker waits for."""
    try:
        engines.create_topics([CONTROL], 1)
    except TopicAlreadyExistsError:
        return


@pytest.fixture
def house(engines: Engines, control_topic: None, tmp_path: Path) -> Iterator[House]:
    """A corner of the real engines with the ledger's tables and topics; what runs in it is ended."""
    corner = open_house(engines, tmp_path)
    yield corner
    corner.close()
