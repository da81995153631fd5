"""When an event may have happened: the past is always taken, the future is not (decision 3)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from libs.common.kernel.errors import Problem
from libs.common.kernel.events.envelope import Event

# Up to this far ahead of the legal clock an event is taken and flagged; beyond it is refused.
TOLERANCE_AHEAD = timedelta(minutes=5)


def future_problems(event: Event, now: datetime) -> Iterator[Problem]:
    """TIME_IN_FUTURE for each instant of the envelope that lies beyond the legal instant `now` and the tolerance."""
    # in UTC: in the night in which clocks are set back, an hour added to local time is no hour
    latest_at = now.astimezone(UTC) + TOLERANCE_AHEAD
    for name, at in (("time", event.time), ("recordedtime", event.recordedtime)):
        if at is not None and at > latest_at:
            legal = now.isoformat(timespec="seconds")
            yield Problem(
                "TIME_IN_FUTURE",
                f"/{name}",
                f"{name} 比平台时间 {legal} 晚 5 分钟以上；请校准时钟后重报",
                f"{name} is more than 5 minutes ahead of {legal}; set the clock right and send again",
            )
