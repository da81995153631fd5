"""Alerts in the database, ours and those of others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import text

from libs.common.runtime.database import Tx
from services.notify.domain.grouping import Alert

FIRES = "(a.ends_at IS NULL AND (a.expires_at IS NULL OR a.expires_at > :wall))"
COLUMNS = """
    a.fingerprint, a.labels, a.annotations, a.starts_at, a.ends_at, a.expires_at, a.generator_url, a.timeout,
    a.traceparent
"""
_ALERTS = text("SELECT * FROM alert WHERE fingerprint = ANY(:keys) ORDER BY fingerprint FOR UPDATE")
_SAVE = text(
    """
    INSERT INTO alert (fingerprint, labels, annotations, starts_at, ends_at, expires_at, generator_url, timeout,
        traceparent, case_no, org_code, updated_at)
    SELECT r.fingerprint, r.labels, r.annotations, r.starts_at, r.ends_at, r.expires_at, r.generator_url, r.timeout,
           r.traceparent, r.labels ->> 'case_no', r.labels ->> 'org_code', :now
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r (fingerprint text, labels jsonb, annotations jsonb,
        starts_at timestamptz, ends_at timestamptz, expires_at timestamptz, generator_url text, timeout boolean,
        traceparent text)
    ORDER BY r.fingerprint
    ON CONFLICT (fingerprint) DO UPDATE SET labels = EXCLUDED.labels, annotations = EXCLUDED.annotations,
        starts_at = EXCLUDED.starts_at, ends_at = EXCLUDED.ends_at, expires_at = EXCLUDED.expires_at,
        generator_url = EXCLUDED.generator_url, timeout = EXCLUDED.timeout, traceparent = EXCLUDED.traceparent,
        updated_at = EXCLUDED.updated_at
    """
)
_FIRING = text(f"SELECT labels FROM alert AS a WHERE {FIRES}")  # noqa: S608 - a constant of ours
# Alerts of others that are long over and in no group are forgotten; our own findings stay as the cases' history.
_FORGET = text(
    """
    DELETE FROM alert AS a WHERE a.expires_at < :before
      AND NOT EXISTS (SELECT 1 FROM alert_group_member AS m WHERE m.fingerprint = a.fingerprint)
    """
)


async def locked_alerts(tx: Tx, keys: Sequence[str]) -> Mapping[str, Alert]:
    """The known alerts of `keys`, locked in one order."""
    return {row.fingerprint: alert_of(row) for row in await tx.execute(_ALERTS, {"keys": list(keys)})}


async def save_alerts(tx: Tx, alerts: Sequence[Alert], now: datetime) -> None:
    """Writes alerts; `now` is the wall clock."""
    if alerts:
        rows = orjson.dumps([asdict(alert) for alert in alerts]).decode()
        await tx.execute(_SAVE, {"rows": rows, "now": now})


async def firing_labels(tx: Tx, wall: datetime) -> list[Mapping[str, str]]:
    """The labels of everything that fires, for rules of inhibition."""
    return [row.labels for row in await tx.execute(_FIRING, {"wall": wall})]


async def forget_alerts(tx: Tx, before: datetime) -> None:
    """Drops alerts of others that ended before the wall instant `before`."""
    await tx.execute(_FORGET, {"before": before})


def alert_of(row: Any) -> Alert:
    """An alert of a row with `COLUMNS`."""
    return Alert(
        row.fingerprint,
        row.labels,
        row.annotations,
        row.starts_at,
        row.ends_at,
        row.expires_at,
        row.generator_url,
        row.timeout,
        row.traceparent,
    )
