"""What pages of the supervision show: rows, sentences and the day strip, from files and cards."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from libs.common.kernel.calendar import WorkingCalendar
from libs.common.kernel.errors import Problem
from libs.common.kernel.statutory_clock import deadline
from libs.common.web.catalogue import Texts
from libs.common.web.clock_strip import Strip, StripClock, build_strip
from libs.common.web.formats import Formats
from libs.common.web.frame import NavGroup, NavItem
from libs.common.web.strip_days import strip_days
from services.monitoring.domain.cards import Card
from services.monitoring.domain.counting import Clocks, Counted
from services.monitoring.domain.proceeding import Proceeding

# how far past the event day a strip goes
LONGEST_STRIP = timedelta(days=120)
PASSED = {"promise": "yellow", "legal": "red"}


def side(t: Texts, current: str, live_cards: int | None = None) -> Sequence[NavGroup]:
    """The side navigation."""
    places = (
        ("board", "/supervision/", None),
        ("cards", "/supervision/cards", live_cards),
        ("overdue", "/supervision/overdue", None),
        ("reports", "/supervision/reports", None),
        ("rules", "/supervision/rules", None),
        ("wall", "/supervision/wall", None),
    )
    items = [
        NavItem(t(f"supervision.nav.{name}"), address, count, current=name == current)
        for name, address, count in places
    ]
    return [NavGroup(t("supervision.nav.title"), items)]


def draw(
    proceeding: Proceeding, clocks: Clocks | None, today: date, calendar: WorkingCalendar, t: Texts
) -> Strip | None:
    """Both clocks on one axis; None for a case without a counted clock."""
    if clocks is None:
        return None
    # the days of a case that has ended are counted to its end
    until = min(today, proceeding.ended_on or today)
    rows = [row for clock in (clocks.promise, clocks.legal) if clock and (row := _row(clock, until, calendar, t))]
    return build_strip(rows, today) if rows else None


def _row(clock: Counted, today: date, calendar: WorkingCalendar, t: Texts) -> StripClock | None:
    if clock.query is None:
        return None
    last = max(clock.due_on or today, min(today, clock.query.start + LONGEST_STRIP))
    answer = deadline(clock.query, calendar, min(last, calendar.last_day))
    if isinstance(answer, Problem) or not answer.days:
        return None
    pauses = [(pause, t("supervision.case.pause")) for pause in clock.pauses]
    return StripClock(
        name=t(f"supervision.clock.{clock.kind}", n=clock.limit.value or 0),
        days=strip_days(answer.days, t.language, calendar=calendar, pauses=pauses),
        due_on=clock.due_on,
        light=PASSED[clock.kind],
        ground=t(f"supervision.ground.{clock.kind}"),
    )


def card_row(card: Card, state: str, t: Texts) -> dict[str, Any]:
    """A card in a list or on its page."""
    english = t.language == "en"
    return {
        "id": card.card_id,
        "rule": card.rule_id,
        "severity": card.severity,
        "state": state,
        "state_text": t.or_code("supervision.state", state),
        "case_no": card.case_no,
        "org_code": card.org_code,
        "org_name": card.org_name,
        "item_name": card.item_name or card.item_code or "",
        "text": card.text_en if english else card.text,
        "ground": card.ground_en if english else card.ground,
        "became_true_at": card.became_true_at,
        "issued_at": card.issued_at,
        "due_on": card.due_on,
        "live": card.live,
        "hash": card.hash,
        "calendar_version": card.calendar_version,
        "preset": card.preset,
        "rule_version": card.rule_version,
        "superseded_by": card.superseded_by,
        "escalated_from": card.escalated_from,
        "is_case": "/" not in card.case_no,
    }


def news_row(card: Card, state: str, t: Texts, formats: Formats, now: datetime) -> dict[str, Any]:
    """A card as a line of news: the clock of today, the day of what is older, for the column is narrow."""
    row = card_row(card, state, t)
    is_today = card.issued_at.astimezone(now.tzinfo).date() == now.date()
    return {
        "at": formats.clock_time(card.issued_at)
        if is_today
        else formats.date_short(card.issued_at.astimezone(now.tzinfo)),
        "light": "void" if state == "revoked" else card.severity,
        "title": f"{card.rule_id} {row['text']}",
        "href": f"/supervision/cards/{card.card_id}",
        "text": f"{card.org_name} · {row['state_text']}",
        "org": card.org_name,
    }


def timeline(proceeding: Proceeding, t: Texts, formats: Formats, now: datetime) -> list[dict[str, Any]]:
    """What the supervision has read of the case, newest first."""
    events = sorted((*proceeding.events, *proceeding.services), key=lambda e: e.time, reverse=True)
    return [
        {
            "at": formats.when(event.time, now),
            "datetime": event.time.isoformat(),
            "title": t.or_code("supervision.event", event.type.replace(".", "_")),
            "text": _said(event, t),
            "kind": "key" if event.type in KEY_EVENTS else "",
        }
        for event in events
    ]


KEY_EVENTS = ("hall.case.accepted", "hall.case.completed", "hall.penalty.decided")


def _said(event: Any, t: Texts) -> str:
    data = event.data
    result = getattr(data, "result", None)
    words = (
        getattr(data, "step_name", None),
        t.or_code("supervision.result", result) if result else None,
        getattr(data, "reason", None),
        getattr(data, "ground", None),
    )
    return t("supervision.case.join").join(str(word) for word in words if word)


def parse_as_of(text: str | None, now: datetime) -> datetime | None:
    """An instant or a date (then its end) that somebody typed; None for nothing or nonsense."""
    if not text:
        return None
    try:
        if len(text) == 10:
            return datetime.combine(date.fromisoformat(text), datetime.max.time(), now.tzinfo).replace(microsecond=0)
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=now.tzinfo)
