"""How far the worker has come with a topic, and whose claims wait for it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text

from libs.common.runtime.database import Tx

_NOTE = text(
    "INSERT INTO progress (topic, processed_up_to) VALUES (:topic, :up_to) ON CONFLICT (topic)"
    " DO UPDATE SET processed_up_to = GREATEST(progress.processed_up_to, EXCLUDED.processed_up_to)"
)
_READ = text("SELECT min(processed_up_to) FROM progress")
# Sources whose claims may be proven now are looked at.
_WAKE = text(
    "INSERT INTO due (line, subject, kind, due_at)"
    " SELECT 'sources', source, 'claim', :now FROM source WHERE claims <> '[]' ORDER BY source"
    " ON CONFLICT (line, subject, kind) DO UPDATE SET due_at = EXCLUDED.due_at, waits_for = NULL"
)


async def note_progress(tx: Tx, topic: str, up_to: datetime) -> None:
    """Everything on the topic up to this wall instant has had its effect; claims that waited for it are looked at."""
    await tx.execute(_NOTE, {"topic": topic, "up_to": up_to})
    await tx.execute(_WAKE, {"now": up_to})


async def processed_up_to(tx: Tx) -> datetime | None:
    """The wall instant up to which everything is processed; None while nobody has measured it."""
    found: datetime | None = (await tx.execute(_READ)).scalar_one_or_none()
    return found
