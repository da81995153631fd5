"""Organisations by month: the hits of their cases and the counts of their completions, and when they are looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import text

from libs.common.runtime.database import Tx
from services.monitoring.domain.month import MonthHit, OrgMonth, org_file
from services.monitoring.ports import FileRow

_FORGET = text(
    """
    DELETE FROM hit WHERE case_no = ANY(:cases) AND NOT EXISTS (
        SELECT 1 FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r (case_no text, rule_id text, occurrence text)
        WHERE r.case_no = hit.case_no AND r.rule_id = hit.rule_id AND r.occurrence = hit.occurrence)
    RETURNING org_code, month
    """
)
_REMEMBER = text(
    """
    INSERT INTO hit (case_no, rule_id, occurrence, org_code, month, severity, grouping, became_true_at, evidence)
    SELECT r.case_no, r.rule_id, r.occurrence, r.org_code, r.month, r.severity, r.grouping, r.became_true_at,
           ARRAY(SELECT jsonb_array_elements_text(r.evidence))
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r (case_no text, rule_id text, occurrence text, org_code text,
        month date, severity text, grouping text, became_true_at timestamptz, evidence jsonb)
    ON CONFLICT (case_no, rule_id, occurrence) DO UPDATE SET severity = EXCLUDED.severity, org_code = EXCLUDED.org_code,
        month = EXCLUDED.month, became_true_at = EXCLUDED.became_true_at
    WHERE (hit.severity, hit.org_code, hit.month, hit.became_true_at)
        IS DISTINCT FROM (EXCLUDED.severity, EXCLUDED.org_code, EXCLUDED.month, EXCLUDED.became_true_at)
    RETURNING org_code, month
    """
)
_LOOK = text(
    """
    INSERT INTO due (line, subject, kind, due_at)
    SELECT 'cases', r.subject, r.kind, r.due_at
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r (subject text, kind text, due_at timestamptz)
    ORDER BY r.subject ON CONFLICT (line, subject, kind) DO NOTHING
    """
)
_HITS = text(
    "SELECT case_no, rule_id, occurrence, severity, became_true_at, evidence, grouping FROM hit"
    " WHERE org_code = :org AND month = :month ORDER BY became_true_at, case_no"
)
_COUNTS = text(
    """
    SELECT count(*) AS completions,
           count(*) FILTER (WHERE result IN ('returned', 'voided', 'deleted', 'lapsed')) AS odd_ends,
           count(*) FILTER (WHERE first_heard_at > ended_at) AS reported_late,
           max(org_name) AS org_name, max(region_code) AS region_code
    FROM case_file WHERE org_code = :org AND kind = 'case' AND ended_at >= :start AND ended_at < :stop
    """
)
_REDS = text(
    "SELECT card_id, became_true_at FROM card WHERE org_code = :org AND severity = 'red' AND rule_id <> 'S73'"
    " AND state NOT IN ('revoked', 'pending', 'dropped', 'superseded')"
    " AND became_true_at >= :start AND became_true_at < :stop ORDER BY became_true_at, card_id"
)


async def keep_hits(tx: Tx, rows: Sequence[FileRow], now: datetime, settle: timedelta) -> None:
    """Replaces the hits of the judged files; months whose hits changed are looked at when all may have come in, and
    every
    month with a completion when it has ended."""
    files = [row for row in rows if row.file.kind != "org"]
    hits = [_row(row, hit) for row in files for hit in row.hits]
    values = {"cases": [row.file.case_no for row in files], "rows": msgspec.json.encode(hits).decode()}
    changed = [*(await tx.execute(_FORGET, values)), *(await tx.execute(_REMEMBER, values) if hits else ())]
    looks = {org_file(row.org_code, row.month): ("hits", now + settle) for row in changed}
    found: list[dict[str, Any]] = [
        {"subject": subject, "kind": kind, "due_at": at} for subject, (kind, at) in looks.items()
    ]
    ends = {
        (row.proceeding.org_code, row.proceeding.ended_on.replace(day=1), row.proceeding.zone)
        for row in files
        if row.proceeding is not None and row.proceeding.ended_on is not None and row.file.kind == "case"
    }
    for org, first_on, zone in sorted(ends, key=lambda e: (e[0], e[1])):
        ends_at = OrgMonth(org, org, "", first_on, zone).ends_at
        found.append({"subject": org_file(org, first_on), "kind": "month", "due_at": max(ends_at, now) + settle})
    if found:
        await tx.execute(_LOOK, {"rows": msgspec.json.encode(found).decode()})


def _row(row: FileRow, hit: MonthHit) -> dict[str, Any]:
    assert row.proceeding is not None, "only a file that was read has hits"
    return {
        "case_no": hit.case_no,
        "rule_id": hit.rule_id,
        "occurrence": hit.occurrence,
        "org_code": row.proceeding.org_code,
        "month": hit.became_true_at.astimezone(row.proceeding.zone).date().replace(day=1),
        "severity": hit.severity,
        "grouping": hit.grouping,
        "became_true_at": hit.became_true_at,
        "evidence": list(hit.evidence),
    }


async def months(tx: Tx, keys: Sequence[str], zone: ZoneInfo) -> Mapping[str, OrgMonth]:
    """What the files say of the months named `org/<code>/<yyyy-mm>`."""
    found = {}
    for key in keys:
        _, _, rest = key.partition("/")
        org, slash, text_of_month = rest.rpartition("/")
        if not key.startswith("org/") or not slash:
            continue
        found[key] = await _month(tx, org, date.fromisoformat(f"{text_of_month}-01"), zone)
    return found


async def _month(tx: Tx, org: str, first_on: date, zone: ZoneInfo) -> OrgMonth:
    bare = OrgMonth(org, org, "", first_on, zone)
    start = datetime.combine(first_on, datetime.min.time(), zone)
    counts = (await tx.execute(_COUNTS, {"org": org, "start": start, "stop": bare.ends_at})).one()
    quarter_on = first_on.replace(month=3 * ((first_on.month - 1) // 3) + 1)
    quarter = datetime.combine(quarter_on, datetime.min.time(), zone)
    reds = await tx.execute(_REDS, {"org": org, "start": quarter, "stop": bare.ends_at})
    hits = await tx.execute(_HITS, {"org": org, "month": first_on})
    return OrgMonth(
        org_code=org,
        org_name=counts.org_name or org,
        region_code=counts.region_code or "",
        first_on=first_on,
        zone=zone,
        hits=tuple(
            MonthHit(h.case_no, h.rule_id, h.occurrence, h.severity, h.became_true_at, tuple(h.evidence), h.grouping)
            for h in hits
        ),
        completions=counts.completions,
        odd_ends=counts.odd_ends,
        reported_late=counts.reported_late,
        reds=tuple((row.card_id, row.became_true_at) for row in reds),
    )
