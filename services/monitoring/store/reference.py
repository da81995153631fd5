"""Reference data as approval publishes it, kept version by version, and what a process has read of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import groupby
from typing import Any

import msgspec
from sqlalchemy import text

from libs.common.kernel.calendar import Calendars, CalendarYear, MakeUpDay, RestSpan
from libs.common.kernel.events.quality import SourceProfile
from libs.common.kernel.events.reference import (
    CalendarPublished,
    ItemPublished,
    RosterPublished,
    SourcePublished,
)
from libs.common.kernel.spine import Outcome
from libs.common.runtime.database import Tx
from services.monitoring.ports import Published, Reference

_MARK = text("SELECT COALESCE(max(seq), 0), count(*) FROM reference")
_ALL = text("SELECT kind, code, version, body FROM reference ORDER BY kind, code, version")
_SAVE = text(
    """
    INSERT INTO reference (kind, code, version, body)
    SELECT r.kind, r.code, r.version, r.body
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r (kind text, code text, version integer, body jsonb)
    ON CONFLICT (kind, code, version) DO NOTHING
    """
)
# What was judged before its evidence came is judged again: open cases of the item, of the organisation, of the source;
# a calendar moves every open case.
_JUDGE_AGAIN = text(
    """
    INSERT INTO due (line, subject, kind, due_at)
    SELECT 'cases', f.case_no, 'reference', :now FROM case_file f
    WHERE f.item_code = ANY(:items) OR f.org_code = ANY(:rosters) OR f.source = ANY(:sources)
       OR (:all_open AND f.ended_at IS NULL AND f.kind = 'case')
    ORDER BY f.case_no
    ON CONFLICT (line, subject, kind) DO NOTHING
    """
)


class ReferenceStore:
    """State store of the line `reference`; a state is one published version, a key `<kind>:<code>`."""

    async def load(self, tx: Tx, keys: Sequence[str], now: datetime) -> tuple[Mapping[str, Published], None]:
        """Nothing is folded: every version stands beside the others."""
        return {}, None

    async def save(self, tx: Tx, outcome: Outcome[Published], now: datetime) -> None:
        """Keeps the versions and makes due what rests on them."""
        found = [row for row in outcome.extra if isinstance(row, Published)]
        if not found:
            return
        rows = [{"kind": p.kind, "code": p.code, "version": p.version, "body": p.body} for p in found]
        await tx.execute(_SAVE, {"rows": msgspec.json.encode(rows).decode()})
        codes = {kind: [p.code for p in found if p.kind == kind] for kind in ("item", "roster", "source")}
        values = {"items": codes["item"], "rosters": codes["roster"], "sources": codes["source"]}
        await tx.execute(_JUDGE_AGAIN, {**values, "now": now, "all_open": any(p.kind == "calendar" for p in found)})


@dataclass(frozen=True, slots=True)
class Known:
    """What a process has read: evidence and calendars, with the mark by which it notices that there is more."""

    mark: tuple[int, int]
    reference: Reference
    calendars: Calendars


class ReferenceReader:
    """Reads reference data once, and again when a version has been added."""

    def __init__(self, calendars: Calendars) -> None:
        self._package = calendars
        self._known = Known((0, 0), Reference(), calendars)

    async def read(self, tx: Tx) -> Known:
        """What is known now; one small statement while nothing changes."""
        last, rows = (await tx.execute(_MARK)).one()
        mark = (int(last), int(rows))
        if mark != self._known.mark:
            self._known = self._build(mark, list(await tx.execute(_ALL)))
        return self._known

    def _build(self, mark: tuple[int, int], rows: Sequence[Any]) -> Known:
        by_kind: dict[str, list[Any]] = {}
        for row in rows:
            by_kind.setdefault(row.kind, []).append(row)
        items = {
            code: tuple(msgspec.convert(row.body, ItemPublished, strict=False) for row in group)
            for code, group in groupby(by_kind.get("item", []), lambda row: row.code)
        }
        rosters = {
            row.code: msgspec.convert(row.body, RosterPublished, strict=False) for row in by_kind.get("roster", [])
        }
        profiles = {
            row.code: SourceProfile.of(msgspec.convert(row.body, SourcePublished, strict=False))
            for row in by_kind.get("source", [])
        }
        return Known(mark, Reference(items, rosters, profiles), _with_years(self._package, by_kind.get("calendar", [])))


def _with_years(calendars: Calendars, rows: Iterable[Any]) -> Calendars:
    """The shipped calendars with the published years laid over them, each for its region, newest version last."""
    told = [msgspec.convert(row.body, CalendarPublished, strict=False) for row in rows]
    for body in sorted(told, key=lambda b: (b.year, b.version)):
        region = body.region_code or calendars.default.region
        changed = calendars.of(region).with_year(_year(body, region))
        if region == calendars.default.region:
            calendars = replace(calendars, default=changed)
        else:
            calendars = calendars.with_calendar(region, replace(changed, region=region, calendar_id=region))
    return calendars


def _year(body: CalendarPublished, region: str) -> CalendarYear:
    basis = body.legal_basis or "approval.calendar.published"
    return CalendarYear(
        region=region,
        year=body.year,
        source=basis,
        source_en=basis,
        rest=tuple(_rest(day) for day in body.rest_days),
        make_up=tuple(MakeUpDay(name="调休", name_en="make-up", on=day) for day in body.make_up_days),
    )


def _rest(day: date) -> RestSpan:
    return RestSpan(name="公布的休息日", name_en="published rest day", first=day, last=day)
