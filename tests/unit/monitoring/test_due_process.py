"""Due process of a card: order, clocks, appeal, revocation, escalation, S61, batch of lives."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from libs.common.kernel.spine import Batch
from services.monitoring.domain.card_process import Desk as Days
from services.monitoring.domain.card_process import Terms, act_on, let_time_pass, opened
from services.monitoring.domain.cards import Card, Change, Refused
from services.monitoring.domain.telling import act_id, fact_of
from services.monitoring.handlers import supervise
from tests.unit.monitoring.makers import CALENDARS, ZONE, Desk, at, events_of, office, plan, play

DAYS = Days(CALENDARS.of("990101"), ZONE)
# promise 16 March, yellow on the 17th; law 30 March, red on the 31st
OPEN = events_of(plan())


def card(rule: str = "S02", until: str = "2026-03-17 00:00") -> Card:
    """A live card of an open case."""
    desk = play(OPEN, at(until))
    return next(c for file in desk.files.values() for c in file.cards.values() if c.rule_id == rule)


def done(one: Card, act: str, when: str, note: str = "说明") -> Card:
    """The card after an act that must be lawful."""
    change = act_on(one, act, "somebody", note, at(when), DAYS)
    assert isinstance(change, Change), change
    return change.card


def refused(one: Card, act: str, when: str, note: str | None = "说明") -> str:
    """The code of the refusal."""
    found = act_on(one, act, "somebody", note, at(when), DAYS)
    assert isinstance(found, Refused)
    return found.code


def later(one: Card, when: str, ended: datetime | None = None) -> Card:
    """The card when time has passed."""
    for change in let_time_pass(one, at(when), DAYS, ended):
        one = change.card
    return one


def test_a_card_tells_by_when_it_is_answered() -> None:
    """Issued on 17 March: feedback by the 24th, appeal by the 20th; a notice asks for nothing."""
    yellow = card()
    assert (yellow.reply_due_on, yellow.appeal_due_on) == (at("2026-03-24").date(), at("2026-03-20").date())
    notice = card("S01", "2026-03-13")
    assert notice.reply_due_on is None
    assert refused(notice, "signed", "2026-03-13 09:00") == "NO_DUE_PROCESS"


def test_hunan_gives_thirty_days() -> None:
    """The limit of the feedback is a parameter of the preset."""
    days = replace(DAYS, terms=Terms(feedback_days=30))
    issued = opened(replace(card(), state="issued"), days, at("2026-03-17"))
    assert issued.reply_due_on == at("2026-04-29").date()


def test_the_whole_way_to_the_end() -> None:
    """Sign, reply, keep, appeal, uphold, rectify, verify."""
    one = done(card(), "signed", "2026-03-17 09:00")
    one = done(one, "replied", "2026-03-20 09:00")
    one = done(one, "kept", "2026-03-23 09:00")
    assert one.appeal_due_on == at("2026-03-26").date()
    one = done(one, "appealed", "2026-03-26 09:00")
    assert one.decide_due_on == at("2026-04-02").date()
    assert later(one, "2026-06-30") == one
    one = done(one, "upheld", "2026-04-02 09:00")
    assert one.rectify_due_on == at("2026-04-10").date()
    one = done(one, "rectified", "2026-04-09 09:00")
    one = done(one, "verified", "2026-04-10 09:00")
    assert (one.state, one.live) == ("closed", False)


@pytest.mark.parametrize(
    ("act", "when", "note", "code"),
    [
        pytest.param("verified", "2026-03-18 09:00", "x", "WRONG_STATE", id="nothing to verify yet"),
        pytest.param("replied", "2026-03-18 09:00", " ", "TEXT_NEEDED", id="a feedback without words"),
        pytest.param("revoked", "2026-03-18 09:00", None, "TEXT_NEEDED", id="a revocation without its reason"),
        pytest.param("appealed", "2026-03-21 09:00", "x", "APPEAL_LATE", id="a day after the window"),
        pytest.param("confirmed", "2026-03-18 09:00", None, "WRONG_STATE", id="it is issued already"),
    ],
)
def test_what_cannot_be_is_refused_with_its_reason(act: str, when: str, note: str | None, code: str) -> None:
    """The refusal says why."""
    assert refused(card(), act, when, note) == code


def test_one_appeal_for_each_card() -> None:
    """After a decision there is no second one."""
    one = done(done(card(), "appealed", "2026-03-20 23:00"), "passed_up", "2026-03-23 09:00")
    assert one.state == "appealed"
    again = replace(done(one, "upheld", "2026-03-24 09:00"), state="kept")
    assert refused(again, "appealed", "2026-03-24 10:00") == "APPEALED_ALREADY"


def test_a_returned_feedback_gets_the_same_limit_anew() -> None:
    """Returned on 20 March: by the 27th; the first reply stays on record."""
    one = done(done(card(), "replied", "2026-03-19 09:00"), "returned", "2026-03-20 09:00")
    assert (one.state, one.reply_due_on, one.replied_at) == ("signed", at("2026-03-27").date(), at("2026-03-19 09:00"))


def test_silence_upholds_and_what_is_not_rectified_escalates() -> None:
    """Upheld when 24 March has ended, escalated when 31 March has: to the day."""
    one = card()
    assert later(one, "2026-03-24 23:59").state == "issued"
    assert later(one, "2026-03-25 00:00").state == "upheld"
    assert not later(one, "2026-04-01 23:59").was_escalated
    assert later(one, "2026-04-02 00:00").was_escalated


def test_a_card_of_a_limit_is_rectified_by_the_act_that_was_due() -> None:
    """Decided on 18 March: upheld by silence on the 25th, and rectified at once."""
    assert later(card(), "2026-03-25 00:00", at("2026-03-18 10:00")).state == "rectified"


def test_late_feedback_is_a_card_of_its_own_and_escalation_another() -> None:
    """S13 of 5 March: S61 notice with a day left, yellow after the 12th; the red S13 upheld is never made redder."""
    desk = play(OPEN, at("2026-04-02 00:00"))
    found = desk.cards(live=False)
    assert ("S61", "notice", "2026-03-23") in found
    assert ("S61", "yellow", "2026-03-25") in found
    every = [c for file in desk.files.values() for c in file.cards.values()]
    yellow = next(c for c in every if (c.rule_id, c.severity) == ("S02", "yellow"))
    escalated = [c for c in every if c.escalated_from == yellow.card_id]
    # the red of the law itself had superseded the yellow card before it could be escalated
    assert (yellow.state, escalated) == ("superseded", [])


def test_a_revoked_card_stays_visible_with_its_reason() -> None:
    """Points go back, the card and its reason stay."""
    one = done(card(), "revoked", "2026-03-18 09:00", "不可抗力")
    assert (one.state, one.note, one.live) == ("revoked", "不可抗力", False)


def test_a_rebuild_does_the_acts_of_persons_again() -> None:
    """The log of acts alone, read with the events in another life, gives the same card."""
    first = play(OPEN, at("2026-03-18 09:00"))
    case_no, file = next(iter(first.files.items()))
    one = next(c for c in file.cards.values() if c.rule_id == "S02")
    change = act_on(one, "replied", "housing/head", "系统故障", at("2026-03-18 10:00"), DAYS)
    assert isinstance(change, Change)
    told = fact_of(change).event
    live = replace(change.card, acts=(act_id(change),))
    second = Desk()
    second.take([told, *OPEN], at("2026-03-18 10:00"))
    second.look(at("2026-03-20 09:00"))
    again = second.files[case_no].cards[one.card_id]
    assert (again.state, again.by, again.note, again.acts) == (live.state, live.by, live.note, live.acts)
    # and the machine's own events are no acts
    assert not supervise(Batch({}, office(at("2026-03-18")), (), (), at("2026-03-18"))).states
