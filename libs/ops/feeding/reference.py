"""What a town says of itself before its events: the region with its time zone, and its organisations.

Monitoring counts a case's days in the time zone of its region; a region that nobody registered counts in the
platform's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from libs.ops.feeding.intake import IntakeClient
from libs.ops.feeding.rows import Row
from libs.ops.simulate.county import County
from services.approval.feeds.xes import Profile


@dataclass(frozen=True, slots=True)
class Town:
    """A region and its organisations (code → name); `timezone` is an IANA name."""

    region_code: str
    name: str
    timezone: str
    organisations: Mapping[str, str]
    preset: str = "default"


def town_of_profile(profile: Profile) -> Town:
    """The town that a mapping profile speaks for."""
    organisations = {one.code: one.name for one in profile.organisations.values()}
    return Town(profile.region_code, profile.region_name, profile.timezone.key, organisations)


def town_of_county(county: County) -> Town:
    """The simulated county."""
    organisations = {one.code: one.name for one in county.organisations.values()}
    return Town(county.region_code, county.name, county.timezone.key, organisations, county.preset)


@dataclass(frozen=True, slots=True)
class HallSource:
    """A hall system and the format that it speaks: what that has no column for no rule may miss."""

    source: str
    flavour: str


def sources_of(rows: Iterable[Row], flavour: str) -> list[HallSource]:
    """The systems whose events a file holds."""
    names = sorted({str(row.event["source"]) for row in rows if row.event is not None})
    return [HallSource(name, flavour) for name in names]


async def introduce(client: IntakeClient, hall: HallSource) -> None:
    """Registers a system; doing it again changes nothing but the version of its profile.

    Raises:
        IntakeUnreachableError: the platform does not answer, or refuses.
    """
    await client.put("/api/approval/v1/sources", {"source": hall.source, "flavour": hall.flavour})


async def register(client: IntakeClient, town: Town) -> None:
    """Registers the town; doing it again changes nothing.

    Raises:
        IntakeUnreachableError: the platform does not answer, or refuses.
    """
    region = {"name": town.name, "timezone": town.timezone, "preset": town.preset}
    await client.put(f"/api/approval/v1/regions/{town.region_code}", region)
    for code, name in town.organisations.items():
        body = {"name": name, "region_code": town.region_code}
        await client.put(f"/api/approval/v1/organisations/{code}", body)
