"""Which outbox rows may be deleted when some were not acknowledged."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from libs.common.runtime.relay import Row, settled

AT = datetime(2026, 3, 2, tzinfo=UTC)


def rows(*places: str) -> list[Row]:
    """Rows 1, 2, … with these topic/key pairs."""
    return [Row(n, str(n), *place.split("/"), b"", AT) for n, place in enumerate(places, 1)]


@pytest.mark.parametrize(
    ("places", "failed", "done"),
    [
        (("t/a", "t/b", "t/a"), set(), [1, 2, 3]),
        (("t/a", "t/b", "t/a"), {1}, [2]),
        (("t/a", "t/b", "t/a"), {3}, [1, 2]),
        (("t/a", "u/a", "t/a"), {1}, [2]),
        (("t/a", "t/a", "t/a"), {2}, [1]),
        (("t/a", "t/b"), {1, 2}, []),
        ((), set(), []),
    ],
)
def test_a_row_behind_a_failed_one_of_its_key_stays(places: tuple[str, ...], failed: set[int], done: list[int]) -> None:
    """Keys are blocked one by one, per topic; the others go on."""
    assert settled(rows(*places), failed) == done
