"""Rules as versioned data: windows, scopes, modes, presets; rules of one's own as expressions; a rule tried over
history."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from services.monitoring.backtest import backtest
from services.monitoring.domain.rules.expression import check_expression
from services.monitoring.domain.rules.rule import Rule, Scope
from tests.unit.monitoring.makers import RULES, at, events_of, office, plan, play
from tests.unit.monitoring.story import ITEM, ORG, accepted, act, judged, submitted

S01 = RULES.versions["S01"][0]
OPEN = [submitted(), accepted()]


def version(**changes: Any) -> Rule:
    """A version of S01 that the office approved: two working days before the promise ends."""
    own: dict[str, Any] = {"parameters": {"S01.notice_days": 2}, "version": "2", "is_shipped": False, **changes}
    return replace(S01, **own)


def own(expression: str, **changes: Any) -> Rule:
    """A rule of the office's own."""
    more: dict[str, Any] = {"name": "补正后又暂停", "name_en": "paused after a supplement", "ground": "本办规定",
                            "ground_en": "own rule", **changes}  # fmt: skip
    return Rule("X01", "2", "GAME", ("yellow",), expression=expression, is_shipped=False, **more)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        pytest.param(version(mode="off"), [], id="switched off"),
        pytest.param(version(mode="shadow"), [], id="a new rule in shadow mode issues nothing"),
        pytest.param(version(severities=("yellow",)), [], id="only the severities of its ladder"),
        pytest.param(
            version(effective_from=at("2026-04-01").date()),
            [("notice", "2026-03-13")],
            id="not yet in force: the old one",
        ),
    ],
)
def test_a_version_judges_what_becomes_true_in_its_days(rule: Rule, expected: list[tuple[str, str]]) -> None:
    """A later version takes over on its first day; what was true before stays judged by the former."""
    earlier = replace(rule, effective_from=rule.effective_from or at("2026-01-01").date())
    assert judged(OPEN, "2026-03-16", rule="S01", rules=RULES.with_version(earlier)) == expected


def test_parameters_of_an_approved_version_win_over_the_preset() -> None:
    """The office's own word over the province's, and only where it holds."""
    elsewhere = version(scope=Scope(orgs=("OTHER",)), effective_from=at("2026-01-01").date())
    here = version(scope=Scope(orgs=(ORG,), items=(ITEM,)), effective_from=at("2026-01-01").date())
    assert judged(OPEN, "2026-03-16", rule="S01", rules=RULES.with_version(elsewhere)) == [("notice", "2026-03-13")]
    assert judged(OPEN, "2026-03-16", rule="S01", rules=RULES.with_version(here)) == [("notice", "2026-03-12")]


def test_a_rule_that_needs_confirmation_waits_for_a_person() -> None:
    """The card is pending: it asks nobody for an answer until somebody has let it go."""
    confirmed = replace(RULES.versions["S02"][0], mode="confirmed", version="2", effective_from=at("2026-01-01").date())
    found = judged(OPEN, "2026-03-20", rule="S02", rules=RULES.with_version(confirmed))
    assert found == [("yellow", "2026-03-17")]


@pytest.mark.parametrize(
    ("expression", "code"),
    [
        pytest.param("count.supplements >= 2 && case.channel == 'online'", None, id="counts and words"),
        pytest.param(
            "events.exists(e, e.type == 'hall.case.accepted' && e.handler == '')",
            None,
            id="a walk over acts",
        ),
        pytest.param("days.promise > 0 && days.used * 2 > days.promise", None, id="arithmetic"),
        pytest.param("count.supplements >=", "EXPRESSION_SYNTAX", id="a sentence without an end"),
        pytest.param("count.suplements > 1", "EXPRESSION_FACTS", id="a fact that does not exist"),
        pytest.param("case.channel > 1", "EXPRESSION_FACTS", id="a word compared with a number"),
        pytest.param("1 + 1", "EXPRESSION_NOT_BOOL", id="no yes and no no"),
        pytest.param("case.no.matches('(a+)+$')", "EXPRESSION_FORBIDDEN", id="a pattern that may never end"),
        pytest.param(
            "events.all(a, events.all(b, a.day <= b.day))", "EXPRESSION_TOO_COSTLY", id="a walk inside a walk"
        ),
        pytest.param(" || ".join(["case.ended"] * 90), "EXPRESSION_TOO_LONG", id="longer than anybody reads"),
    ],
)
def test_an_expression_is_checked_before_it_may_run(expression: str, code: str | None) -> None:
    """The refusal says what is wrong and, for a syntax error, where."""
    problem = check_expression(expression)
    assert (problem.code if problem else None) == code


def test_an_expression_is_true_since_the_act_that_made_it_true() -> None:
    """The day of the card is the day of that act, whatever came later; a breach that went away leaves no card."""
    twice = own("count.supplements >= 2")
    rules = RULES.with_version(twice)
    events = [
        submitted(),
        *(act("supplement.requested", f"2026-03-0{d} 10:00", d, materials=[], reason="r") for d in (3, 4)),
    ]
    assert judged(events, "2026-03-06", rule="X01", rules=rules) == [("yellow", "2026-03-04")]
    assert judged(events[:2], "2026-03-06", rule="X01", rules=rules) == []
    not_yet = RULES.with_version(own("case.accepted == false && count.acts > 1"))
    assert judged([*events, accepted("2026-03-05 10:00")], "2026-03-06", rule="X01", rules=not_yet) == []


def test_a_backtest_says_what_then_happens() -> None:
    """The rule of today over its own history changes nothing; a stricter one names the cases it would add."""
    now = at("2026-04-10")
    desk = play(events_of(plan()), now)
    files, around = list(desk.files.values()), office(now)
    first, last = at("2026-01-01").date(), at("2026-12-31").date()
    rule = RULES.versions["S15"][0]
    assert backtest(files, around, rule, {}, first, last, now) == []
    (same,) = backtest(files, around, RULES.versions["S03"][0], {}, first, last, now)
    assert (same.would, same.today, same.added, same.gone) == ({"red": 1}, {"red": 1}, [], [])
    (more,) = backtest(files, around, RULES.versions["S03"][0], {"S03.legal_notice_days": 2}, first, last, now)
    assert more.would == {"notice": 1, "red": 1}
    assert more.added == [files[0].case_no]
    # and the same season lived by the stricter rule has exactly those cards
    stricter = replace(RULES.versions["S03"][0], parameters={"S03.legal_notice_days": 2}, version="2", is_shipped=False,
                       effective_from=first)  # fmt: skip
    lived = judged(events_of(plan()), "2026-04-10", rule="S03", rules=RULES.with_version(stricter))
    assert lived == [("notice", "2026-03-26"), ("red", "2026-03-31")]
