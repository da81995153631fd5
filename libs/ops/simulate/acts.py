"""Hall events in CloudEvents wire form, each with the instant at which its hall says it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, time, timedelta
from functools import cache
from random import Random
from typing import Any

from libs.ops.simulate.county import County, Organisation, ServicePoint

MORNING = time(8, 30)
LUNCH_STARTS = time(12, 0)
LUNCH_MINUTES, OFFICE_MINUTES = 120, 420

# what is said, and when the hall says it: later than it happened where a feed is late (`senttime`)
Act = tuple[datetime, dict[str, Any]]
# the same before anybody has written it down: the act of an open case costs little memory until its day has come
Coming = tuple[datetime, Callable[[], dict[str, Any]]]


def written(coming: Iterable[Coming]) -> Iterator[Act]:
    """Coming acts as acts, in order of time; acts of one instant keep their order."""
    return ((at, tell()) for at, tell in sorted(coming, key=lambda one: one[0]))


def wire_event(
    source: str, kind: str, subject: str, at: datetime, data: dict[str, Any], seqno: int = 1
) -> dict[str, Any]:
    """One CloudEvent; its id is readable and the same in every run of one seed."""
    return {
        "specversion": "1.0",
        "id": f"{subject}/{kind.removeprefix('hall.')}/{seqno}/1",
        "source": source,
        "type": kind,
        "subject": subject,
        "time": at.isoformat(),
        "dataversion": 1,
        "seqno": seqno,
        "regioncode": data.get("region_code"),
        "orgcode": data.get("org_code"),
        "datacontenttype": "application/json",
        "data": data,
    }


def day_start(day: date, county: County) -> datetime:
    return datetime.combine(day, time(0), county.timezone)


def heartbeat(source: str, county: County, at: datetime) -> Act:
    """The source says that it has sent everything up to `at`."""
    event = wire_event(source, "hall.source.heartbeat", source, at, {"complete_up_to": at.isoformat()})
    event["id"] = f"heartbeat-{at.isoformat()}"
    event["regioncode"] = county.region_code
    return at, event


def office_instant(random: Random, day: date, county: County, *, after: datetime | None = None) -> datetime:
    """An instant of that day inside office hours, outside the lunch break, and later than `after` on the same day."""
    minutes = random.randrange(OFFICE_MINUTES)
    at = datetime.combine(day, MORNING, county.timezone) + timedelta(minutes=minutes, seconds=random.randrange(60))
    if at.time() >= LUNCH_STARTS:
        at += timedelta(minutes=LUNCH_MINUTES)
    if after is not None and at <= after:
        at = min(
            after + timedelta(minutes=1 + random.randrange(20)), datetime.combine(day, time(23, 59), county.timezone)
        )
    return at


@cache
def place(point: ServicePoint) -> dict[str, str]:
    """The `service_point` of an event."""
    return {"level": point.level, "code": point.code, "name": point.name}


def common(county: County, organisation: Organisation) -> dict[str, Any]:
    """What every body of that organisation says."""
    return {"org_code": organisation.code, "org_name": organisation.name, "region_code": county.region_code}


def document(no: str, name: str, at: datetime) -> dict[str, Any]:
    """A sealed paper that was served at once."""
    return {"no": no, "name": name, "sealed": True, "served_at": at.isoformat(), "served_how": "electronic"}


def document_no(organisation: Organisation, word: str, series: str, year: int, number: int) -> str:
    """机关代字 + 〔year〕 + number (GB/T 9704); the series word keeps the papers of two seasons apart."""
    return f"{organisation.word}{word}{series}〔{year}〕{number}号"
