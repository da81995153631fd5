"""Reference data: versions of regions, organisations, items and calendar years; at most one of a code is in force.

`seen` = it turned up in an event and nobody has registered it; `effective` = somebody did. Both are in force.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import text

from libs.common.kernel.calendar import Calendars, CalendarYear
from libs.common.kernel.events.quality import SourceProfile
from libs.common.kernel.events.reference import ItemPublished, OrgPublished, RegionPublished, SourcePublished
from libs.common.runtime import outbox
from libs.common.runtime.database import Tx
from services.approval.domain.reference_facts import calendar_body, reference_fact
from services.approval.ports import Desk, Item, Persons, Region, Seen

Kind = Literal["region", "org", "item", "calendar", "source"]
DEFAULT_PRESET = "default"

# A row that was added earlier may commit later: the count notices it where the greatest number does not.
_MARK = text("SELECT COALESCE(max(seq), 0), count(*) FROM reference")
_IN_FORCE = text("SELECT kind, code, state, body FROM reference WHERE state IN ('seen', 'effective')")
_SELECT = "SELECT kind, code, version, state, body, author, approver, changed_at FROM reference"
_CURRENT = text(f"{_SELECT} WHERE kind = :kind AND code = :code AND state IN ('seen', 'effective')")
_DRAFT = text(
    f"{_SELECT} WHERE kind = :kind AND code = :code AND state = 'draft' ORDER BY version DESC LIMIT 1 FOR UPDATE"
)
_ALL = text(
    f"{_SELECT} WHERE kind = :kind AND state IN ('seen', 'effective') AND code > :after ORDER BY code LIMIT :limit"
)
_NEXT = text("SELECT COALESCE(max(version), 0) + 1 FROM reference WHERE kind = :kind AND code = :code")
_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('reference ' || :kind || ' ' || :code, 0))")
_RETIRE = text(
    "UPDATE reference SET state = 'superseded' WHERE kind = :kind AND code = :code AND state IN ('seen', 'effective')"
)
_ADD = text(
    "INSERT INTO reference (kind, code, version, state, body, author, changed_at) "
    "VALUES (:kind, :code, :version, :state, CAST(:body AS jsonb), :author, :now) ON CONFLICT DO NOTHING"
)
# A new row and not a changed one, so that `seq` grows and every process notices.
_DROP = text("DELETE FROM reference WHERE kind = :kind AND code = :code AND version = :version")
_PUT_IN_FORCE = text(
    "INSERT INTO reference (kind, code, version, state, body, author, approver, changed_at) "
    "VALUES (:kind, :code, :version, 'effective', CAST(:body AS jsonb), :author, :approver, :now)"
)


@dataclass(frozen=True, slots=True)
class Stored:
    """One version as it is stored; `body` is plain JSON."""

    kind: str
    code: str
    version: int
    state: str
    body: dict[str, Any]
    author: str
    approver: str | None
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class _Known:
    """What is in force, read once and kept until a row is added."""

    mark: tuple[int, int]
    calendars: Calendars
    regions: dict[str, Region]
    items: dict[str, Item]
    orgs: frozenset[str]
    profiles: dict[str, SourceProfile]


class References:
    """Reads and writes reference data.

    Args:
        calendars: those of the package (`load_calendars`); approved years are laid over them.
        zone: legal zone of regions without a profile.
    """

    def __init__(self, calendars: Calendars, zone: ZoneInfo) -> None:
        self._package, self._zone = calendars, zone
        self._known: _Known | None = None

    async def desk(self, tx: Tx, persons: Persons) -> Desk:
        """What handlers need; read again only when something was added."""
        known = await self._refreshed(tx)
        return Desk(known.calendars, known.regions, known.items, known.orgs, self._zone, persons, known.profiles)

    async def calendars(self, tx: Tx) -> Calendars:
        """The working calendars in force."""
        return (await self._refreshed(tx)).calendars

    async def _refreshed(self, tx: Tx) -> _Known:
        greatest, count = (await tx.execute(_MARK)).one()
        mark = (greatest, count)
        if self._known is None or self._known.mark != mark:
            self._known = self._read([tuple(row) for row in await tx.execute(_IN_FORCE)], mark)
        return self._known

    def _read(self, rows: Sequence[tuple[Any, ...]], mark: tuple[int, int]) -> _Known:
        years = [msgspec.convert(body, CalendarYear) for kind, _, _, body in rows if kind == "calendar"]
        regions = {
            code: _region(code, body, seen=state == "seen") for kind, code, state, body in rows if kind == "region"
        }
        items = {code: _item(code, body) for kind, code, _, body in rows if kind == "item"}
        orgs = frozenset(code for kind, code, _, _ in rows if kind == "org")
        profiles = {
            code: SourceProfile.of(msgspec.convert(body, SourcePublished))
            for kind, code, _, body in rows
            if kind == "source"
        }
        return _Known(mark, with_years(self._package, years), regions, items, orgs, profiles)

    async def current(self, tx: Tx, kind: Kind, code: str) -> Stored | None:
        """The version in force."""
        row = (await tx.execute(_CURRENT, {"kind": kind, "code": code})).one_or_none()
        return Stored(*row) if row is not None else None

    async def draft(self, tx: Tx, kind: Kind, code: str) -> Stored | None:
        """The newest draft, locked."""
        row = (await tx.execute(_DRAFT, {"kind": kind, "code": code})).one_or_none()
        return Stored(*row) if row is not None else None

    async def listed(self, tx: Tx, kind: Kind, *, after: str = "", limit: int = 50) -> list[Stored]:
        """What is in force, by code."""
        rows = await tx.execute(_ALL, {"kind": kind, "after": after, "limit": limit})
        return [Stored(*row) for row in rows]

    async def register(self, tx: Tx, seen: Sequence[Seen], now: datetime) -> None:
        """Codes that events named for the first time: known from now on, and told."""
        for row in sorted(seen, key=lambda s: s.kind_and_code):
            body = self._seen_body(row)
            values = {
                "kind": row.kind,
                "code": row.code,
                "version": 1,
                "state": "seen",
                "body": msgspec.json.encode(body).decode(),
                "author": "//sunlit/approval",
                "now": now,
            }
            if (await tx.execute(_ADD, values)).rowcount:
                await outbox.append(tx, [reference_fact(row.kind, row.code, body, 1, now)])

    def _seen_body(self, row: Seen) -> RegionPublished | OrgPublished | ItemPublished:
        if row.kind == "region":
            return RegionPublished(
                region_code=row.code,
                name=row.name,
                timezone=str(self._zone),
                calendar=self._package.default.calendar_id,
                preset=DEFAULT_PRESET,
            )
        if row.kind == "org":
            return OrgPublished(org_code=row.code, name=row.name, region_code=row.region_code or "")
        return ItemPublished(
            item_code=row.code,
            version=1,
            name=row.name,
            org_code=row.org_code,
            region_code=row.region_code,
            basis_status="unverified",
        )

    async def put(self, tx: Tx, kind: Kind, code: str, body: Any, author: str, now: datetime) -> int:
        """Put a version in force at once (regions and organisations); returns its number and tells it."""
        version = await self._next(tx, kind, code)
        await self._in_force(tx, kind, code, version, body, author, None, now)
        return version

    async def put_draft(self, tx: Tx, kind: Kind, code: str, body: Any, author: str, now: datetime) -> int:
        """Store a draft (items, calendars); it has no effect before another person approves it (decision 34)."""
        version = await self._next(tx, kind, code)
        values = {"kind": kind, "code": code, "version": version, "state": "draft", "author": author, "now": now}
        await tx.execute(_ADD, {**values, "body": msgspec.json.encode(body).decode()})
        return version

    async def approve(self, tx: Tx, draft: Stored, approver: str, now: datetime) -> None:
        """Put a draft in force; the caller has checked that the approver is not the author."""
        await tx.execute(_DROP, {"kind": draft.kind, "code": draft.code, "version": draft.version})
        kind: Kind = draft.kind  # type: ignore[assignment]  # the table's check knows four kinds
        body = msgspec.convert(draft.body, CalendarYear if kind == "calendar" else ItemPublished)
        await self._in_force(tx, kind, draft.code, draft.version, body, draft.author, approver, now)

    async def _next(self, tx: Tx, kind: Kind, code: str) -> int:
        await tx.execute(_LOCK, {"kind": kind, "code": code})
        return int((await tx.execute(_NEXT, {"kind": kind, "code": code})).scalar_one())

    async def _in_force(
        self, tx: Tx, kind: Kind, code: str, version: int, body: Any, author: str, approver: str | None, now: datetime
    ) -> None:
        await tx.execute(_RETIRE, {"kind": kind, "code": code})
        values = {"kind": kind, "code": code, "version": version, "author": author, "approver": approver, "now": now}
        await tx.execute(_PUT_IN_FORCE, {**values, "body": msgspec.json.encode(body).decode()})
        told = calendar_body(body, version, author, approver) if isinstance(body, CalendarYear) else body
        if isinstance(told, ItemPublished):
            told = msgspec.structs.replace(told, version=version, author=author, approver=approver)
        await outbox.append(tx, [reference_fact(kind, code, told, version, now)])


def with_years(calendars: Calendars, years: Sequence[CalendarYear]) -> Calendars:
    """The package's calendars with approved years laid over them, each for its region."""
    for year in sorted(years, key=lambda y: y.year):
        changed = calendars.of(year.region).with_year(year)
        if year.region == calendars.default.region:
            calendars = replace(calendars, default=changed)
        else:
            own = replace(changed, calendar_id=year.region, region=year.region)
            calendars = calendars.with_calendar(year.region, own)
    return calendars


def _region(code: str, body: dict[str, Any], *, seen: bool) -> Region:
    said = msgspec.convert(body, RegionPublished)
    return Region(code, said.name, ZoneInfo(said.timezone), said.preset, said.calendar, seen)


def _item(code: str, body: dict[str, Any]) -> Item:
    said = msgspec.convert(body, ItemPublished)
    return Item(code, said.name, said.secrecy)
