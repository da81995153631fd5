"""Sources, regions, and the office that every judgement needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import text

from libs.common.kernel.calendar import Calendars
from libs.common.kernel.spine import Outcome
from libs.common.runtime.clock import Clock
from libs.common.runtime.database import Tx
from services.monitoring.domain.rules.rule import RuleBook
from services.monitoring.domain.sources import Claim, Source
from services.monitoring.ports import Across, Office, Preset, Region
from services.monitoring.store.months import months
from services.monitoring.store.progress import processed_up_to
from services.monitoring.store.reference import ReferenceReader
from services.monitoring.store.rules import RuleReader

_SOURCES = text("SELECT source, complete_up_to, stale_since, region_code, interval_seconds, claims FROM source")
_LOCK_SOURCES = text(
    "SELECT source, complete_up_to, stale_since, region_code, interval_seconds, claims FROM source"
    " WHERE source = ANY(:keys) ORDER BY source FOR UPDATE"
)
_OPEN = text("SELECT source, count(*) FROM case_file WHERE source = ANY(:keys) AND ended_at IS NULL GROUP BY source")
_SAVE_SOURCES = text(
    """
    INSERT INTO source (source, complete_up_to, stale_since, region_code, interval_seconds, claims)
    SELECT * FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r (source text, complete_up_to timestamptz,
        stale_since timestamptz, region_code text, interval_seconds double precision, claims jsonb)
    ON CONFLICT (source) DO UPDATE SET complete_up_to = EXCLUDED.complete_up_to, stale_since = EXCLUDED.stale_since,
        region_code = EXCLUDED.region_code, interval_seconds = EXCLUDED.interval_seconds, claims = EXCLUDED.claims
    """
)
# S72: the case that this one files again, if it was returned
_ORIGINALS = text(
    """
    SELECT f.case_no, o.ended_on AS original_ended_on FROM case_file f
    JOIN case_file o ON o.case_no = f.original_case_no
    WHERE f.case_no = ANY(:keys) AND o.result IN ('returned', 'withdrawn', 'lapsed', 'voided')
    """
)
# S51: earlier acceptances of the same limited item that were open when this one was decided
_OVERTAKEN = text(
    """
    SELECT f.case_no, array_agg(e.case_no ORDER BY e.accepted_at, e.case_no) AS overtaken FROM case_file f
    JOIN case_file e ON e.is_limited AND e.item_code = f.item_code AND e.org_code = f.org_code
        AND e.accepted_at < f.accepted_at AND (e.ended_at IS NULL OR e.ended_at > f.ended_at)
    WHERE f.case_no = ANY(:keys) AND f.is_limited AND f.ended_at IS NOT NULL
    GROUP BY f.case_no
    """
)
_REGIONS = text("SELECT region_code, name, timezone, calendar, preset FROM region")
_SAVE_REGIONS = text(
    """
    INSERT INTO region (region_code, name, timezone, calendar, preset)
    SELECT * FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r (region_code text, name text, timezone text,
        calendar text, preset text)
    ON CONFLICT (region_code) DO UPDATE SET name = EXCLUDED.name, timezone = EXCLUDED.timezone,
        calendar = EXCLUDED.calendar, preset = EXCLUDED.preset
    """
)
# Cases that were read before their region's profile came are judged again by it.
_JUDGE_AGAIN = text(
    """
    INSERT INTO due (line, subject, kind, due_at)
    SELECT 'cases', case_no, 'region', :now FROM case_file WHERE region_code = ANY(:regions)
    ON CONFLICT (line, subject, kind) DO NOTHING
    """
)


class OfficeStore:
    """Reads the office in two small statements; calendars and presets are of the process."""

    def __init__(self, calendars: Calendars, presets: Mapping[str, Preset], rules: RuleBook, clock: Clock) -> None:
        self._presets, self._clock = presets, clock
        self._reference, self._rules = ReferenceReader(calendars), RuleReader(rules)

    @property
    def is_virtual(self) -> bool:
        """Whether a driver moves the legal clock."""
        return self._clock.is_virtual

    async def office(self, tx: Tx, open_of: Sequence[str] = (), cases: Sequence[str] = ()) -> Office:
        """The office as it stands.

        Args:
            open_of: sources whose open cases are counted.
            cases: files for which it is looked up what others say of them.
        """
        known = await self._reference.read(tx)
        sources = {row[0]: _source(row) for row in await tx.execute(_SOURCES)}
        regions = {row[0]: _region(*row) for row in await tx.execute(_REGIONS)}
        counts = (await tx.execute(_OPEN, {"keys": list(open_of)})).all() if open_of else []
        return Office(
            zone=self._clock.zone,
            calendars=known.calendars,
            presets=self._presets,
            regions=regions,
            sources=sources,
            is_virtual=self._clock.is_virtual,
            barrier=self._clock.proven_up_to,
            open_cases={row[0]: row[1] for row in counts},
            rules=await self._rules.read(tx),
            reference=known.reference,
            processed_up_to=await processed_up_to(tx),
            months=await months(tx, cases, self._clock.zone),
            across=await _across(tx, cases) if cases else {},
        )


async def _across(tx: Tx, cases: Sequence[str]) -> Mapping[str, Across]:
    """What other files say of these cases; two small statements that touch only what names another case."""
    found = {row.case_no: Across(row.original_ended_on) for row in await tx.execute(_ORIGINALS, {"keys": list(cases)})}
    for row in await tx.execute(_OVERTAKEN, {"keys": list(cases)}):
        found[row.case_no] = replace(found.get(row.case_no, Across()), overtaken=tuple(row.overtaken))
    return found


class SourceStore:
    """State store of the line `sources`."""

    def __init__(self, office: OfficeStore) -> None:
        self._office = office

    async def load(self, tx: Tx, keys: Sequence[str], now: datetime) -> tuple[Mapping[str, Source], Office]:
        """The sources, locked, and the office with their open cases."""
        rows = await tx.execute(_LOCK_SOURCES, {"keys": list(keys)})
        return {row[0]: _source(row) for row in rows}, await self._office.office(tx, keys)

    async def save(self, tx: Tx, outcome: Outcome[Source], now: datetime) -> None:
        """Writes watermarks and silences."""
        rows = [
            {
                "source": source.source,
                "complete_up_to": source.complete_up_to,
                "stale_since": source.stale_since,
                "region_code": source.region_code,
                "interval_seconds": source.interval_seconds,
                "claims": source.claims,
            }
            for source in outcome.states.values()
        ]
        if rows:
            await tx.execute(_SAVE_SOURCES, {"rows": msgspec.json.encode(rows).decode()})


class RegionStore:
    """State store of the line `regions`; its context makes time zones from names."""

    async def load(
        self, tx: Tx, keys: Sequence[str], now: datetime
    ) -> tuple[Mapping[str, Region], Callable[[str], ZoneInfo]]:
        """The known profiles."""
        return {row[0]: _region(*row) for row in await tx.execute(_REGIONS) if row[0] in keys}, ZoneInfo

    async def save(self, tx: Tx, outcome: Outcome[Region], now: datetime) -> None:
        """Writes profiles and makes the cases of their regions due."""
        rows = [
            {
                "region_code": region.region_code,
                "name": region.name,
                "timezone": region.zone.key,
                "calendar": region.calendar,
                "preset": region.preset,
            }
            for region in outcome.states.values()
        ]
        if rows:
            await tx.execute(_SAVE_REGIONS, {"rows": msgspec.json.encode(rows).decode()})
            await tx.execute(_JUDGE_AGAIN, {"regions": list(outcome.states), "now": now})


def _source(row: Any) -> Source:
    claims = msgspec.convert(row.claims, tuple[Claim, ...], strict=False)
    return Source(row.source, row.complete_up_to, row.stale_since, row.region_code, row.interval_seconds, claims)


def _region(code: str, name: str, timezone: str, calendar: str, preset: str) -> Region:
    return Region(code, name, ZoneInfo(timezone), calendar, preset)
