"""What statistics and scores read: cases of a period, cards by month of issue, and the recount from the raw events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import text

from libs.common.runtime.database import Tx
from services.monitoring.case_rows import case_row
from services.monitoring.domain.cards import Card
from services.monitoring.domain.scores import Volume
from services.monitoring.domain.statistics import CaseRow
from services.monitoring.judging import reading_of
from services.monitoring.store.files import CaseFiles, read_card
from services.monitoring.store.office import OfficeStore

_COLUMNS = (
    "case_no, org_code, item_code, case_kind, submit_channel, service_level, service_point, by_proxy, opened_at,"
    " accepted_at, accepted_on, ended_at, ended_on, result, COALESCE(promise_due_on, legal_due_on) AS due_on,"
    " used_days, promise_days, legal_days, grade, is_default_grade"
)
_ROWS = text(
    f"""
    SELECT {_COLUMNS} FROM case_file
    WHERE kind = 'case' AND opened_at < :stop AND (ended_at IS NULL OR ended_at >= :start)
      AND (CAST(:org AS text) IS NULL OR org_code = :org)
    ORDER BY case_no
    """  # noqa: S608 - the columns are ours
)
_NAMES = text("SELECT org_code, max(org_name) AS org_name FROM case_file WHERE org_code IS NOT NULL GROUP BY org_code")
_CARDS = text(
    """
    SELECT org_code, severity,
           count(*) FILTER (WHERE issued_at >= :start AND issued_at < :stop) AS issued,
           count(*) FILTER (WHERE state = 'revoked' AND changed_at >= :start AND changed_at < :stop) AS revoked,
           count(*) FILTER (WHERE issued_at >= :start AND issued_at < :stop
               AND state NOT IN ('revoked', 'pending', 'dropped', 'superseded')) AS live,
           count(*) FILTER (WHERE (body ->> 'reply_due_on')::date >= :first_on
               AND (body ->> 'reply_due_on')::date < :last_on) AS reply_due,
           count(*) FILTER (WHERE (body ->> 'reply_due_on')::date >= :first_on
               AND (body ->> 'reply_due_on')::date < :last_on AND (body ->> 'replied_at') IS NOT NULL
               AND ((body ->> 'replied_at')::timestamptz AT TIME ZONE 'Asia/Shanghai')::date
                   <= (body ->> 'reply_due_on')::date) AS replied,
           count(*) FILTER (WHERE (body ->> 'was_appealed')::boolean AND issued_at >= :start AND issued_at < :stop)
               AS appealed,
           count(*) FILTER (WHERE (body ->> 'was_appealed')::boolean AND state = 'revoked' AND issued_at >= :start
               AND issued_at < :stop) AS appeal_upheld
    FROM card WHERE (CAST(:org AS text) IS NULL OR org_code = :org)
    GROUP BY org_code, severity
    """
)
ISSUED = text(
    "SELECT org_code, body FROM card WHERE issued_at >= :start AND issued_at < :stop"
    " AND (CAST(:org AS text) IS NULL OR org_code = :org) ORDER BY issued_at, card_id"
)
_DONE = text(
    """
    SELECT f.org_code, f.case_no, f.ended_at,
           EXISTS (SELECT 1 FROM card c WHERE c.case_no = f.case_no AND c.severity = 'notice'
                   AND c.state <> 'revoked') AS had_notice,
           f.promise_days IS NOT NULL AND f.used_days IS NOT NULL AS promised,
           COALESCE(f.used_days <= f.promise_days - 1, false) AS early,
           EXISTS (SELECT 1 FROM hit h WHERE h.case_no = f.case_no AND h.rule_id = 'S66') AS incomplete
    FROM case_file f
    WHERE f.kind = 'case' AND f.ended_at >= :start AND f.ended_at < :stop
      AND (CAST(:org AS text) IS NULL OR f.org_code = :org)
    ORDER BY f.ended_at, f.case_no
    """
)
PAGE = 500


@dataclass(slots=True)
class OrgMaterial:
    """What a score of one organisation is made of."""

    cards: list[Card] = field(default_factory=list)
    walk: list[tuple[datetime, str, bool]] = field(default_factory=list)
    completions: int = 0
    incomplete: int = 0
    promised: int = 0
    early: int = 0

    def volume(self, legal_days: int, promise_days: int) -> Volume:
        """The month's volume with the sums of the items in force."""
        return Volume(self.completions, self.incomplete, self.promised, self.early, legal_days, promise_days)


async def case_rows(tx: Tx, start: datetime, stop: datetime, org: str | None) -> list[CaseRow]:
    """Cases that were open or ended in a period, from the columns that the worker keeps."""
    return [_row(row) for row in await tx.execute(_ROWS, {"start": start, "stop": stop, "org": org})]


async def org_names(tx: Tx) -> Mapping[str, str]:
    """Names of organisations by code."""
    return {row.org_code: row.org_name for row in await tx.execute(_NAMES)}


async def card_counts(tx: Tx, start: datetime, stop: datetime, org: str | None) -> Sequence[Any]:
    """Cards on both axes (ST-23), feedback (ST-24) and appeals (ST-25), by organisation and severity."""
    values = {"start": start, "stop": stop, "org": org, "first_on": start.date(), "last_on": stop.date()}
    return (await tx.execute(_CARDS, values)).all()


async def score_material(tx: Tx, start: datetime, stop: datetime, org: str | None) -> Mapping[str, OrgMaterial]:
    """Cards and completions of a month, by organisation."""
    values = {"start": start, "stop": stop, "org": org}
    found: dict[str, OrgMaterial] = {}
    for row in await tx.execute(ISSUED, values):
        card = read_card(row.body)
        own = found.setdefault(row.org_code, OrgMaterial())
        own.cards.append(card)
        if card.severity == "notice" and card.state != "revoked":
            own.walk.append((card.issued_at, card.card_id, True))
    for row in await tx.execute(_DONE, values):
        own = found.setdefault(row.org_code, OrgMaterial())
        own.completions += 1
        own.promised += row.promised
        own.early += row.early
        own.incomplete += row.incomplete
        if not row.had_notice:
            own.walk.append((row.ended_at, row.case_no, False))
    for own in found.values():
        own.walk.sort(key=lambda step: (step[0], step[1]))
    return found


async def recount(tx: Tx, files: CaseFiles, office: OfficeStore, after: str = "") -> tuple[list[CaseRow], str]:
    """A page of cases read again from their raw events, with the number after which the next page begins."""
    page = await files.page(tx, after, PAGE)
    around = await office.office(tx, cases=[file.case_no for file in page])
    found = [case_row(*reading) for file in page if file.kind == "case" and (reading := reading_of(file, around))]
    return found, page[-1].case_no if page else ""


def _row(row: Any) -> CaseRow:
    return CaseRow(
        case_no=row.case_no,
        org=row.org_code,
        item=row.item_code or "",
        kind=row.case_kind or "",
        channel=row.submit_channel or "",
        level=row.service_level or "",
        service_point=row.service_point or "",
        is_proxy=bool(row.by_proxy),
        opened_at=row.opened_at,
        accepted_at=row.accepted_at,
        accepted_on=row.accepted_on,
        ended_at=row.ended_at,
        ended_on=row.ended_on,
        result=row.result,
        due_on=row.due_on,
        used_days=row.used_days,
        promise_days=row.promise_days,
        legal_days=row.legal_days,
        grade=row.grade,
        is_default=bool(row.is_default_grade),
    )
