"""Reports: every number has the list behind it, what was given stays, and the Word document says the same."""

from __future__ import annotations

import io
from dataclasses import asdict, replace
from datetime import date

import msgspec
import pytest
from docx import Document

from services.monitoring.domain.reports import Material, bulletin, corrections, daily, latest, monthly, span_of
from services.monitoring.report_document import write_docx
from tests.unit.monitoring.makers import at

HEADS = {"期限合法": 9, "流程规范": 14}
MARCH = Material(
    period="2026-03",
    first_on=date(2026, 3, 1),
    last_on=date(2026, 3, 31),
    cut_off=at("2026-04-01"),
    measures=[("", "ST-01", "受理数", "3", 3, None), ("A", "ST-01", "受理数", "3", 3, None),
              ("A", "ST-05", "按时办结率", "33.33", 1, 3), ("", "ST-05", "按时办结率", "-", 0, 0)],
    lights={"A": {"red": 2, "green": 1}},
    names={"A": "住建局"},
    cards=[("A", "TIME", "red", 2, 1, 1), ("A", "PROC", "yellow", 1, 0, 1)],
    overdue=[("C1", "规划许可", "A", date(2026, 3, 16), 11)],
    scores=[("A", 85, "良好", True, HEADS, [("c" * 36, -5, "S02 承诺时限已过")]), ("B", 97, "优秀", False, HEADS, [])],
)  # fmt: skip


@pytest.mark.parametrize("make", [daily, monthly, bulletin])
def test_every_row_fits_its_table_and_totals_stand_apart(make: object) -> None:
    """A row has a cell for every column; the Word document has as many tables as there are filled sections."""
    report = make(MARCH)  # type: ignore[operator]
    for section in report.sections:
        assert {len(row) for row in section.rows} <= {len(section.columns)}, section.title
    document = Document(io.BytesIO(write_docx(report)))
    assert len(document.tables) == len([s for s in report.sections if s.rows])
    assert report.title in document.paragraphs[0].text


def test_a_number_opens_its_list() -> None:
    """Lights lead to cases, cards to cards, scores to their points, overdue cases to themselves."""
    links = {cell.link for section in daily(MARCH).sections for row in section.rows for cell in row if cell.link}
    assert "/supervision/cases?org=A&light=red" in links
    assert "/supervision/cases/C1" in links
    assert any(link.startswith("/supervision/cards?org=A&severity=red") for link in links)
    deductions = next(s for s in bulletin(MARCH).sections if s.title == "扣分明细")
    assert deductions.rows[0][1].link == f"/supervision/cards/{'c' * 36}"


def test_an_empty_rate_is_a_dash_and_small_volumes_are_not_ranked() -> None:
    """Never 0 and never 100 percent; whoever has few cases stands in a table of its own."""
    rates = next(s for s in monthly(MARCH).sections if s.title.startswith("二"))
    assert {row[0].text: row[1].text for row in rates.rows} == {"住建局": "33.33（1/3）", "合计": "-（0/0）"}
    by_title = {section.title: section for section in bulletin(MARCH).sections}
    assert [row[1].text for row in by_title["考核得分与等次"].rows] == ["住建局"]
    assert [row[0].text for row in by_title["办件量不足、只计分不排名的单位"].rows] == ["B"]


def test_what_has_changed_since_is_a_correction() -> None:
    """The report says what it said; the line beside it says what is known now."""
    given = msgspec.to_builtins(asdict(daily(MARCH)))
    assert corrections(given, given) == []
    later = replace(MARCH, lights={"A": {"red": 1, "green": 1}})
    found = corrections(given, msgspec.to_builtins(asdict(daily(later))))
    assert found == ["在办件亮灯 · 住建局 · 红：原为 2，现为 1", "在办件亮灯 · 合计 · 红：原为 2，现为 1"]


@pytest.mark.parametrize(
    ("kind", "period", "span"),
    [
        ("daily", "2026-03-02", (date(2026, 3, 2), date(2026, 3, 2))),
        ("monthly", "2026-02", (date(2026, 2, 1), date(2026, 2, 28))),
        ("bulletin", "2026-Q4", (date(2026, 10, 1), date(2026, 12, 31))),
        ("bulletin", "2026", (date(2026, 1, 1), date(2026, 12, 31))),
        ("daily", "2026-03", None),
        ("monthly", "2026-Q5", None),
        ("monthly", "march", None),
    ],
)
def test_a_period_is_read_or_refused(kind: str, period: str, span: tuple[date, date] | None) -> None:
    """Days, months, quarters, years; everything that the shelf offers can be read."""
    assert span_of(kind, period) == span
    assert all(span_of(kind, name) for name in latest(kind, date(2026, 3, 31)))
