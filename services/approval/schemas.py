"""The documents of the API and what they are made of: views and rows as JSON values (contract: docs/api.md)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

import msgspec
from pydantic import BaseModel, ConfigDict, Field

from libs.common.kernel.calendar import WorkingCalendar
from libs.common.kernel.statutory_clock import TraceDay
from services.approval.domain.case import CaseView
from services.approval.domain.case_clock import CaseClock
from services.approval.domain.quality import Issue
from services.approval.domain.reading import read_clock, trace
from services.approval.domain.timeline import Entry

State = Literal[
    "received",
    "supplement",
    "accepted",
    "paused",
    "completed",
    "delivered",
    "refused",
    "withdrawn",
    "lapsed",
    "transferred",
]
LightName = Literal["green", "notice", "yellow", "red", "paused", "grey"]


class RegionProfile(BaseModel):
    """`PUT /regions/{region_code}`."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=500)
    timezone: str = Field("Asia/Shanghai", max_length=64, description="IANA name, e.g. Asia/Shanghai")
    preset: str = Field("default", min_length=1, max_length=64)
    calendar: str | None = Field(None, max_length=64, description="division whose working calendar counts; default: CN")


class OrganisationProfile(BaseModel):
    """`PUT /organisations/{org_code}`."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=500)
    region_code: str = Field(min_length=1, max_length=64)
    parent_org_code: str | None = Field(None, max_length=64)
    level: str | None = Field(None, max_length=64)


def clock_document(clock: CaseClock, now: datetime, today: date, calendar: WorkingCalendar) -> dict[str, Any]:
    """A clock as `GET /cases/{case_no}` shows it."""
    reading = read_clock(clock, now, today, calendar)
    document: dict[str, Any] = msgspec.to_builtins(clock.published(now, today))
    return document | {"used": reading.used, "remaining": reading.remaining, "over": reading.over_days}


def traced_document(
    clock: CaseClock, now: datetime, today: date, calendar: WorkingCalendar, language: str
) -> dict[str, Any]:
    """A clock with its day-by-day trace, as `GET /cases/{case_no}/clocks` shows it."""
    return clock_document(clock, now, today, calendar) | {
        "start": clock.start_on.isoformat(),
        "due_on": clock.due_on.isoformat() if clock.due_on is not None else None,
        "provisional": clock.provisional_due_on.isoformat() if clock.provisional_due_on is not None else None,
        "calendar_version": clock.calendar_version,
        "days": [day_document(day, language) for day in trace(clock, today, calendar)],
    }


def day_document(day: TraceDay, language: str) -> dict[str, Any]:
    """One day of a trace, its reason in the reader's language."""
    why = day.why_en if language == "en" else day.why
    return {"date": day.on.isoformat(), "counted": day.counted, "n": day.n, "kind": day.kind, "why": why}


def case_document(
    view: CaseView,
    now: datetime,
    calendar: WorkingCalendar,
    light: str,
    cards: Sequence[Mapping[str, Any]],
    words: Mapping[int, tuple[str, str]],
) -> dict[str, Any]:
    """A case as `GET /cases/{case_no}` shows it.

    Args:
        words: per place in the timeline its text and its note, in the reader's language.
    """
    common, procedure = view.common, view.procedure
    today = procedure.day(now)
    ending = procedure.ending
    return {
        "case_no": common.case_no,
        "state": view.state,
        "result": procedure.result,
        "item": {"code": common.item_code, "name": common.item_name, "version": common.item_version},
        "org_code": common.org_code,
        "org_name": common.org_name,
        "region_code": common.region_code,
        "case_kind": common.case_kind,
        "project_name": common.project_name,
        "submit_channel": common.submit_channel,
        "received_at": _said(view.received_at, procedure.zone),
        "accepted_on": view.accepted_on.isoformat() if view.accepted_on is not None else None,
        "ended_at": _said(ending.time, procedure.zone) if ending is not None else None,
        "light": light,
        "clocks": [clock_document(clock, now, today, calendar) for clock in view.clocks.all],
        "cards": list(cards),
        "timeline": [
            timeline_document(entry, words[place], procedure.zone) for place, entry in enumerate(view.timeline)
        ],
        "quality_issues": [issue_document(issue) for issue in view.issues],
        "sequence_violation": any(issue.code == "SEQUENCE" for issue in view.issues),
    }


def timeline_document(entry: Entry, words: tuple[str, str], zone: ZoneInfo) -> dict[str, Any]:
    """One line of the timeline: `{at, type, text, by?, event_id?}` (decision 49)."""
    text, note = words
    document: dict[str, Any] = {"at": _said(entry.at, zone), "type": entry.type, "text": text}
    optional = {"note": note, "by": entry.by, "event_id": entry.event_id}
    return document | {name: value for name, value in optional.items() if value}


def issue_document(issue: Issue) -> dict[str, Any]:
    """One defect of the record."""
    return {"code": issue.code, "event_id": issue.event_id, "pointer": issue.pointer, "detail": issue.detail}


def row_document(row: Mapping[str, Any], zone: ZoneInfo) -> dict[str, Any]:
    """A case as a list shows it."""
    return {name: _said(value, zone) if isinstance(value, datetime) else value for name, value in row.items()}


def _said(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).isoformat(timespec="seconds")
