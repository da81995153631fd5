"""Each rule fires on its breach, keeps silent for its lawful twin, and knows the boundary day."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest

from libs.common.kernel.events.codec import new_event
from libs.common.kernel.events.disclosure import Channel, RecordPublished, RecordWithheld, Review
from libs.common.kernel.events.envelope import Event
from libs.ops.simulate.plans import ExtensionPlan, PausePlan
from tests.unit.monitoring.makers import at, events_of, plan, play


@pytest.mark.parametrize(
    ("used_days", "until", "live"),
    [
        pytest.param(None, "2026-03-12 23:59", [], id="two days of the promise left: nothing"),
        pytest.param(None, "2026-03-13 00:00", [("S01", "notice", "2026-03-13")], id="one day left: notice"),
        pytest.param(None, "2026-03-16 23:59", [("S01", "notice", "2026-03-13")], id="the due day, last minute"),
        pytest.param(None, "2026-03-17 00:00", [("S02", "yellow", "2026-03-17")], id="the first minute after it"),
        pytest.param(None, "2026-03-30 23:59", [("S02", "yellow", "2026-03-17")], id="the law's due day"),
        pytest.param(None, "2026-03-31 00:00", [("S03", "red", "2026-03-31")], id="the law has passed"),
        pytest.param(10, "2026-04-30", [], id="twin: decided on the promise's due day"),
        pytest.param(11, "2026-04-01", [("S02", "yellow", "2026-03-17")], id="decided one day past the promise"),
        pytest.param(20, "2026-04-01", [("S02", "yellow", "2026-03-17")], id="twin: decided on the law's due day"),
        pytest.param(21, "2026-04-01", [("S03", "red", "2026-03-31")], id="decided one day past the law"),
    ],
)
def test_the_ladder_of_a_case(used_days: int | None, until: str, live: list[tuple[str, str, str]]) -> None:
    """Notice with one working day left, yellow after the promise, red after the law, to the minute."""
    found = play(events_of(plan(used_days=used_days)), at(until)).cards()
    assert [card for card in found if card[0] in ("S01", "S02", "S03")] == live


def test_a_due_day_before_a_rest_day_passes_at_midnight() -> None:
    """Due on Friday: on Saturday 00:00 the limit has passed, rest day or not (rules.md §14.15)."""
    case = plan(submitted_at=at("2026-03-06 09:00"), case_no="LL20260306000002")
    desk = play(events_of(case), at("2026-03-21 00:00"))
    assert ("S02", "yellow", "2026-03-21") in desk.cards()


def test_a_lawful_pause_moves_both_limits() -> None:
    """Five working days of expert review, told in writing: yellow comes five working days later."""
    case = plan(pause=PausePlan("expert_review", 3, 5, 6))
    assert play(events_of(case), at("2026-03-23 23:59")).cards() == [("S01", "notice", "2026-03-20")]
    assert play(events_of(case), at("2026-03-24 00:00")).cards() == [("S02", "yellow", "2026-03-24")]


def test_an_open_pause_keeps_every_card_back() -> None:
    """While a lawful pause is open nothing comes true, however long it lasts."""
    events = [e for e in events_of(plan(pause=PausePlan("hearing", 3, 5, 60))) if e.type != "hall.special.ended"]
    assert [c for c in play(events, at("2026-05-20")).cards() if c[0] == "S03"] == []


@pytest.mark.parametrize(
    ("pause", "expected"),
    [
        pytest.param(PausePlan("other_local", 3, 5, 6), [("S13", "red", "2026-03-05")], id="S13: no lawful kind"),
        pytest.param(
            PausePlan("hearing", 3, 5, 6, with_notice=False), [("S14", "red", "2026-03-05")], id="S14: untold"
        ),
        pytest.param(PausePlan("hearing", 3, 5, 0), [("S14", "red", "2026-03-05")], id="S14: told a time of 0"),
        pytest.param(PausePlan("hearing", 3, 5, 6), [], id="twin: lawful and told"),
    ],
)
def test_unlawful_pauses_are_carded_and_stop_nothing(pause: PausePlan, expected: list[tuple[str, str, str]]) -> None:
    """S13 and S14 fire at the pause itself; where they fire the legal clock runs on."""
    desk = play(events_of(plan(pause=pause)), at("2026-03-31 00:00"))
    assert [card for card in desk.cards() if card[0] in ("S13", "S14")] == expected
    assert bool(expected) == (("S03", "red", "2026-03-31") in desk.cards())


def test_an_extension_in_time_moves_promise_and_law() -> None:
    """Ten further days decided in time: red comes after 14 April; decided late it is void."""
    events = events_of(plan(extension=ExtensionPlan(10, 18)))
    assert ("S03", "red", "2026-04-15") in play(events, at("2026-04-15 00:00")).cards()
    late = [_decided_on(event, "2026-03-31") for event in events]
    assert ("S03", "red", "2026-03-31") in play(late, at("2026-04-02")).cards(live=False)


def test_a_claimed_date_is_taken_as_it_stands() -> None:
    """A hall that states only the date: red from the day after, no notice, no yellow (decision 32)."""
    events = [_claims(event, "2026-03-18") for event in events_of(plan())]
    assert play(events, at("2026-03-18 23:59")).cards() == []
    assert play(events, at("2026-03-19 00:00")).cards() == [("S03", "red", "2026-03-19")]


@pytest.mark.parametrize(
    ("published", "until", "live"),
    [
        pytest.param(None, "2026-03-18 00:00", [("S34", "notice", "2026-03-17")], id="one working day left"),
        pytest.param(None, "2026-03-19 00:00", [("S34", "yellow", "2026-03-19")], id="8th day: yellow"),
        pytest.param(None, "2026-03-31 00:00", [("S34", "red", "2026-03-31")], id="after 15 working days: red"),
        pytest.param("2026-03-18 23:59", "2026-04-30", [], id="twin: public on the last day"),
        pytest.param("2026-03-19 00:01", "2026-04-30", [("S34", "yellow", "2026-03-19")], id="public one minute late"),
    ],
)
def test_publication_is_watched(published: str | None, until: str, live: list[tuple[str, str, str]]) -> None:
    """Decided on 9 March: public by 18 March, read back, or a card."""
    events = events_of(plan(used_days=5))
    if published:
        events.append(_published(events[-1], published))
        events.sort(key=lambda e: e.time)
    found = play(events, at(until)).cards()
    assert [card for card in found if card[0] == "S34"] == live


def test_a_page_that_was_not_read_back_is_not_public() -> None:
    """Publication counts when the channel was read back."""
    events = events_of(plan(used_days=5))
    events.append(_published(events[-1], "2026-03-10 10:00", verified=False))
    assert ("S34", "yellow", "2026-03-19") in play(events, at("2026-03-20")).cards()


def test_what_is_lawfully_withheld_is_not_overdue() -> None:
    """A refusal to publish with its ground ends the duty."""
    events = events_of(plan(used_days=5))
    body = _record(RecordWithheld, events[-1], judgement="withhold", channels=())
    events.append(_disclosed("disclosure.record.withheld", body, "2026-03-10 10:00"))
    assert [c for c in play(events, at("2026-04-30")).cards() if c[0] == "S34"] == []


def test_refused_and_withdrawn_cases_have_no_clock_left() -> None:
    """What ended without a decision is not late."""
    assert play(events_of(plan(refusal="not_competent")), at("2026-05-01")).cards() == []
    assert play(events_of(plan(withdrawn_after_days=1)), at("2026-05-01")).cards() == []


def test_a_supplement_restarts_the_clock() -> None:
    """Accepted by the act that completed the papers on 9 March: the promise ends on 23 March."""
    case = plan(supplement_after_days=1, supplement_returns_days=4)
    assert play(events_of(case), at("2026-03-23 23:59")).cards() == [("S01", "notice", "2026-03-20")]
    assert play(events_of(case), at("2026-03-24 00:00")).cards() == [("S02", "yellow", "2026-03-24")]


def _decided_on(event: Event, day: str) -> Event:
    if event.type != "hall.special.started":
        return event
    return msgspec.structs.replace(
        event, data=msgspec.structs.replace(event.data, decided_on=at(day).date()), time=at(day) + timedelta(hours=9)
    )


def _claims(event: Event, day: str) -> Event:
    if event.type != "hall.case.accepted":
        return event
    limit = msgspec.structs.replace(event.data.legal_limit, value=None, unit=None, due_on=at(day).date())
    return msgspec.structs.replace(
        event, data=msgspec.structs.replace(event.data, legal_limit=limit, promise_limit=None)
    )


def _published(decided: Event, when: str, *, verified: bool = True) -> Event:
    channel = Channel(name="portal", published_at=at(when), verified_at=at(when) if verified else None)
    body = _record(RecordPublished, decided, judgement="publish", channels=(channel,))
    return _disclosed("disclosure.record.published", body, when)


def _record(struct: type, decided: Event, **fields: object) -> object:
    return struct(
        record_id="r1",
        kind="permit",
        release=1,
        org_code=decided.data.org_code,
        case_no=decided.subject,
        ground="许可法 40",
        policy_version="1",
        review=Review(id="review-1", by_rule_version="1"),
        **fields,
    )


def _disclosed(kind: str, body: object, when: str) -> Event:
    return new_event(kind, "r1", body, time=at(when), source="//sunlit/disclosure")


def test_plans_are_not_shared_by_accident() -> None:
    """The makers' plan is a value: changing one case changes no other."""
    assert plan(used_days=3) == replace(plan(), used_days=3)
