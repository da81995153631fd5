"""The group's offsets held against the effects."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from aiokafka import ConsumerRecord

from libs.common.runtime.placement import EPOCH, ahead_of_effects, record_of

PLACE = ("hall.events.v1", 3)


@pytest.mark.parametrize(
    ("committed", "stored", "known", "gap"),
    [
        (500, 500, 500, None),
        (480, 500, 500, None),
        (507, 500, 500, 7),
        (500, 480, 500, None),  # applied by this process after the database was asked
        (500, 500, 480, None),  # stored by another member before the partition came to us
        (9, 0, 0, 9),  # no effect yet
        (None, 500, 500, None),  # nothing told to the group yet
    ],
)
def test_only_a_group_beyond_both_marks_is_ahead(
    committed: int | None, stored: int, known: int, gap: int | None
) -> None:
    """A gap is what neither the database nor this process has effects for."""
    found = ahead_of_effects({PLACE: committed}, {PLACE: stored}, {PLACE: known})
    assert found == ({} if gap is None else {PLACE: gap})


def test_a_partition_that_went_away_is_not_judged() -> None:
    """Another member may be far ahead of what we knew of it."""
    assert ahead_of_effects({PLACE: 900}, {PLACE: 100}, {}) == {}


@pytest.mark.parametrize(
    ("timestamp", "stored_at"),
    [
        (1_772_413_800_000, datetime(2026, 3, 2, 1, 10, tzinfo=UTC)),
        (-(10**17), EPOCH),
        (10**17, EPOCH),
    ],
)
def test_a_timestamp_beyond_every_calendar_stops_nobody(timestamp: int, stored_at: datetime) -> None:
    """Where the broker does not stamp, a sender may write anything there; no header is no value."""
    message: ConsumerRecord[bytes, bytes] = ConsumerRecord(
        "t", 0, 7, timestamp, 0, b"k", b"v", None, 1, 1, (("a", b"1"), ("b", None))
    )
    record = record_of(message)
    assert (record.offset, record.stored_at, record.headers) == (7, stored_at, (("a", b"1"), ("b", b"")))
