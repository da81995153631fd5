"""What a fault is: a platform lives the county day by day, and at some of the days the fault has its way.

Order of a day of harm: `before`; then `harm`, while the day's events go in as `told` says; then the platform comes to
rest, which is timed; then `calm`. The base class harms nobody: it is the undisturbed run.
"""

from __future__ import annotations

from libs.ops.faults.county import Day, Event
from libs.ops.faults.stage import Stage


class Fault:
    """The undisturbed run.

    Args:
        name: on the command line.
        rows: of the fault matrix (docs/reliability.md).
        words: what is done, for people.
        times, times_quick: how often harm is done.
        behind_proxy: the processes reach the database through a proxy.
        batch_events: how many events go in at once.
    """

    name = "none"
    rows: tuple[int, ...] = ()
    words = "nothing"
    times = 0
    times_quick = 0
    behind_proxy = False
    batch_events = 25

    async def prepare(self, stage: Stage) -> None:
        """Before the season begins."""

    async def before(self, stage: Stage, day: Day) -> None:
        """Before a day of harm."""

    def told(self, stage: Stage, day: Day) -> list[Event]:
        """What goes in on a day of harm, in this order."""
        return list(day.events)

    def pace_seconds(self, stage: Stage) -> float:
        """How long a day of harm takes to go in."""
        return 0.0

    def reaches_judging(self, stage: Stage) -> bool:
        """Whether the harm of this day waits for what time brings about: looks, cards, messages."""
        return False

    async def harm(self, stage: Stage, day: Day) -> float | None:
        """Do harm once; the monotonic second at which it was done, None when there was no occasion."""
        return None

    async def calm(self, stage: Stage, day: Day) -> None:
        """When the platform is at rest again."""

    async def end(self, stage: Stage) -> None:
        """After the last day of events."""
