"""What counts as quiet."""

from __future__ import annotations

import pytest

from libs.ops.quiescence import Stand, Work, against

WORK = Work("monitoring", ("hall.events.v1", "hall.ingest.*.v1"), {"cases": "legal", "flush": "wall"})
ENDS = {"hall.events.v1/0": 10, "hall.events.v1/1": 0, "hall.ingest.county.v1/0": 3, "notify.deliveries.v1/0": 99}
READ = {"hall.events.v1/0": 10, "hall.ingest.county.v1/0": 3}


@pytest.mark.parametrize(
    ("outbox", "due", "offsets", "told"),
    [
        (0, 0, READ, None),
        (2, 0, READ, "monitoring has 2 facts unpublished"),
        (0, 3, READ, "monitoring has 3 looks due"),
        (0, 0, READ | {"hall.events.v1/0": 9}, "monitoring has 1 events unread"),
        (0, 0, {"hall.events.v1/0": 10}, "monitoring has 3 events unread"),
        (0, 0, {}, "monitoring has 13 events unread"),
        (5, 5, {}, "monitoring has 13 events unread"),
        (0, 0, READ | {"hall.events.v1/0": 11}, None),
    ],
)
def test_a_service_is_quiet_when_nothing_waits_for_it(
    outbox: int, due: int, offsets: dict[str, int], told: str | None
) -> None:
    """Unread events of the topics it reads, facts in its outbox, looks that are due; topics of others do not count."""
    assert against(Stand("monitoring", outbox, due, None, offsets), WORK, ENDS) == told
