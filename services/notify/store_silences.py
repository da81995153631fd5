"""Silences in the database: read by every flush, changed by people and by `amtool`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import text

from libs.common.runtime.database import Tx
from services.notify.domain.matchers import Matcher
from services.notify.domain.silences import Silence

_OPEN = text("SELECT * FROM silence WHERE ends_at > :now ORDER BY ends_at, silence_id")
_ALL = text("SELECT * FROM silence WHERE ends_at > :since ORDER BY ends_at DESC, silence_id LIMIT 500")
_ONE = text("SELECT * FROM silence WHERE silence_id = :id")
_LOCKED = text("SELECT * FROM silence WHERE silence_id = :id FOR UPDATE")
_SAVE = text(
    """
    INSERT INTO silence (silence_id, matchers, starts_at, ends_at, created_by, comment, updated_at)
    VALUES (:silence_id, CAST(:matchers AS jsonb), :starts_at, :ends_at, :created_by, :comment, :updated_at)
    ON CONFLICT (silence_id) DO UPDATE SET matchers = EXCLUDED.matchers, starts_at = EXCLUDED.starts_at,
        ends_at = EXCLUDED.ends_at, created_by = EXCLUDED.created_by, comment = EXCLUDED.comment,
        updated_at = EXCLUDED.updated_at
    """
)


async def open_silences(tx: Tx, now: datetime) -> tuple[Silence, ...]:
    """Silences that are active or still to come (wall clock)."""
    return tuple(_silence(row) for row in await tx.execute(_OPEN, {"now": now}))


async def silences_since(tx: Tx, since: datetime) -> list[Silence]:
    """Silences that ended after `since`, or have not ended; at most 500, the latest end first."""
    return [_silence(row) for row in await tx.execute(_ALL, {"since": since})]


async def one_silence(tx: Tx, silence_id: str, *, lock: bool = False) -> Silence | None:
    """One silence; `lock` for a change."""
    row = (await tx.execute(_LOCKED if lock else _ONE, {"id": silence_id})).first()
    return None if row is None else _silence(row)


async def save_silences(tx: Tx, silences: Sequence[Silence]) -> None:
    """Writes silences."""
    for silence in silences:
        values = {name: getattr(silence, name) for name in Silence.__dataclass_fields__}
        values["matchers"] = orjson.dumps([asdict(matcher) for matcher in silence.matchers]).decode()
        await tx.execute(_SAVE, values)


def _silence(row: Any) -> Silence:
    matchers = tuple(Matcher(m["name"], m["op"], m["value"]) for m in row.matchers)
    return Silence(row.silence_id, matchers, row.starts_at, row.ends_at, row.created_by, row.comment, row.updated_at)
