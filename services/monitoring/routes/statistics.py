"""`/api/supervision/v1/stats` and `/scorecards`: every number with its numerator, denominator, definition and as-of."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query

from libs.common.kernel.errors import Problem
from libs.common.runtime.clock import Clock
from libs.common.runtime.database import Database
from libs.common.runtime.problems import Refusal
from services.monitoring.domain.scores import Score
from services.monitoring.domain.statistics import VERSION, Measure, measures, percent, sliced
from services.monitoring.routes.supervision import Reader, scope_of
from services.monitoring.store import measures as store
from services.monitoring.store.reports import month_scores, period_of

By = Literal["org", "item", "kind", "channel", "level", "service_point", "proxy"]
BAD_PERIOD = Problem("PERIOD", "/period", "期间应写成 2026-11 或 2026-Q4", "write the period as 2026-11 or 2026-Q4")
NO_SCORE = Problem("SCORE_UNKNOWN", "/org", "该单位本期没有记录", "nothing is known of this organisation in the period")


class StatisticsRoutes:
    """The routes of statistics and scores."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    def router(self) -> APIRouter:
        """All routes of statistics."""
        router = APIRouter(prefix="/api/supervision/v1", tags=["statistics"])
        router.get("/stats")(self.stats)
        router.get("/scorecards")(self.scorecards)
        router.get("/scorecards/{org}/{period}")(self.scorecard)
        return router

    async def stats(
        self,
        reader: Reader,
        from_on: Annotated[date, Query(alias="from")],
        to_on: Annotated[date, Query(alias="to")],
        by: By = "org",
        org: str | None = None,
    ) -> dict[str, Any]:
        """The measures of [from, to], by a slice; totals are counted from all cases, never from percentages."""
        period, days = period_of(from_on, to_on, self._clock.now(), self._clock.zone), (from_on, to_on)
        wanted = scope_of(reader, org)
        async with self._database.reading() as tx:
            rows = await store.case_rows(tx, period.start, period.stop, wanted)
            names = await store.org_names(tx)
            cards = await store.card_counts(tx, period.start, period.stop, wanted)
        items = [
            {**_key(by, key, names), "measures": [_measure(m, days) for m in measures(part, period)]}
            for key, part in sliced(rows, by).items()
        ]
        return {
            "as_of": period.cut_off,
            "by": by,
            "definition_version": VERSION,
            "items": items,
            "totals": [_measure(m, days) for m in measures(rows, period)],
            "cards": [_cards(row) for row in cards],
        }

    async def scorecards(self, reader: Reader, period: str) -> dict[str, Any]:
        """Scores of a month by organisation, best first; small volumes are scored and not ranked."""
        start, stop = self._month(period)
        found = await self._scores(start, stop, scope_of(reader, None))
        ranked = sorted(found.items(), key=lambda pair: (-pair[1].total, pair[0]))
        return {
            "as_of": self._clock.now(),
            "period": period,
            "items": [{"org_code": org, **_score(score)} for org, score in ranked],
        }

    async def scorecard(self, org: str, period: str, reader: Reader) -> dict[str, Any]:
        """One organisation's month: every head, every point with the event that took or gave it."""
        start, stop = self._month(period)
        found = await self._scores(start, stop, scope_of(reader, org))
        if org not in found:
            raise Refusal("not-found", NO_SCORE)
        score = found[org]
        points = [{"head": p.head, "points": p.points, "event": p.event, "why": p.why} for p in score.points]
        return {"as_of": self._clock.now(), "period": period, "org_code": org, **_score(score), "points": points}

    async def _scores(self, start: datetime, stop: datetime, org: str | None) -> Mapping[str, Score]:
        async with self._database.reading() as tx:
            rows = await store.case_rows(tx, start, stop, org)
            return await month_scores(tx, start, stop, org, rows)

    def _month(self, period: str) -> tuple[datetime, datetime]:
        try:
            first = date.fromisoformat(f"{period}-01")
        except ValueError:
            raise Refusal("invalid", BAD_PERIOD) from None
        return self._midnight(first), self._midnight((first + timedelta(days=32)).replace(day=1))

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(0), self._clock.zone)


def _key(by: str, key: str, names: Any) -> dict[str, Any]:
    return {"org_code": key, "org_name": names.get(key, key)} if by == "org" else {"key": key}


def _measure(measure: Measure, days: tuple[date, date]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "measure": measure.code,
        "name": measure.name,
        "name_en": measure.name_en,
        "unit": measure.unit,
        "definition_version": VERSION,
        "from": days[0],
        "to": days[1],
        "numerator": measure.numerator,
        "value": measure.value,
    }
    if measure.denominator is None:
        return found
    found["denominator"] = measure.denominator
    return {**found, "percent": measure.value} if measure.unit == "percent" else found


def _cards(row: Any) -> dict[str, Any]:
    return {
        "org_code": row.org_code,
        "severity": row.severity,
        "issued": row.issued,
        "revoked": row.revoked,
        "live": row.live,
        "replied_in_time": {
            "numerator": row.replied, "denominator": row.reply_due, "percent": percent(row.replied, row.reply_due)
        },
        "appeals_upheld": {
            "numerator": row.appeal_upheld, "denominator": row.appealed,
            "percent": percent(row.appeal_upheld, row.appealed),
        },
    }  # fmt: skip


def _score(score: Score) -> dict[str, Any]:
    return {
        "total": score.total,
        "grade": score.grade,
        "is_ranked": score.is_ranked,
        "heads": dict(score.heads),
        "bonus": dict(score.bonus),
        "formula_version": score.version,
    }
