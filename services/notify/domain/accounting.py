"""Where an alert has ended: the one question that must always have an answer.

sent · merged (and sent) · acknowledged · silenced · inhibited · out_of_time · failed (with a reason) · no_channel (its
receiver names no way) · over (it ended before anybody had to be told) · waiting (a moment is set at which it goes on).
Whatever is none of these is `lost`, and a lost alert is a fault of ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

End = Literal[
    "sent", "merged", "acknowledged", "silenced", "inhibited", "out_of_time", "failed", "no_channel", "over", "waiting",
    "lost",
]  # fmt: skip
MUTED: dict[str, End] = {"silence": "silenced", "inhibited": "inhibited", "time": "out_of_time"}


@dataclass(frozen=True, slots=True)
class Way:
    """One delivery of a notification that names the alert: its state and, if it failed, why."""

    state: str
    error: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of one alert in one group.

    Args:
        fires: it still holds.
        told: its group's memory says that it was told as firing.
        muted_by: why its group's last moment passed over it; empty = it did not.
        has_moment: its group is looked at again.
        signed: somebody has signed for a notification that names it.
        ways: the deliveries of the last notification that names it.
    """

    fires: bool
    told: bool
    muted_by: str
    has_moment: bool
    signed: bool
    ways: Sequence[Way] = ()


def end_of(standing: Standing) -> End:
    """Where the alert has ended."""
    if standing.signed:
        return "acknowledged"
    if standing.told:
        return _end_of_ways(standing.ways)
    if standing.muted_by:
        return MUTED.get(standing.muted_by.partition(":")[0], "lost")
    if standing.has_moment:
        return "waiting"
    return "lost" if standing.fires else "over"


def _end_of_ways(ways: Sequence[Way]) -> End:
    """One way that arrived is enough; a failure counts only with its reason."""
    states = {way.state for way in ways}
    if not ways:
        return "no_channel"
    if "sent" in states:
        return "sent"
    if "merged" in states:
        return "merged"
    if "pending" in states:
        return "waiting"
    return "failed" if all(way.error for way in ways if way.state == "failed") else "lost"
