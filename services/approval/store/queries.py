"""What lists and pages read: the queue, its counts, figures for operators. Lights are compared with `now` in SQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import text

from libs.common.runtime.database import Tx

# The same order as `domain.lights.light_at`.
LIGHT = """
    CASE WHEN EXISTS (SELECT 1 FROM dead_letter AS d
                      WHERE d.key = f.case_no AND d.state IN ('parked', 'behind')) THEN 'grey'
         WHEN f.final_light IS NOT NULL THEN f.final_light
         WHEN f.grey_from <= :now THEN 'grey'
         WHEN f.paused_from <= :now AND :now < f.paused_until THEN 'paused'
         WHEN f.red_at <= :now THEN 'red'
         WHEN f.yellow_at <= :now THEN 'yellow'
         WHEN f.notice_at <= :now THEN 'notice'
         ELSE 'green' END
"""
OPEN = "f.ended_at IS NULL"
DELIVERY = "(f.state = 'completed' AND f.result = 'granted')"
_ROW = (
    "f.case_no, f.region_code, f.org_code, f.org_name, f.item_code, f.item_name, f.project_name, f.case_kind, f.state,"
    " f.result, f.received_at, f.accepted_on, f.ended_at, f.due_on, f.due_at"
)
# A case without a due moment stands last; the moment is part of the keyset.
_MOMENT = "COALESCE(f.due_at, 'infinity'::timestamptz)"

# Estimates of the statistics collector: a count of a billion rows would take minutes.
_ROWS = text(
    "SELECT relname, n_live_tup FROM pg_stat_user_tables"
    " WHERE schemaname = current_schema() AND relname IN ('event', 'case_file')"
)
_OPEN_CASES = text("SELECT count(*) FROM case_file WHERE kind = 'case' AND ended_at IS NULL")
# From source to source along the index, without reading what lies between.
_HEARD = text(
    """
    WITH RECURSIVE s (source) AS (
        (SELECT source FROM receipt ORDER BY source LIMIT 1)
        UNION ALL
        SELECT (SELECT r.source FROM receipt AS r WHERE r.source > s.source ORDER BY r.source LIMIT 1)
        FROM s WHERE s.source IS NOT NULL
    )
    SELECT source, (SELECT max(received_at) FROM receipt AS r WHERE r.source = s.source) AS last_at
    FROM s WHERE source IS NOT NULL LIMIT 200
    """
)
_WORK = f"(f.ended_at IS NULL OR {DELIVERY})"

# The queues of a department: what must be done next, and by when.
QUEUES: Mapping[str, str] = {
    "over": f"{OPEN} AND f.state <> 'supplement' AND f.due_at <= :now",
    "today": f"{OPEN} AND f.due_on = :today",
    "day1": f"{OPEN} AND f.due_on > :today AND f.due_on <= :day1",
    "day3": f"{OPEN} AND f.due_on > :today AND f.due_on <= :day3",
    "paused": "f.state = 'paused'",
    "open": OPEN,
    "received": "f.state = 'received'",
    "supplement": "f.state = 'supplement'",
    "delivery": DELIVERY,
    "all": "TRUE",
}


@dataclass(frozen=True, slots=True)
class Days:
    """The dates that queues are cut at: today and the first and third working day after it."""

    now: datetime
    today: date
    day1: date
    day3: date

    def values(self) -> dict[str, object]:
        """As statement values."""
        return {"now": self.now, "today": self.today, "day1": self.day1, "day3": self.day3}


@dataclass(frozen=True, slots=True)
class Filter:
    """Which cases are wanted; what is None is not asked for.

    Args:
        regions, orgs: the reader's own scope; empty = no limit.
        q: part of a case number, an item's or an organisation's name.
    """

    org: str | None = None
    state: str | None = None
    light: str | None = None
    item: str | None = None
    q: str | None = None
    queue: str = "all"
    regions: tuple[str, ...] = ()
    orgs: tuple[str, ...] = ()

    def scope(self) -> str:
        """The words to which a cursor is bound."""
        return f"cases\0{self.org}\0{self.state}\0{self.light}\0{self.item}\0{self.q}\0{self.queue}"


@dataclass(frozen=True, slots=True)
class Found:
    """One page of cases and the position behind it (None = that was the last)."""

    rows: list[dict[str, Any]]
    behind: list[Any] | None


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts for operators."""

    cases: int
    open: int
    events: int
    sources: list[dict[str, Any]] = field(default_factory=list)


async def list_cases(tx: Tx, wanted: Filter, days: Days, *, after: Sequence[Any] | None, limit: int) -> Found:
    """Cases by what is due first.

    Args:
        after: (due moment as ISO text or `infinity`, case number) of the last row of the page before.
    """
    where, values = _where(wanted)
    if after is not None:
        where.append(f"({_MOMENT}, f.case_no) > (CAST(:after_at AS timestamptz), :after_no)")
        values |= {"after_at": after[0], "after_no": after[1]}
    statement = text(
        f"SELECT {_ROW}, {LIGHT} AS light, {_MOMENT}::text AS moment FROM case_file AS f "  # noqa: S608 - constants
        f"WHERE {' AND '.join(where)} ORDER BY {_MOMENT}, f.case_no LIMIT :limit"
    )
    rows = [
        dict(row) for row in (await tx.execute(statement, {**values, **days.values(), "limit": limit + 1})).mappings()
    ]
    page = rows[:limit]
    behind = [page[-1]["moment"], page[-1]["case_no"]] if len(rows) > limit else None
    for row in page:
        del row["moment"]
    return Found(page, behind)


async def count_queues(tx: Tx, wanted: Filter, days: Days) -> dict[str, int]:
    """How many cases stand in each queue of the reader's scope; `all`, which grows for ever, is not counted.

    The filter's queue, light, item and words are not asked.
    """
    where, values = _where(Filter(org=wanted.org, regions=wanted.regions, orgs=wanted.orgs))
    where.append(_WORK)
    counted = {name: condition for name, condition in QUEUES.items() if name != "all"}
    counts = ", ".join(f"count(*) FILTER (WHERE {condition}) AS {name}" for name, condition in counted.items())
    statement = text(f"SELECT {counts} FROM case_file AS f WHERE {' AND '.join(where)}")  # noqa: S608 - constants
    return dict((await tx.execute(statement, {**values, **days.values()})).mappings().one())


async def is_unproven(tx: Tx, case_no: str) -> bool:
    """Whether a letter of the case is open (decision 11)."""
    statement = text("SELECT EXISTS (SELECT 1 FROM dead_letter WHERE key = :key AND state IN ('parked', 'behind'))")
    return bool((await tx.execute(statement, {"key": case_no})).scalar_one())


async def open_cases(tx: Tx, *, after: str, limit: int) -> list[tuple[str, int, bytes, bytes]]:
    """Open cases in order of their numbers, as `read_case` takes them: for dry runs of a calendar."""
    statement = text(
        "SELECT case_no, revision, acts, told FROM case_file AS f WHERE f.kind = 'case' AND f.ended_at IS NULL "
        "AND f.case_no > :after ORDER BY f.case_no LIMIT :limit"
    )
    rows = await tx.execute(statement, {"after": after, "limit": limit})
    return [(row[0], row[1], bytes(row[2]), bytes(row[3])) for row in rows]


async def figures(tx: Tx) -> Figures:
    """How much there is (cases and events by estimate), and when each source was heard last."""
    rows: dict[str, int] = {row[0]: row[1] for row in await tx.execute(_ROWS)}
    open_ = (await tx.execute(_OPEN_CASES)).scalar_one()
    heard = [dict(row) for row in (await tx.execute(_HEARD)).mappings()]
    return Figures(max(rows.get("case_file", 0), open_), open_, rows.get("event", 0), heard)


def _where(wanted: Filter) -> tuple[list[str], dict[str, Any]]:
    where = ["f.kind = 'case'", f"({QUEUES[wanted.queue]})"]
    values: dict[str, Any] = {}
    for column, value in (("org_code", wanted.org), ("state", wanted.state), ("item_code", wanted.item)):
        if value is not None:
            where.append(f"f.{column} = :{column}")
            values[column] = value
    for column, scope in (("region_code", wanted.regions), ("org_code", wanted.orgs)):
        if scope:
            where.append(f"f.{column} = ANY(:scope_{column})")
            values[f"scope_{column}"] = list(scope)
    if wanted.light is not None:
        where.append(f"({LIGHT}) = :light")
        values["light"] = wanted.light
    if wanted.q:
        where.append(
            "(f.case_no LIKE :q_head OR f.item_name LIKE :q_part"
            " OR f.org_name LIKE :q_part OR f.project_name LIKE :q_part)"
        )
        escaped = wanted.q.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        values |= {"q_head": f"{escaped}%", "q_part": f"%{escaped}%"}
    return where, values
