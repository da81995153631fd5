"""Gathers what a report says, and keeps it as it was first given."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import text

from libs.common.runtime.database import Tx
from services.monitoring.domain.reports import Material, Report
from services.monitoring.domain.scores import RANK_MIN_VOLUME, Score, grade_of, score_month
from services.monitoring.domain.scores import VERSION as SCORE_VERSION
from services.monitoring.domain.sources import Proof, is_stale
from services.monitoring.domain.statistics import VERSION, CaseRow, Period, measures, sliced
from services.monitoring.ports import Office
from services.monitoring.store import measures as store
from services.monitoring.store import queries
from services.monitoring.store.files import read_card

_GIVEN = text("SELECT body, given_at FROM report WHERE kind = :kind AND period = :period AND org = :org")
_KEEP = text(
    "INSERT INTO report (kind, period, org, given_at, body) VALUES (:kind, :period, :org, :now, CAST(:body AS jsonb))"
    " ON CONFLICT (kind, period, org) DO NOTHING"
)
OVERDUE_ROWS = 500


def period_of(first_on: date, last_on: date, now: datetime, zone: ZoneInfo) -> Period:
    """The days as instants; what has not come yet is cut off at `now`."""
    start, stop = _midnight(first_on, zone), _midnight(last_on + timedelta(days=1), zone)
    cut_on = last_on + timedelta(days=1) if stop <= now else now.astimezone(zone).date()
    return Period(start, stop, min(stop, now), cut_on)


async def gather(
    tx: Tx, office: Office, name: str, first_on: date, last_on: date, now: datetime, zone: ZoneInfo, org: str | None
) -> Material:
    """Everything that the three reports are made of."""
    period = period_of(first_on, last_on, now, zone)
    rows = await store.case_rows(tx, period.start, period.stop, org)
    names = await store.org_names(tx)
    stale = tuple(
        source
        for source, known in sorted(office.sources.items())
        if is_stale(known, Proof(now, office.is_virtual, office.barrier(source)))
    )
    board = await queries.board(tx, queries.At(period.cut_off), period.start, period.start)
    cards: dict[tuple[str, str, str], list[int]] = {}
    for row in await tx.execute(store.ISSUED, {"start": period.start, "stop": period.stop, "org": org}):
        card = read_card(row.body)
        counts = cards.setdefault((card.org_code, card.family, card.severity), [0, 0, 0])
        counts[0] += 1
        counts[1] += card.state == "revoked"
        counts[2] += card.live
    scores = mean_scores([await month_scores(tx, *month, org, rows) for month in _months(period, zone)])
    return Material(
        period=name,
        first_on=first_on,
        last_on=last_on,
        cut_off=period.cut_off.astimezone(zone),
        measures=_measures(rows, period),
        lights={row.org_code: row.lights for row in board.rows if org in (None, row.org_code)},
        names=names,
        cards=[(*key, counts[0], counts[1], counts[2]) for key, counts in sorted(cards.items())],
        overdue=_overdue(rows, period, office),
        scores=[_score(code, score) for code, score in sorted(scores.items())],
        late_sources=stale,
        versions={"统计口径版本": VERSION, "计分公式版本": SCORE_VERSION},
    )


async def month_scores(
    tx: Tx, start: datetime, stop: datetime, org: str | None, rows: list[CaseRow]
) -> Mapping[str, Score]:
    """Scores of a span by organisation."""
    limits: dict[tuple[str, str], tuple[int, int]] = {
        (row.org, row.item): (row.legal_days, row.promise_days)
        for row in rows
        if row.legal_days is not None and row.promise_days is not None
    }
    found: dict[str, Score] = {}
    for code, own in (await store.score_material(tx, start, stop, org)).items():
        mine = [days for (owner, _), days in limits.items() if owner == code]
        volume = own.volume(sum(legal for legal, _ in mine), sum(promise for _, promise in mine))
        found[code] = score_month(own.cards, [(event, is_notice) for _, event, is_notice in own.walk], volume)
    return found


def mean_scores(months: Sequence[Mapping[str, Score]]) -> Mapping[str, Score]:
    """Of several months the mean, half up, with every point of each (rules.md §8: half-year and year)."""
    found: dict[str, Score] = {}
    for org in sorted({org for month in months for org in month}):
        mine = [month[org] for month in months if org in month]
        n = len(mine)
        total = Decimal(sum(score.total for score in mine)) / n
        found[org] = Score(
            total=int(total.quantize(Decimal(1), ROUND_HALF_UP)),
            heads={head: sum(score.heads[head] for score in mine) // n for head in mine[0].heads},
            points=tuple(point for score in mine for point in score.points),
            grade=grade_of(total),
            is_ranked=sum(score.completions for score in mine) >= RANK_MIN_VOLUME,
        )
    return found


def _months(period: Period, zone: ZoneInfo) -> Iterator[tuple[datetime, datetime]]:
    """The parts of a span by calendar month."""
    start = period.start
    while start < period.stop:
        following = _midnight((start.astimezone(zone).date() + timedelta(days=32)).replace(day=1), zone)
        yield start, min(following, period.stop)
        start = following


async def given(tx: Tx, kind: str, period: str, org: str) -> Mapping[str, Any] | None:
    """The report as it was first given; None = not yet."""
    row = (await tx.execute(_GIVEN, {"kind": kind, "period": period, "org": org})).one_or_none()
    return row.body if row is not None else None


async def keep(tx: Tx, report: Report, org: str, now: datetime) -> None:
    """Keeps a report as it is given; what was given before stays."""
    body = msgspec.json.encode(asdict(report)).decode()
    await tx.execute(_KEEP, {"kind": report.kind, "period": report.period, "org": org, "now": now, "body": body})


def _measures(rows: list[CaseRow], period: Period) -> list[tuple[str, str, str, str, int, int | None]]:
    parts: dict[str, list[CaseRow]] = {"": rows, **sliced(rows, "org")}
    return [
        (org, m.code, m.name, m.value or "-", m.numerator, m.denominator)
        for org, part in parts.items()
        for m in measures(part, period)
    ]


def _overdue(rows: list[CaseRow], period: Period, office: Office) -> list[tuple[str, str, str, date, int]]:
    calendar = office.calendars.default
    found = [
        (row.case_no, row.item, row.org, row.due_on, max(1, calendar.count(row.due_on, period.cut_on) or 1))
        for row in rows
        if row.due_on is not None
        and row.accepted_at is not None
        and (row.ended_at is None or row.ended_at >= period.stop)
        and row.due_on < period.cut_on
    ]
    return sorted(found, key=lambda r: (r[3], r[0]))[:OVERDUE_ROWS]


def _score(code: str, score: Score) -> tuple[str, int, str, bool, Mapping[str, int], list[tuple[str, int, str]]]:
    taken = [(point.event, point.points, point.why) for point in score.points]
    return code, score.total, score.grade, score.is_ranked, score.heads, taken


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(0), zone)
