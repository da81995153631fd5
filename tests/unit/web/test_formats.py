"""How values are written for people, in both languages."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from libs.common.web.catalogue import HOUSE_TEXTS, Texts, load_catalogue
from libs.common.web.formats import Formats

SHANGHAI = ZoneInfo("Asia/Shanghai")
CATALOGUE = load_catalogue([HOUSE_TEXTS])
ZH, EN = (Formats(Texts(CATALOGUE, language), SHANGHAI) for language in ("zh-CN", "en"))
NOW = datetime(2026, 3, 11, 10, 24, 6, tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("given", "zh", "en"),
    [
        (date(2026, 3, 11), "3 月 11 日", "11 Mar"),
        ("2026-03-11", "3 月 11 日", "11 Mar"),
        (datetime(2026, 3, 10, 16, 30, tzinfo=UTC), "3 月 11 日", "11 Mar"),
        (None, "-", "-"),
    ],
)
def test_dates_in_a_sentence(given: date | str | None, zh: str, en: str) -> None:
    """A date is said in the legal zone; none is a dash."""
    assert (ZH.date_text(given), EN.date_text(given)) == (zh, en)


def test_other_dates() -> None:
    """With the year, in a table, for machines, the weekday."""
    day = date(2026, 3, 1)
    assert (ZH.date_long(day), EN.date_long(day)) == ("2026 年 3 月 1 日", "1 March 2026")
    assert (ZH.date_short(day), EN.date_short(day), ZH.date_iso(day)) == ("3-1", "1 Mar", "2026-03-01")
    assert (ZH.weekday(day), EN.weekday(day), ZH.weekday_number(day)) == ("日", "Sun", "7")


@pytest.mark.parametrize(
    ("at", "zh", "en"),
    [
        ("2026-03-11T02:18:00Z", "今天 10:18", "today 10:18"),
        ("2026-03-10T16:07:00+08:00", "昨天 16:07", "yesterday 16:07"),
        ("2026-03-12T00:00:00+08:00", "明天 00:00", "tomorrow 00:00"),
        ("2026-03-06T10:05:00+08:00", "3 月 6 日 10:05", "6 Mar 10:05"),
        ("2025-12-31T23:59:00+08:00", "2025 年 12 月 31 日 23:59", "31 December 2025 23:59"),
        (None, "-", "-"),
    ],
)
def test_instants_as_a_person_says_them(at: str | None, zh: str, en: str) -> None:
    """Today and yesterday by name, another year with its year."""
    assert (ZH.when(at, NOW), EN.when(at, NOW)) == (zh, en)


def test_instants_in_tables_and_for_machines() -> None:
    """The legal zone everywhere, the offset where a machine reads."""
    at = "2026-03-11T02:24:06+00:00"
    assert (ZH.instant(at), ZH.clock_time(at)) == ("3-11 10:24", "10:24")
    assert ZH.instant_iso(at) == "2026-03-11T10:24:06+08:00"
    assert EN.instant_long(at) == "11 March 2026 10:24:06"


@pytest.mark.parametrize(
    ("numerator", "denominator", "said"),
    [(3309, 3337, "99.16 %"), (0, 5, "0.00 %"), (5, 5, "100.00 %"), (0, 0, "-"), (None, 5, "-"), (1, 800, "0.13 %")],
)
def test_rates(numerator: int | None, denominator: int, said: str) -> None:
    """Half is rounded up; nothing to divide by is a dash."""
    assert ZH.percent(numerator, denominator) == said


@pytest.mark.parametrize(
    ("yuan", "zh", "en"),
    [
        ("125000.00", "12.5 万元", "CNY 125,000"),
        ("3000", "3,000 元", "CNY 3,000"),
        ("0.50", "0.5 元", "CNY 0.5"),
        (Decimal("0"), "0 元", "CNY 0"),
        ("", "-", "-"),
    ],
)
def test_money(yuan: str | Decimal, zh: str, en: str) -> None:
    """Yuan in, 万元 where it is much in Chinese."""
    assert (ZH.money(yuan), EN.money(yuan)) == (zh, en)


@pytest.mark.parametrize(
    ("length", "zh", "en"),
    [
        (4320, "1 小时 12 分", "1 h 12 min"),
        (34.7, "34 秒", "34 s"),
        (timedelta(days=2, minutes=5), "2 天", "2 d"),
        (3600, "1 小时", "1 h"),
        (0, "0 秒", "0 s"),
        (None, "-", "-"),
    ],
)
def test_spans(length: float | timedelta | None, zh: str, en: str) -> None:
    """The two largest units that follow each other."""
    assert (ZH.span(length), EN.span(length)) == (zh, en)


def test_numbers_and_fingerprints() -> None:
    """Thousands are parted; a fingerprint keeps its two ends."""
    assert (ZH.number(1253), ZH.number(0), ZH.number(None), ZH.number(4.62, 2)) == ("1,253", "0", "-", "4.62")
    assert (ZH.short_hash("7b1e90c4" + "0" * 52 + "a2f6"), ZH.short_hash("abc"), ZH.short_hash(None)) == (
        "7b1e90c4…a2f6",
        "abc",
        "-",
    )
