"""The due process of a card (签收、反馈、申诉、维持、整改、销号): what persons may do, and what time does by itself.

rules.md §6. Limits count by C1–C3 from the day of the act before them: feedback 5 working days from issue, appeal 3
from
issue (or from the supervisor's `keep`), decision on an appeal 5, rectification 5 from the day it was upheld. A card
is a
fold over its acts: an act that a rebuild reads again is done again at its own instant.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from libs.common.kernel.calendar import WorkingCalendar
from services.monitoring.domain.cards import CLOCK, LIVE, Card, Change, Refused
from services.monitoring.domain.findings import Finding

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Terms:
    """The limits of the process in working days (parameters of S61; hunan 30 days of feedback)."""

    feedback_days: int = 5
    appeal_days: int = 3
    decide_days: int = 5
    rectify_days: int = 5
    notice_left: int = 1


DEFAULT_TERMS = Terms()


def terms_of(preset: Mapping[str, int]) -> Terms:
    """The limits that a region's preset sets."""
    return Terms(
        feedback_days=preset.get("S61.feedback_days", 5),
        notice_left=preset.get("S61.notice_left", 1),
    )


@dataclass(frozen=True, slots=True)
class Desk:
    """By what days the process counts."""

    calendar: WorkingCalendar
    zone: ZoneInfo
    terms: Terms = DEFAULT_TERMS

    def day(self, at: datetime) -> date:
        return at.astimezone(self.zone).date()

    def until(self, start: datetime, days: int) -> date | None:
        """The last day of so many working days after the day of `start`."""
        return self.calendar.nth_after(self.day(start), days)

    def after(self, day: date | None) -> datetime | None:
        """The first instant after a last day."""
        return datetime.combine(day + ONE_DAY, time(0), self.zone) if day is not None else None


@dataclass(frozen=True, slots=True)
class Step:
    """One act of the table of rules.md §6: in which states it is lawful, where it leads, who may do it."""

    states: frozenset[str]
    to: str
    by_office: bool
    needs_text: bool = False


_OPEN = frozenset({"issued", "signed"})
STEPS: Mapping[str, Step] = {
    "confirmed": Step(frozenset({"pending"}), "issued", True),
    "dropped": Step(frozenset({"pending"}), "dropped", True, needs_text=True),
    "signed": Step(frozenset({"issued"}), "signed", False),
    "replied": Step(_OPEN, "replied", False, needs_text=True),
    "kept": Step(frozenset({"replied"}), "kept", True),
    "returned": Step(frozenset({"replied"}), "signed", True, needs_text=True),
    "appealed": Step(_OPEN | {"kept"}, "appealed", False, needs_text=True),
    "passed_up": Step(frozenset({"appealed"}), "appealed", True, needs_text=True),
    "upheld": Step(frozenset({"appealed"}), "upheld", True, needs_text=True),
    "revoked": Step(LIVE, "revoked", True, needs_text=True),
    "rectified": Step(frozenset({"upheld"}), "rectified", False, needs_text=True),
    "verified": Step(frozenset({"rectified"}), "closed", True),
    "closed": Step(frozenset({"signed", "replied", "kept", "upheld", "rectified"}), "closed", True),
}
STATE_NAMES = {
    "pending": "待确认",
    "issued": "已发牌",
    "signed": "已签收",
    "replied": "已反馈",
    "kept": "反馈后维持",
    "appealed": "申诉中",
    "upheld": "已维持",
    "rectified": "已整改",
    "closed": "已销号",
    "revoked": "已撤销",
    "dropped": "未发牌",
    "superseded": "已被更重的牌取代",
}


def opened(card: Card, desk: Desk, start: datetime) -> Card:
    """A card as it is issued at `start`, with the days by which it must be answered and may be appealed against."""
    if card.severity == "notice" or card.state != "issued":
        return card
    return replace(
        card,
        reply_due_on=desk.until(start, desk.terms.feedback_days),
        appeal_due_on=desk.until(start, desk.terms.appeal_days),
    )


def act_on(card: Card, act: str, by: str, note: str | None, now: datetime, desk: Desk) -> Change | Refused:
    """A person's act on a card; `note` is what was said."""
    step = STEPS[act]
    if card.severity == "notice" and act not in ("confirmed", "dropped", "revoked"):
        return Refused("NO_DUE_PROCESS", "预警不需要签收和反馈，办件办结后自动销号", "a notice asks for no answer")
    if card.state not in step.states:
        return _wrong_state(card, step)
    if step.needs_text and not (note or "").strip():
        return Refused("TEXT_NEEDED", "请写明内容或理由", "say what or why")
    if act == "appealed":
        refused = _may_not_appeal(card, desk.day(now))
        if refused is not None:
            return refused
    changed = replace(card, state=step.to, by=by, note=note, changed_at=now)
    return Change(act, _with_days(changed, act, now, desk), now)


def _wrong_state(card: Card, step: Step) -> Refused:
    names = "、".join(STATE_NAMES[s] for s in sorted(step.states))
    return Refused(
        "WRONG_STATE",
        f"这张牌{STATE_NAMES[card.state]}，不能再这样处理；可处理的状态：{names}",
        f"the card is {card.state}; this act needs one of: {', '.join(sorted(step.states))}",
    )


def _may_not_appeal(card: Card, today: date) -> Refused | None:
    """One appeal per card, in its window; after a feedback given in time the window opens with the `keep`."""
    if card.was_appealed:
        return Refused("APPEALED_ALREADY", "每张牌只能申诉一次", "a card can be appealed against once")
    if card.appeal_due_on is not None and today > card.appeal_due_on:
        return Refused(
            "APPEAL_LATE",
            f"申诉期限已于 {card.appeal_due_on} 届满",
            f"the time to appeal ended on {card.appeal_due_on}",
        )
    return None


def _with_days(card: Card, act: str, now: datetime, desk: Desk) -> Card:
    """The days that an act sets."""
    terms = desk.terms
    if act == "confirmed":
        return opened(replace(card, issued_at=now), desk, now)
    if act == "replied":
        return replace(card, replied_at=card.replied_at or now)
    if act == "returned":
        # the same limit anew; the first reply stays on record
        return replace(card, reply_due_on=desk.until(now, terms.feedback_days), was_returned=True)
    if act == "kept":
        in_time = card.replied_at is not None and (
            card.reply_due_on is None or desk.day(card.replied_at) <= card.reply_due_on
        )
        return replace(card, appeal_due_on=desk.until(now, terms.appeal_days) if in_time else card.appeal_due_on)
    if act == "appealed":
        return replace(card, was_appealed=True, appealed_at=now, decide_due_on=desk.until(now, terms.decide_days))
    if act == "upheld":
        return replace(card, upheld_at=now, rectify_due_on=desk.until(now, terms.rectify_days))
    if act == "rectified":
        return replace(card, rectified_at=now)
    return card


def moves_at(card: Card, desk: Desk) -> datetime | None:
    """The next instant at which time alone changes the card, or makes it a breach that it was not answered."""
    if card.severity == "notice":
        return None
    if card.state in _OPEN:
        return desk.after(card.reply_due_on)
    if card.state == "kept":
        return desk.after(card.appeal_due_on)
    if card.state == "upheld" and not card.was_escalated:
        return desk.after(card.rectify_due_on)
    return None


def let_time_pass(card: Card, now: datetime, desk: Desk, mended_at: datetime | None) -> Iterator[Change]:
    """Everything that time has done to the card up to `now`, each at its own instant.

    Args:
        mended_at: when the act that was due was done after all: it rectifies the card (rules.md §6).
    """
    while True:
        at = moves_at(card, desk)
        if card.state == "upheld" and mended_at is not None:
            moment = max(mended_at, card.upheld_at or mended_at)
            if moment <= now and (at is None or moment < at):
                note = "应办事项已办结，视为整改"
                card = replace(card, state="rectified", by=CLOCK, note=note, rectified_at=moment, changed_at=now)
                yield Change("rectified", card, now)
                return
        if at is None or at > now:
            return
        if card.state == "upheld":
            card = replace(card, was_escalated=True, by=CLOCK, note="逾期未整改，升级处理", changed_at=now)
            yield Change("escalated", card, now)
        else:
            note = "期限届满，未反馈也未申诉，自动维持" if card.state in _OPEN else "维持后未在期限内申诉"
            due = desk.until(at, desk.terms.rectify_days)
            card = replace(card, state="upheld", by=CLOCK, note=note, upheld_at=at, rectify_due_on=due, changed_at=now)
            yield Change("upheld", card, now)


def breaches(cards: Iterable[Card], desk: Desk) -> Iterator[Finding]:
    """What follows from cards themselves: feedback that is late (S61), and a breach that was not rectified (escalation:
    yellow → red; of a red the next is a 监察建议书, which a person issues)."""
    for card in cards:
        if card.severity == "notice" or card.state in ("pending", "dropped", "revoked"):
            continue
        if card.rule_id != "S61" and card.reply_due_on is not None:
            yield from _late_feedback(card, desk)
        if card.was_escalated and card.severity == "yellow":
            yield _escalation(card, desk)


def _late_feedback(card: Card, desk: Desk) -> Iterator[Finding]:
    due_on = card.reply_due_on
    assert due_on is not None
    answered = min((at for at in (card.replied_at, card.appealed_at) if at is not None), default=None)
    if card.was_returned and card.state == "signed":
        answered = None
    gone = card.changed_at if card.state in ("closed", "superseded") else None
    stop = min((at for at in (answered, gone) if at is not None), default=None)
    near_on = desk.calendar.nth_before(due_on + ONE_DAY, desk.terms.notice_left + 1)
    for severity, day in (("notice", near_on), ("yellow", due_on + ONE_DAY)):
        at = datetime.combine(day, time(0), desk.zone) if day is not None else None
        if at is None or (stop is not None and stop < at):
            continue
        yield Finding(
            rule_id="S61",
            family="PROC",
            severity="notice" if severity == "notice" else "yellow",
            occurrence=card.card_id,
            became_true_at=max(at, card.issued_at),
            ground="监察卡应在五个工作日内反馈（电子监察办法）",
            ground_en="feedback on a card is due within its limit",
            evidence=card.evidence,
            text=f"{card.rule_id} 监察卡应于 {due_on} 前反馈",
            text_en=f"the feedback on a card of {card.rule_id} was due on {due_on}",
            due_on=due_on,
            is_over=severity == "notice" and stop is not None,
        )


def _escalation(card: Card, desk: Desk) -> Finding:
    at = desk.after(card.rectify_due_on)
    assert at is not None, "a card is escalated when its last day of rectification has ended"
    return Finding(
        rule_id=card.rule_id,
        family=card.family,
        severity="red",
        occurrence=f"{card.occurrence}.escalated",
        became_true_at=at,
        ground=f"{card.ground}；维持后逾期未整改，黄牌升级为红牌",
        ground_en=f"{card.ground_en}; not rectified in time after it was upheld",
        evidence=card.evidence,
        text=f"{card.text}；应于 {card.rectify_due_on} 前整改，逾期未整改",
        text_en=f"{card.text_en}; not rectified by {card.rectify_due_on}",
        due_on=card.rectify_due_on,
        rule_version=card.rule_version,
        escalated_from=card.card_id,
    )
