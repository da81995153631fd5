"""The future is refused to the minute, also in the night in which clocks are set back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from libs.common.kernel.events.codec import parse_intake
from libs.common.kernel.events.envelope import Event
from services.approval.domain.intake import Scope, event_problems
from services.approval.feeds.xes import Trace, convert, load_profile

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
# 02:06:40 for the second time: 01:06:40 UTC
SECOND_TWO_OCLOCK = datetime(2010, 10, 31, 1, 6, 40, tzinfo=UTC)


def accepted(at: datetime) -> Event:
    trace = {
        "concept:name": "case-1",
        "department": "General",
        "channel": "Desk",
        "startdate": at.isoformat(),
        "deadline": "2010-12-26T00:00:00+01:00",
    }
    event = parse_intake(convert(Trace(trace, ()), load_profile("receipt"))[1])
    assert isinstance(event, Event)
    return event


@pytest.mark.parametrize(
    ("ahead", "codes"),
    [
        pytest.param(timedelta(0), [], id="now"),
        pytest.param(timedelta(minutes=5), [], id="five minutes ahead"),
        pytest.param(timedelta(minutes=5, seconds=1), ["TIME_IN_FUTURE"], id="a second more"),
        pytest.param(timedelta(days=-400), [], id="long ago"),
    ],
)
@pytest.mark.parametrize(
    "now",
    [
        pytest.param(SECOND_TWO_OCLOCK.astimezone(AMSTERDAM), id="the second two o'clock"),
        pytest.param((SECOND_TWO_OCLOCK - timedelta(hours=1)).astimezone(AMSTERDAM), id="the first two o'clock"),
        pytest.param(datetime(2026, 3, 2, 9, tzinfo=ZoneInfo("Asia/Shanghai")), id="a zone without summer time"),
    ],
)
def test_the_future_begins_five_minutes_ahead(now: datetime, ahead: timedelta, codes: list[str]) -> None:
    """Up to five minutes is taken, more is refused, the past always comes in (decision 3)."""
    event = accepted(now.astimezone(UTC) + ahead)
    assert [problem.code for problem in event_problems(event, now, Scope())] == codes
