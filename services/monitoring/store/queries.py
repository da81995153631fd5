"""What board and lists read: lights are computed here, from dates, for any instant; nothing is stored as a colour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import text

from libs.common.runtime.database import Tx

LIGHTS = ("red", "yellow", "notice", "green", "paused", "grey")
# the date that it is in the case's own region at the instant asked for
_DAY = "(:as_of AT TIME ZONE COALESCE(f.timezone, 'Asia/Shanghai'))::date"
# law.md §9.2, first that holds; grey before all: what is unproven has no colour
LIGHT = f"""
    CASE WHEN f.source = ANY(:stale) OR EXISTS (SELECT 1 FROM dead_letter d WHERE d.key = f.case_no
              AND d.state IN ('parked', 'behind')) THEN 'grey'
         WHEN f.pauses @> {_DAY} THEN 'paused'
         WHEN f.red_on <= {_DAY} THEN 'red'
         WHEN f.yellow_on <= {_DAY} THEN 'yellow'
         WHEN f.notice_on <= {_DAY} THEN 'notice'
         ELSE 'green' END
"""  # noqa: S608 - parts are constants of ours
OPEN = "f.kind = 'case' AND f.opened_at <= :as_of AND (f.ended_at IS NULL OR f.ended_at > :as_of)"
_BOARD = text(
    f"""
    SELECT org_code, max(org_name) AS org_name, light, count(*) AS n,
           count(*) FILTER (WHERE yellow_on = day + 1 OR red_on = day + 1) AS turning
    FROM (SELECT f.org_code, f.org_name, f.yellow_on, f.red_on, {_DAY} AS day, {LIGHT} AS light FROM case_file f
          WHERE {OPEN}) AS open
    GROUP BY org_code, light
    """  # noqa: S608 - parts are constants of ours
)
_TIMELY = text(
    f"""
    SELECT f.org_code, count(*) FILTER (WHERE f.ended_at IS NOT NULL AND f.ended_at <= :as_of
               AND f.ended_on <= COALESCE(f.promise_due_on, f.legal_due_on)) AS on_time,
           count(*) FILTER (WHERE f.ended_at IS NOT NULL AND f.ended_at <= :as_of) AS done,
           count(*) FILTER (WHERE (f.ended_at IS NULL OR f.ended_at > :as_of)
               AND COALESCE(f.promise_due_on, f.legal_due_on) < {_DAY}) AS open_over
    FROM case_file f
    WHERE f.kind = 'case' AND f.accepted_at <= :as_of AND COALESCE(f.promise_due_on, f.legal_due_on) IS NOT NULL
      AND (f.ended_at IS NULL OR f.ended_at >= :since)
    GROUP BY f.org_code
    """  # noqa: S608
)
_TODAY = text(
    """
    SELECT count(*) FILTER (WHERE opened_at >= :since AND opened_at <= :as_of) AS opened,
           count(*) FILTER (WHERE ended_at >= :since AND ended_at <= :as_of) AS ended
    FROM case_file f WHERE f.kind = 'case' AND (f.opened_at >= :since OR f.ended_at >= :since)
    """
)
_ROW = (
    "f.case_no, f.org_code, f.org_name, f.item_code, f.item_name, f.source, f.accepted_on, f.promise_due_on,"
    " f.legal_due_on, f.ended_at, f.ended_on, f.result, f.yellow_on, f.red_on"
)
_CASES = f"SELECT * FROM (SELECT {_ROW}, {LIGHT} AS light FROM case_file f WHERE {{where}}) AS f"  # noqa: S608
_TURNING = text(
    f"""
    SELECT {_ROW}, {LIGHT} AS light FROM case_file f
    WHERE {OPEN} AND (f.yellow_on = {_DAY} + 1 OR f.red_on = {_DAY} + 1) ORDER BY f.org_code, f.case_no LIMIT :limit
    """  # noqa: S608
)
# A case is late when it ended after the END of its deadline day in its own town's time zone.
_LATE = "f.kind = 'case' AND f.ended_at <= :as_of AND f.legal_due_on IS NOT NULL AND f.ended_on > f.legal_due_on"
_PAST = (
    "f.kind = 'case' AND f.opened_at <= :as_of AND (f.ended_at IS NULL OR f.ended_at > :as_of)"
    f" AND f.legal_due_on < {_DAY}"
)
_OVERDUE = text(
    f"""
    SELECT f.org_code, max(f.org_name) AS org_name, count(*) FILTER (WHERE {_LATE}) AS late_finished,
           count(*) FILTER (WHERE {_PAST}) AS open_past_due,
           count(*) FILTER (WHERE f.ended_at <= :as_of) AS finished, count(*) AS accepted
    FROM case_file f
    WHERE f.kind = 'case' AND f.accepted_at <= :as_of AND (CAST(:org AS text) IS NULL OR f.org_code = :org)
    GROUP BY f.org_code ORDER BY f.org_code
    """  # noqa: S608
)
_OVERDUE_ROWS = {"late_finished": _LATE, "open_past_due": _PAST}


@dataclass(frozen=True, slots=True)
class At:
    """The instant asked for, and which sources are silent at it (none for the past: what is known now is proven)."""

    as_of: datetime
    stale: tuple[str, ...] = ()

    def values(self) -> dict[str, object]:
        return {"as_of": self.as_of, "stale": list(self.stale)}


@dataclass(frozen=True, slots=True)
class OrgRow:
    """One organisation on the board; `timely` is (on time, all that count) by ST-05, for the running month."""

    org_code: str
    org_name: str
    lights: Mapping[str, int]
    turning: int
    timely: tuple[int, int]

    @property
    def open(self) -> int:
        return sum(self.lights.values())


@dataclass(frozen=True, slots=True)
class Board:
    rows: tuple[OrgRow, ...]
    opened_today: int
    ended_today: int

    @property
    def totals(self) -> Mapping[str, int]:
        """Sums over the rows, never of percentages."""
        found = {light: sum(row.lights.get(light, 0) for row in self.rows) for light in LIGHTS}
        return {**found, "open": sum(found.values()), "turning": sum(row.turning for row in self.rows)}

    @property
    def timely(self) -> tuple[int, int]:
        return sum(row.timely[0] for row in self.rows), sum(row.timely[1] for row in self.rows)


async def board(tx: Tx, at: At, month_start: datetime, day_start: datetime) -> Board:
    """Organisations by lights at one instant, gravest first."""
    lights: dict[str, dict[str, int]] = {}
    names: dict[str, str] = {}
    turning: dict[str, int] = {}
    for row in await tx.execute(_BOARD, at.values()):
        lights.setdefault(row.org_code, {})[row.light] = row.n
        names[row.org_code] = row.org_name or row.org_code
        turning[row.org_code] = turning.get(row.org_code, 0) + row.turning
    timely = {
        row.org_code: (row.on_time, row.done + row.open_over)
        for row in await tx.execute(_TIMELY, {"as_of": at.as_of, "since": month_start})
    }
    today = (await tx.execute(_TODAY, {"since": day_start, "as_of": at.as_of})).one()
    rows = [OrgRow(code, names[code], found, turning[code], timely.get(code, (0, 0))) for code, found in lights.items()]
    rows.sort(key=lambda r: (*(-r.lights.get(light, 0) for light in ("red", "yellow", "grey", "notice")), r.org_name))
    return Board(tuple(rows), today.opened, today.ended)


async def turning(tx: Tx, at: At, limit: int) -> Sequence[Any]:
    """Cases whose light will turn to a card tomorrow if nothing is done today."""
    return (await tx.execute(_TURNING, {**at.values(), "limit": limit})).all()


@dataclass(frozen=True, slots=True)
class CasesWanted:
    """Filters of the list of cases; `turning` = they turn tomorrow, `overdue` = late_finished or open_past_due."""

    org: str | None = None
    light: str | None = None
    item: str | None = None
    turning: bool = False
    overdue: str | None = None


async def cases(tx: Tx, wanted: CasesWanted, at: At, limit: int, after: str | None) -> Sequence[Any]:
    """Cases with their light, by case number."""
    where = [_OVERDUE_ROWS[wanted.overdue] if wanted.overdue else OPEN]
    values: dict[str, object] = {**at.values(), "limit": limit}
    if wanted.turning:
        where.append(f"(f.yellow_on = {_DAY} + 1 OR f.red_on = {_DAY} + 1)")
    for column, value in (("org_code", wanted.org), ("item_code", wanted.item)):
        if value is not None:
            where.append(f"f.{column} = :{column}")
            values[column] = value
    outer = ["TRUE"]
    if wanted.light is not None:
        outer.append("f.light = :light")
        values["light"] = wanted.light
    if after is not None:
        outer.append("f.case_no > :after")
        values["after"] = after
    sql = _CASES.format(where=" AND ".join(where)) + f" WHERE {' AND '.join(outer)} ORDER BY f.case_no LIMIT :limit"
    return (await tx.execute(text(sql), values)).all()


async def overdue(tx: Tx, as_of: datetime, org: str | None) -> Sequence[Any]:
    """By organisation: finished late, open and past due, finished, accepted; as of any instant."""
    return (await tx.execute(_OVERDUE, {"as_of": as_of, "org": org})).all()


@dataclass(frozen=True, slots=True)
class CardsWanted:
    """Filters of the list of cards; `as_of` answers from the cards' history."""

    severity: str | None = None
    state: str | None = None
    org: str | None = None
    rule: str | None = None
    case_no: str | None = None
    as_of: datetime | None = None
    live: bool = False


_CARD_ROWS = (
    "SELECT c.card_id, c.issued_at, c.body, {state} AS state FROM card c {join} WHERE {where}"
    " ORDER BY c.issued_at DESC, c.card_id DESC LIMIT :limit"
)
_STATE_THEN = (
    "JOIN LATERAL (SELECT e.state FROM card_entry e WHERE e.card_id = c.card_id AND e.at <= :as_of"
    " ORDER BY e.at DESC, e.seq DESC LIMIT 1) AS past ON TRUE"
)
_LIVE_STATES = "('issued', 'signed', 'replied', 'kept', 'appealed', 'upheld', 'rectified')"


async def cards(
    tx: Tx, wanted: CardsWanted, limit: int, after: tuple[datetime, str] | None
) -> Sequence[tuple[Any, str]]:
    """(body, state) of cards, newest first."""
    state = "past.state" if wanted.as_of else "c.state"
    where = ["TRUE"]
    values: dict[str, object] = {"limit": limit, "as_of": wanted.as_of}
    for column, name, value in (
        ("c.severity", "severity", wanted.severity),
        (state, "state", wanted.state),
        ("c.org_code", "org", wanted.org),
        ("c.rule_id", "rule", wanted.rule),
        ("c.case_no", "case_no", wanted.case_no),
    ):
        if value is not None:
            where.append(f"{column} = :{name}")
            values[name] = value
    if wanted.live:
        where.append(f"{state} IN {_LIVE_STATES}")
    if after is not None:
        where.append("(c.issued_at, c.card_id) < (:after_at, :after_id)")
        values |= {"after_at": after[0], "after_id": after[1]}
    join = _STATE_THEN if wanted.as_of else ""
    if not wanted.as_of:
        del values["as_of"]
    sql = _CARD_ROWS.format(state=state, join=join, where=" AND ".join(where))
    return [(row.body, row.state) for row in await tx.execute(text(sql), values)]


_CARD = text("SELECT body FROM card WHERE card_id = :card_id")
_ENTRIES = text("SELECT at, act, state, by, note FROM card_entry WHERE card_id = :card_id ORDER BY seq")
_COUNTS = text(
    f"SELECT severity, count(*) AS n FROM card WHERE state IN {_LIVE_STATES} GROUP BY severity"  # noqa: S608
)


async def card(tx: Tx, card_id: str) -> tuple[Any, Sequence[Any]] | None:
    """A card's body and its history."""
    body = (await tx.execute(_CARD, {"card_id": card_id})).scalar_one_or_none()
    return (body, (await tx.execute(_ENTRIES, {"card_id": card_id})).all()) if body is not None else None


async def live_counts(tx: Tx) -> Mapping[str, int]:
    """Live cards by severity."""
    return {row.severity: row.n for row in await tx.execute(_COUNTS)}


def month_of(day: date) -> date:
    return day.replace(day=1)
