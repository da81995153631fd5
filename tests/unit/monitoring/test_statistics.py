"""The measures and the scores as rules.md defines them, with the traps of other systems, one test each."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from services.monitoring.case_rows import case_row
from services.monitoring.domain.cards import Card
from services.monitoring.domain.scores import Volume, grade_of, score_month, score_year
from services.monitoring.domain.statistics import CaseRow, Period, measures, sliced
from services.monitoring.judging import reading_of
from tests.unit.monitoring.makers import at, events_of, office, plan, play

MARCH = Period(at("2026-03-01"), at("2026-04-01"), at("2026-04-01"), date(2026, 4, 1))


def row(n: int = 1, **changes: Any) -> CaseRow:
    """Accepted on 2 March, done on 9 March with 5 of 10 promised and 20 legal working days."""
    plain = CaseRow(
        case_no=f"C{n}", org="A", item="i", kind="committed", channel="window", level="county", service_point="p",
        is_proxy=False, opened_at=at("2026-03-02 09:00"), accepted_at=at("2026-03-02 10:00"),
        accepted_on=date(2026, 3, 2), ended_at=at("2026-03-09 10:00"), ended_on=date(2026, 3, 9), result="granted",
        due_on=date(2026, 3, 16), used_days=5, promise_days=10, legal_days=20,
    )  # fmt: skip
    return replace(plain, **changes)


def open_case(n: int, due: date) -> CaseRow:
    return row(n, ended_at=None, ended_on=None, result=None, used_days=None, due_on=due)


def value(rows: list[CaseRow], code: str, period: Period = MARCH) -> tuple[int, int | None, str | None]:
    """Numerator, denominator and value of one measure."""
    found = next(m for m in measures(rows, period) if m.code == code)
    return found.numerator, found.denominator, found.value


def test_open_overdue_cases_are_in_the_rate() -> None:
    """ST-05: whoever does not decide does not vanish from the rate; due on the cut-off day's eve is overdue."""
    rows = [row(1), row(2, ended_on=date(2026, 3, 17)), open_case(3, date(2026, 3, 31)), open_case(4, date(2026, 4, 1))]
    assert value(rows, "ST-05") == (1, 3, "33.33")
    assert value(rows, "ST-06") == (2, 3, "66.67")


@pytest.mark.parametrize("code", ["ST-03", "ST-05", "ST-07", "ST-12", "ST-15", "ST-15m", "ST-16", "ST-17"])
def test_an_empty_denominator_has_no_value(code: str) -> None:
    """Never 0 and never 100 %."""
    assert value([], code)[2] is None


def test_what_was_not_accepted_is_neither_accepted_nor_done() -> None:
    """ST-01 and ST-02: a refusal without an acceptance counts in neither."""
    refused = row(2, accepted_at=None, accepted_on=None, result="refused", due_on=None, used_days=None)
    assert value([row(1), refused], "ST-01")[0] == 1
    assert value([row(1), refused], "ST-02")[0] == 1


def test_the_done_rate_is_of_one_cohort() -> None:
    """ST-03: cases accepted before the period do not push the rate past 100 %."""
    old = row(2, accepted_at=at("2026-02-10 10:00"), opened_at=at("2026-02-10 09:00"))
    assert value([row(1), old], "ST-03") == (1, 1, "100.00")
    assert value([row(1), old], "ST-04") == (2, 2, "100.00")


def test_speed_is_summed_first_and_divided_once() -> None:
    """ST-12: (20 + 40 − 5 − 40) / 60, and not the mean of 75 % and 0 %."""
    assert value([row(1), row(2, legal_days=40, used_days=40, promise_days=40)], "ST-12") == (15, 60, "25.00")


def test_a_case_without_a_promise_is_no_promise_kept_early() -> None:
    """ST-07 against ST-08: two denominators, two measures."""
    rows = [row(1), row(2, promise_days=None, due_on=date(2026, 3, 30))]
    assert value(rows, "ST-07") == (1, 1, "100.00")
    assert value(rows, "ST-08") == (1, 2, "50.00")


def test_median_and_p90_stand_beside_the_mean() -> None:
    """ST-15: one long case moves the mean, not the median."""
    rows = [row(n, used_days=days) for n, days in enumerate((1, 2, 2, 3, 40))]
    assert value(rows, "ST-15") == (48, 5, "9.60")
    assert (value(rows, "ST-15m")[2], value(rows, "ST-15p")[2]) == ("2", "40")


def test_a_default_rating_is_no_vote() -> None:
    """ST-17 counts only whoever rated; ST-16 counts all ratings."""
    rows = [row(1, grade=1), row(2, grade=2, is_default=True), row(3, grade=5), row(4)]
    assert value(rows, "ST-16") == (2, 3, "66.67")
    assert value(rows, "ST-17") == (2, 4, "50.00")


def test_totals_are_counted_and_not_averaged() -> None:
    """9 of 10 and 0 of 1: together 9 of 11."""
    rows = [
        *(row(n) for n in range(9)),
        row(9, ended_on=date(2026, 3, 17)),
        row(10, org="B", ended_on=date(2026, 3, 17)),
    ]
    parts = sliced(rows, "org")
    assert [value(part, "ST-05")[2] for part in parts.values()] == ["90.00", "0.00"]
    assert value(rows, "ST-05") == (9, 11, "81.82")


@pytest.mark.parametrize("by", ["org", "item", "kind", "channel", "level", "service_point", "proxy"])
def test_no_slice_loses_a_case(by: str) -> None:
    """The parts of a slice make the whole."""
    rows = [row(1), row(2, item="j", kind="instant", channel="online", level="village", is_proxy=True)]
    assert sum(len(part) for part in sliced(rows, by).values()) == 2


def test_pauses_are_no_used_days() -> None:
    """The row of a case leaves lawful pauses out, by the supervision's own count."""
    desk = play(events_of(plan(used_days=7)), at("2026-06-01"))
    file = next(iter(desk.files.values()))
    reading = reading_of(file, office(at("2026-06-01")))
    assert reading is not None
    counted = case_row(*reading)
    assert (counted.used_days, counted.promise_days, counted.legal_days) == (7, 10, 20)


def card(rule: str, severity: str, family: str = "TIME", state: str = "issued") -> Card:
    plain = next(c for f in play(events_of(plan()), at("2026-03-17")).files.values() for c in f.cards.values())
    name = f"{rule}.{severity}.{state}"
    return replace(plain, card_id=name, rule_id=rule, severity=severity, family=family, state=state)


def test_points_follow_severity_and_go_back_with_a_revocation() -> None:
    """Yellow 5, red 10, notice 0; a revoked or superseded card takes nothing; each point names its card."""
    cards = [
        card("S02", "yellow"),
        card("S13", "red", "PROC"),
        card("S01", "notice"),
        card("S03", "red", state="revoked"),
        card("S04", "yellow", state="superseded"),
    ]
    score = score_month(cards, [], Volume())
    assert (score.heads["期限合法"], score.heads["流程规范"], score.total) == (9, 4, 85)
    assert [p.event for p in score.points] == ["S02.yellow.issued", "S13.red.issued"]
    assert (score.grade, score.is_ranked) == ("良好", False)


def test_a_head_cannot_fall_below_nothing() -> None:
    """Twenty points off a head of fourteen take fourteen."""
    cards = [card(f"S{n}", "red") for n in ("03", "05")]
    assert score_month(cards, [], Volume()).heads["期限合法"] == 0


@pytest.mark.parametrize(
    ("walk", "runs"),
    [("nnn", 1), ("nncn", 0), ("nnnnnn", 2), ("nnncnn", 1), ("ccc", 0)],
)
def test_three_notices_in_a_row_are_a_run(walk: str, runs: int) -> None:
    """A completion without a notice sets the counter to nothing; at three it starts again."""
    steps = [(f"{n}", mark == "n") for n, mark in enumerate(walk)]
    assert len([p for p in score_month([], steps, Volume()).points if p.head == "期限合法"]) == runs


@pytest.mark.parametrize(
    ("volume", "total"),
    [
        pytest.param(Volume(completions=100, incomplete=2), 98, id="two percent incomplete"),
        pytest.param(Volume(completions=10, incomplete=9), 95, id="at most five"),
        pytest.param(Volume(promised=100, early=19), 101, id="nineteen percent early"),
        pytest.param(Volume(legal_days=100, promise_days=71), 100, id="29 percent shorter"),
        pytest.param(Volume(legal_days=100, promise_days=70), 103, id="30 percent shorter"),
        pytest.param(Volume(legal_days=100, promise_days=55), 104, id="45 percent shorter"),
    ],
)
def test_bonuses_and_missing_data(volume: Volume, total: int) -> None:
    """From integers."""
    assert score_month([], [], volume).total == total


def test_years_and_grades() -> None:
    """The mean of the months less disciplinary measures, not below nothing; no months, no score."""
    month = score_month([], [], Volume())
    assert str(score_year([month, replace(month, total=81)], [10])) == "80.50"
    assert score_year([]) is None
    assert [grade_of(Decimal(n)) for n in (90, 89, 60, 59)] == ["优秀", "良好", "合格", "不合格"]
