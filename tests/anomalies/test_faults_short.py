"""The short form of `sunlit faults`: two platforms live one county, one of them in a storm, and come to the same.

It prints its seed: `sunlit faults storm --quick --seed <seed> --cases <cases>` does the same again, and keeps the home
of a run that failed.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from libs.ops.commands.terminal import say
from libs.ops.faults.county import write_script
from libs.ops.faults.run import Strength, disturbed, undisturbed
from libs.ops.faults.storm import Storm
from libs.ops.fingerprint import PARTS

pytestmark = [pytest.mark.platform, pytest.mark.timeout(400)]

SEED, CASES, AFTERMATH = 20260302, 24, timedelta(days=8)


async def test_a_storm_leaves_no_trace(capsys: pytest.CaptureFixture[str]) -> None:
    """Faults 1, 14, 15 and 17 at once: all workers killed, everything in threes and late, corrupt bytes."""
    with capsys.disabled():
        say(f"storm: --seed {SEED} --cases {CASES}")
    script = write_script(SEED, CASES, AFTERMATH)
    expected = asyncio.ensure_future(undisturbed(script, SEED))
    outcome = await disturbed(Storm(), script, SEED, Strength(is_quick=True), expected)
    assert not outcome.flaws
    assert (outcome.lost, outcome.doubled, outcome.unequal) == (0, 0, ())
    assert outcome.times == 1
    assert outcome.events == len(script.events)
    marks = (await expected).fingerprint.parts
    assert marks.keys() == PARTS.keys()
    assert all(marks[part].rows for part in ("events", "receipts", "cases", "supervised", "cards", "notifications"))
