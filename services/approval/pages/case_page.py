"""What the page of a case shows: lights in sentences, the next act, the day strip, what happened, cards, defects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from libs.common.kernel.calendar import WorkingCalendar
from libs.common.web.catalogue import Texts
from libs.common.web.clock_strip import Strip, StripClock, build_strip
from libs.common.web.formats import Formats
from libs.common.web.strip_days import strip_days
from services.approval.domain.case import CaseView
from services.approval.domain.case_clock import CaseClock
from services.approval.domain.lights import light_at
from services.approval.domain.quality import Issue
from services.approval.domain.reading import read_clock, trace
from services.approval.pages.words import (
    clock_due_text,
    clock_light,
    clock_name,
    clock_sentence,
    entry_text,
    next_act,
)
from services.approval.ports import Desk

# The breach of a clock by itself: the promise turns yellow, the law red.
PASSED = {"promise": "yellow", "legal": "red", "acceptance": "red", "delivery": "red"}


def case_context(
    view: CaseView,
    desk: Desk,
    now: datetime,
    cards: Sequence[Mapping[str, Any]],
    t: Texts,
    formats: Formats,
    *,
    unproven: bool,
) -> dict[str, Any]:
    """Everything that the template of a case needs."""
    calendar = desk.calendars.of(desk.calendar_code(view.common.region_code))
    today = view.procedure.day(now)
    light = light_at(view.lights, now, unproven=unproven)
    act = next_act(view, light, now, calendar)
    shown = [clock for kind in ("promise", "legal") if (clock := view.clocks.of(kind)) is not None]
    if not shown:
        shown = [clock for kind in ("acceptance",) if (clock := view.clocks.of(kind)) is not None]
    return {
        "view": view,
        "title": _title(view),
        "meta": _meta(view, t, formats),
        "light": light,
        "unproven": unproven,
        "answers": [_answer(clock, view, now, today, calendar, light, t, formats) for clock in shown],
        "has_promise": view.clocks.of("promise") is not None or view.clocks.of("legal") is None,
        "act": {"title": t(f"approval.act.{act}"), "text": _act_text(view, act, t)},
        "strip": draw(shown, today, calendar, t, formats),
        "caption": t("approval.case.trace_caption", case_no=view.common.case_no),
        "calendar_version": calendar.version,
        "clocks": [_clock_row(clock, now, today, calendar, t, formats) for clock in view.clocks.all],
        "timeline": _timeline(view, t, formats, now),
        "events": len(view.procedure.events),
        "cards": [_card(card, t) for card in cards],
        "documents": _documents(view),
        "materials": _materials(view),
        "issues": [_issue(issue, t) for issue in view.issues],
    }


def draw(
    clocks: Sequence[CaseClock], today: date, calendar: WorkingCalendar, t: Texts, formats: Formats
) -> Strip | None:
    """The day strip of the clocks that have a trace; None when none has."""
    rows: list[StripClock] = []
    for clock in clocks:
        days = trace(clock, today, calendar)
        if not days:
            continue
        pauses = [(pause.span, t.or_code("approval.special", pause.kind)) for pause in clock.pauses]
        rows.append(
            StripClock(
                name=clock_name(clock, t, formats, "clock_short"),
                days=strip_days(days, t.language, calendar=calendar, pauses=pauses),
                due_on=clock.due_on or clock.provisional_due_on,
                provisional=clock.due_on is None and clock.provisional_due_on is not None,
                light=PASSED[clock.kind],
                ground=clock.ground,
            )
        )
    return build_strip(rows, today) if rows else None


def _title(view: CaseView) -> str:
    common = view.common
    parts = [common.item_name or common.item_code or common.case_no]
    if common.project_name and common.project_name != common.item_name:
        parts.append(common.project_name)
    return "：".join(parts)


def _meta(view: CaseView, t: Texts, formats: Formats) -> list[str]:
    common, step = view.common, view.last_step
    handler = next(
        (h for e in reversed(view.procedure.leg) if (h := getattr(e.data, "handler", None)) is not None), None
    )
    name = (handler.name or handler.no) if handler is not None else None
    result = view.procedure.result
    words = [
        common.case_no,
        common.org_name or common.org_code,
        common.party.name if common.party is not None else None,
        t.or_code("approval.case_kind", common.case_kind) if common.case_kind else None,
        t("approval.case.accepted_on", on=formats.date_text(view.accepted_on))
        if view.accepted_on is not None
        else t("approval.case.received_on", on=formats.date_text(view.received_at)),
        t("approval.case.step_now", step=step.data.step_name or step.data.step_code) if step is not None else None,
        t("approval.case.handler", name=name) if name else None,
        t("approval.case.result", result=t.or_code("approval.result", result)) if result else None,
    ]
    return [word for word in words if word]


def _answer(
    clock: CaseClock,
    view: CaseView,
    now: datetime,
    today: date,
    calendar: WorkingCalendar,
    light: str,
    t: Texts,
    formats: Formats,
) -> dict[str, str]:
    reading = read_clock(clock, now, today, calendar)
    near_at = view.lights.notice_at
    is_near = clock.kind != "legal" and near_at is not None and now >= near_at
    own = clock_light(clock, reading, is_near, passed=PASSED[clock.kind])
    text = clock_due_text(clock, t, formats)
    if light == "grey" and clock.is_open:
        own, text = "grey", f"{t('approval.light_sentence.grey')}。{text}" if t.language == "zh-CN" else text
    return {
        "title": t(f"approval.clock_kind.{clock.kind}"),
        "light": own,
        "sentence": clock_sentence(clock, reading, t),
        "text": text,
    }


def _act_text(view: CaseView, act: str, t: Texts) -> str:
    if act == "none" and view.state not in ("completed", "delivered"):
        return t("approval.act.ended_text")
    return t(f"approval.act.{act}_text")


def _clock_row(
    clock: CaseClock, now: datetime, today: date, calendar: WorkingCalendar, t: Texts, formats: Formats
) -> dict[str, Any]:
    reading = read_clock(clock, now, today, calendar)
    return {
        "name": clock_name(clock, t, formats),
        "ground": clock.ground,
        "start_on": clock.start_on,
        "due_on": clock.due_on,
        "provisional": clock.provisional_due_on if clock.due_on is None else None,
        "used": reading.used,
        "remaining": reading.remaining,
        "state": t(f"approval.clock_state.{reading.state}"),
    }


def _timeline(view: CaseView, t: Texts, formats: Formats, now: datetime) -> list[dict[str, str]]:
    lines = [
        {
            "at": formats.when(entry.at, now),
            "datetime": entry.at.isoformat(),
            "title": entry_text(entry, t, formats),
            "text": " · ".join(word for word in (entry.note, entry.by) if word),
            "kind": "key" if entry.is_key else "paused" if entry.key.startswith("special_started") else "",
        }
        for entry in reversed(view.timeline)
    ]
    today = view.procedure.day(now)
    open_clocks = [clock for kind in ("promise", "legal") if (clock := view.clocks.of(kind)) is not None]
    due = next((c for c in open_clocks if c.is_open and c.due_on is not None and c.due_on >= today), None)
    if due is not None:
        ahead = {"at": t("approval.case.next_due", on=formats.date_text(due.due_on)), "kind": "next", "text": ""}
        lines.insert(0, {**ahead, "title": t("approval.case.next_decision")})
    return lines


def _card(card: Mapping[str, Any], t: Texts) -> dict[str, Any]:
    return {
        "severity": card["severity"],
        "rule_id": card["rule_id"],
        "ground": card.get("ground", ""),
        "state": t.or_code("approval.card_state", str(card["state"])),
        "due_on": card.get("due_on"),
        "href": f"/supervision/cards/{card['card_id']}",
    }


def _documents(view: CaseView) -> list[str]:
    found: list[str] = []
    for event in view.procedure.events:
        for name in ("accept_doc", "doc", "notice"):
            document = getattr(event.data, name, None)
            if document is not None:
                found.append(" ".join(word for word in (document.name, document.no) if word))
        decision = getattr(event.data, "decision", None)
        if decision is not None:
            found.append(" ".join(word for word in (decision.name, decision.no) if word))
    return list(dict.fromkeys(word for word in found if word))


def _materials(view: CaseView) -> list[str]:
    names: list[str] = []
    for event in view.procedure.events:
        names += [material.name or material.code or "" for material in getattr(event.data, "materials", None) or ()]
        if event.type == "hall.material.attached" and event.data.name:
            names.append(event.data.name)
    return list(dict.fromkeys(name for name in names if name))


def _issue(issue: Issue, t: Texts) -> dict[str, str]:
    return {
        "text": t.or_code("approval.issue", issue.code),
        "detail": t.or_code("approval.detail", issue.detail) if issue.detail else "",
        "pointer": issue.pointer,
        "event_id": issue.event_id or "",
    }
