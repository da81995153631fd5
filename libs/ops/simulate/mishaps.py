"""What goes wrong on the way from a hall to the platform: late, doubled and re-versioned reports, a source gone silent.

What happened stays as it was; only when and how often it is said changes. A report that is said later than it happened
carries `senttime`, an attribute of our own, so that a file too can be lived again as it was told.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import count
from typing import Any
from zlib import crc32

from libs.ops.simulate import proportions as share
from libs.ops.simulate.acts import Act
from libs.ops.simulate.county import County
from libs.ops.simulate.working_days import WorkingDays

HEARTBEAT = "hall.source.heartbeat"
# acts whose wording halls mend and send again; none of them moves a clock
MENDED = {"hall.step.completed": "opinion", "hall.supplement.requested": "reason"}
SILENT_HOURS = 29
SILENCE_EVERY = timedelta(days=30)
SILENT_FROM = time(10, 0)


@dataclass(frozen=True, slots=True)
class Silence:
    """A source that says nothing in [from_at, to_at), neither events nor heartbeats, and then says it all."""

    source: str
    from_at: datetime
    to_at: datetime

    def holds(self, source: str, at: datetime) -> bool:
        """Whether what that source would say at that instant is held back."""
        return source == self.source and self.from_at <= at < self.to_at


@dataclass(frozen=True, slots=True)
class Mishaps:
    """Shares of events (`resent`: of the acts whose wording halls mend), and the silences."""

    late: float = share.LATE
    doubled: float = share.DOUBLED
    resent: float = share.RESENT
    silences: tuple[Silence, ...] = ()

    @property
    def silent_sources(self) -> frozenset[str]:
        """Sources that fall silent: their heartbeats are part of the story."""
        return frozenset(silence.source for silence in self.silences)


def usual_mishaps(county: County, days: WorkingDays, first_on: date, last_on: date) -> Mishaps:
    """The towns' system fails on the third working day and every thirty days, for 29 hours over a night."""
    found = []
    on = days.plus(first_on, 3)
    while on + timedelta(days=2) <= last_on:
        from_at = datetime.combine(on, SILENT_FROM, county.timezone)
        to_at = from_at + timedelta(hours=SILENT_HOURS)
        found.append(Silence(f"//hall/{county.region_code}/towns", from_at, to_at))
        on = days.plus(on + SILENCE_EVERY, 0)
    return Mishaps(silences=tuple(found))


def with_mishaps(acts: Iterable[Act], mishaps: Mishaps) -> Iterator[Act]:
    """The acts as they reach the platform, in order of the instant at which they do."""
    held: list[tuple[datetime, int, dict[str, Any]]] = []
    order = count()
    for act in acts:
        while held and held[0][0] <= act[0]:
            at, _, event = heapq.heappop(held)
            yield at, event
        if act[1]["type"] == HEARTBEAT:
            if not any(silence.holds(act[1]["source"], act[0]) for silence in mishaps.silences):
                yield act
            continue
        for at, event in _said(act, mishaps):
            if at <= act[0]:
                yield at, event
            else:
                heapq.heappush(held, (at, next(order), event))
    while held:
        at, _, event = heapq.heappop(held)
        yield at, event


def _said(act: Act, mishaps: Mishaps) -> Iterator[Act]:
    """When and how often one act is said."""
    at, event = act
    # drawn from the event's own name: the same whatever else is simulated around it
    lot = crc32(event["id"].encode())
    fate = lot / 2**32
    sent_at = at
    if fate < mishaps.late:
        sent_at = at + timedelta(minutes=780 + lot % 960)
    again_at: datetime | None = None
    again = event
    if mishaps.late <= fate < mishaps.late + mishaps.doubled:
        again_at = at + timedelta(minutes=1 + lot % 90)
    elif event["type"] in MENDED and fate > 1 - mishaps.resent:
        again_at = at + timedelta(minutes=5 + lot % 200)
        again = _mended(event, again_at)
    sent_at = _released(event["source"], sent_at, mishaps)
    yield sent_at, event if sent_at == at else {**event, "senttime": sent_at.isoformat()}
    if again_at is not None:
        again_at = max(_released(event["source"], again_at, mishaps), sent_at)
        if again is event and sent_at != at:
            again = {**event, "senttime": sent_at.isoformat()}
        yield again_at, again


def _mended(event: dict[str, Any], sent_at: datetime) -> dict[str, Any]:
    """The same act reported again with the next `dataversion` and one word more (数据版本号 +1)."""
    field = MENDED[event["type"]]
    version = event["dataversion"] + 1
    return {
        **event,
        "id": f"{event['id'].rpartition('/')[0]}/{version}",
        "dataversion": version,
        "senttime": sent_at.isoformat(),
        "data": {**event["data"], field: f"{event['data'][field]}（更正）"},
    }


def _released(source: str, at: datetime, mishaps: Mishaps) -> datetime:
    """When the source is able to say it."""
    return next((silence.to_at for silence in mishaps.silences if silence.holds(source, at)), at)
