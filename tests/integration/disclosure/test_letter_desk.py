"""The dead letters of disclosure on its operators' page."""

from __future__ import annotations

import pytest

from tests.integration.disclosure.conftest import House
from tests.spine.letters import walk_the_desk

pytestmark = pytest.mark.engines


async def test_letters_are_looked_at_and_settled(house: House) -> None:
    """Reasons and places for operators and auditors, acts for operators, contents for nobody."""
    await walk_the_desk(house.client, house.spine, "/ops/disclosure", house.bearer)
