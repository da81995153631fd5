"""The table `due`: the moments at which subjects are looked at again (`kernel.spine.Look`), and who sleeps for what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from libs.common.kernel.spine import Look, Release
from libs.common.runtime.database import Tx

_FORGET = text(
    """
    DELETE FROM due AS d
    WHERE d.line = :line AND d.subject = ANY(:subjects)
      AND NOT EXISTS (
        SELECT 1 FROM unnest(CAST(:keep_subjects AS text[]), CAST(:keep_kinds AS text[])) AS n (subject, kind)
        WHERE n.subject = d.subject AND n.kind = d.kind
      )
    """
)
_REMEMBER = text(
    """
    INSERT INTO due (line, subject, kind, due_at, waits_for)
    SELECT :line, n.subject, n.kind, n.due_at, n.waits_for
    FROM unnest(CAST(:subjects AS text[]), CAST(:kinds AS text[]), CAST(:due_at AS timestamptz[]),
                CAST(:waits_for AS text[])) AS n (subject, kind, due_at, waits_for)
    ON CONFLICT (line, subject, kind) DO UPDATE SET due_at = EXCLUDED.due_at, waits_for = EXCLUDED.waits_for
    WHERE (due.due_at, due.waits_for) IS DISTINCT FROM (EXCLUDED.due_at, EXCLUDED.waits_for)
    """
)
_DROP_FIRED = text(
    """
    DELETE FROM due AS d
    USING unnest(CAST(:subjects AS text[]), CAST(:kinds AS text[])) AS n (subject, kind)
    WHERE d.line = :line AND d.subject = n.subject AND d.kind = n.kind
    """
)
# Rows are locked in one order, so that two batches that wake the same sleepers do not wait for each other in a ring.
_WAKE = text(
    """
    UPDATE due SET waits_for = NULL
    FROM (
        SELECT d.line, d.subject, d.kind FROM due AS d
        JOIN unnest(CAST(:waits_for AS text[]), CAST(:up_to AS timestamptz[])) AS r (waits_for, up_to)
          ON d.waits_for = r.waits_for AND d.due_at <= r.up_to
        ORDER BY d.line, d.subject, d.kind FOR UPDATE OF d
    ) AS w
    WHERE due.line = w.line AND due.subject = w.subject AND due.kind = w.kind
    """
)
_DUE = text(
    """
    SELECT subject, kind FROM due
    WHERE line = :line AND waits_for IS NULL AND due_at <= :now AND NOT subject = ANY(:aside)
    ORDER BY due_at, subject, kind LIMIT :limit
    """
)
_LINES_DUE = text(
    """
    SELECT n.line FROM unnest(CAST(:lines AS text[]), CAST(:nows AS timestamptz[])) AS n (line, now)
    WHERE EXISTS (SELECT 1 FROM due AS d WHERE d.line = n.line AND d.waits_for IS NULL AND d.due_at <= n.now)
    """
)
_CLAIM = text(
    """
    SELECT d.subject, d.kind FROM due AS d
    JOIN unnest(CAST(:subjects AS text[]), CAST(:kinds AS text[])) AS n (subject, kind)
      ON d.subject = n.subject AND d.kind = n.kind
    WHERE d.line = :line AND d.waits_for IS NULL AND d.due_at <= :now
    ORDER BY d.due_at, d.subject, d.kind FOR UPDATE OF d SKIP LOCKED
    """
)
_STATE = text(
    """
    SELECT (SELECT count(*) FROM due WHERE line = :line AND waits_for IS NULL AND due_at <= :now),
           (SELECT due_at FROM due WHERE line = :line AND waits_for IS NULL ORDER BY due_at LIMIT 1)
    """
)


@dataclass(frozen=True, slots=True)
class DueState:
    """What a line's due table holds.

    Args:
        due: rows whose moment is there and that wait for nobody.
        next_at: the earliest moment of a row that waits for nobody (it may be past); None = none.
    """

    due: int
    next_at: datetime | None


async def replace_looks(
    tx: Tx, line: str, looks: Mapping[str, Sequence[Look]], fired: Sequence[tuple[str, str]] = ()
) -> None:
    """Make `looks` the complete set of each subject named in it; a fired look of an unnamed subject goes away."""
    gone = [(subject, kind) for subject, kind in fired if subject not in looks]
    if gone:
        await tx.execute(_DROP_FIRED, {"line": line, "subjects": [s for s, _ in gone], "kinds": [k for _, k in gone]})
    if not looks:
        return
    rows = {(subject, look.kind): look for subject, those in looks.items() for look in those}
    subjects, kinds = [s for s, _ in rows], [k for _, k in rows]
    forget = {"line": line, "subjects": list(looks), "keep_subjects": subjects, "keep_kinds": kinds}
    await tx.execute(_FORGET, forget)
    if rows:
        values = {
            "line": line,
            "subjects": subjects,
            "kinds": kinds,
            "due_at": [look.due_at for look in rows.values()],
            "waits_for": [look.waits_for for look in rows.values()],
        }
        await tx.execute(_REMEMBER, values)


async def wake(tx: Tx, releases: Sequence[Release]) -> None:
    """Wake the sleepers of `releases`: whose key it is and whose moment is at or before `up_to`."""
    if releases:
        keys = {"waits_for": [r.waits_for for r in releases], "up_to": [r.up_to for r in releases]}
        await tx.execute(_WAKE, keys)


async def come_due(tx: Tx, line: str, now: datetime, limit: int, aside: Sequence[str] = ()) -> list[tuple[str, str]]:
    """(subject, kind) of the earliest looks whose moment is there, but for subjects `aside`; nothing is locked yet."""
    rows = await tx.execute(_DUE, {"line": line, "now": now, "limit": limit, "aside": list(aside)})
    return [(subject, kind) for subject, kind in rows]


async def lines_due(tx: Tx, nows: Mapping[str, datetime]) -> frozenset[str]:
    """Of these lines, each with the instant of its clock, those that have looks whose moment is there."""
    rows = await tx.execute(_LINES_DUE, {"lines": list(nows), "nows": list(nows.values())})
    return frozenset(line for (line,) in rows)


async def claim(tx: Tx, line: str, now: datetime, looks: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Those of `looks` that are still due, locked; rows that another worker holds are left out."""
    values = {"line": line, "now": now, "subjects": [s for s, _ in looks], "kinds": [k for _, k in looks]}
    return [(subject, kind) for subject, kind in await tx.execute(_CLAIM, values)]


async def due_state(tx: Tx, line: str, now: datetime) -> DueState:
    """How a line's looks stand at `now`, an instant of the line's clock."""
    due, next_at = (await tx.execute(_STATE, {"line": line, "now": now})).one()
    return DueState(due, next_at)
