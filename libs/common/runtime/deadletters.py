"""Letters: what could not be understood or done, kept whole in the consumer's own schema until a person settles it.

`parked` is the letter itself, `behind` an event that waits behind a parked one of its key; `replayed` and `discarded`
are settled. Nothing is ever dropped (decision 18).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import msgspec
from sqlalchemy import Row, text

from libs.common.kernel.errors import Problem
from libs.common.runtime.database import Tx, stage_rows

State = Literal["parked", "behind", "replayed", "discarded"]
COLUMNS = (
    "line", "topic", "partition", "offset", "key", "stored_at", "raw", "headers", "code", "problems", "attempts",
    "state", "parked_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Record:
    """A Kafka record as it came, whatever it holds."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    raw: bytes | None
    headers: tuple[tuple[str, bytes], ...]
    stored_at: datetime


@dataclass(frozen=True, slots=True)
class NewLetter:
    """A record to be parked, with the reason; `line` is empty when no line could be named."""

    record: Record
    line: str
    key: str | None
    problems: tuple[Problem, ...]
    attempts: int = 1
    state: Literal["parked", "behind"] = "parked"


@dataclass(frozen=True, slots=True)
class Letter:
    """A stored letter."""

    id: int
    line: str
    key: str | None
    record: Record
    code: str
    problems: tuple[Problem, ...]
    attempts: int
    state: State
    reason: str | None
    by: str | None
    parked_at: datetime
    settled_at: datetime | None


_OPEN = text(
    """
    SELECT line, key FROM dead_letter
    WHERE state IN ('parked', 'behind') AND key = ANY(:keys) ORDER BY id FOR SHARE
    """
)
_ANY_OPEN = text("SELECT EXISTS (SELECT 1 FROM dead_letter WHERE state IN ('parked', 'behind') AND key IS NOT NULL)")
_SELECT = """
    SELECT id, line, key, topic, partition, "offset", stored_at, raw, headers, code, problems, attempts, state, reason,
           by, parked_at, settled_at FROM dead_letter
"""
_PAGE = text(
    _SELECT + " WHERE state = ANY(:states) AND id > :after AND (CAST(:key AS text) IS NULL OR key = :key)"
    " ORDER BY id LIMIT :limit"
)
_ONE = text(_SELECT + " WHERE id = :id")
_LOCK_KEY = text(
    _SELECT + " WHERE state IN ('parked', 'behind') AND (line = :line OR line = '' OR :line = '')"
    " AND key IS NOT DISTINCT FROM :key"
    " AND (key IS NOT NULL OR id = :id) ORDER BY id FOR UPDATE"
)
_SETTLE = text(
    "UPDATE dead_letter SET state = :state, reason = :reason, by = :by, settled_at = :now, attempts = attempts + :tries"
    " WHERE id = :id"
)
_FAIL = text(
    "UPDATE dead_letter SET state = 'parked', code = :code, problems = CAST(:problems AS jsonb),"
    " attempts = attempts + 1 WHERE id = :id"
)
_COUNT = text("SELECT state, count(*) AS letters FROM dead_letter WHERE state IN ('parked', 'behind') GROUP BY state")
_NAMES = ", ".join(f'"{c}"' for c in COLUMNS)
_PARK = text(
    f"INSERT INTO dead_letter ({_NAMES}) SELECT {_NAMES} FROM staged_dead_letter "  # noqa: S608 - constants above
    'ORDER BY topic, partition, "offset" ON CONFLICT (topic, partition, "offset") DO NOTHING'
)


def printable(value: bytes) -> str:
    """Bytes as text that any column and JSON can hold: what is no UTF-8 and NUL are written as escapes."""
    return value.decode("utf-8", "backslashreplace").replace("\x00", "\\x00")


async def park(tx: Tx, letters: Sequence[NewLetter], now: datetime) -> None:
    """Write letters in their order; a record that is parked already stays as it is. `now` is a wall instant."""
    if not letters:
        return
    rows = [
        (
            n.line, n.record.topic, n.record.partition, n.record.offset, n.key, n.record.stored_at, n.record.raw,
            _json([(name, printable(value)) for name, value in n.record.headers]),
            n.problems[0].code, _json(n.problems), n.attempts, n.state, now,
        )
        for n in letters
    ]  # fmt: skip
    await stage_rows(tx, "dead_letter", COLUMNS, rows)
    await tx.execute(_PARK)


async def open_keys(tx: Tx, keys: Sequence[str]) -> Mapping[str, frozenset[str]]:
    """Which of `keys` have open letters: line → keys; the line `''` stands for all (bytes that name no line).

    The letters are locked against being settled until the caller's transaction ends, so that an event can never be
    put behind a letter that has just been released.
    """
    if not keys or not (await tx.execute(_ANY_OPEN)).scalar_one():
        return {}
    found: dict[str, set[str]] = {}
    for line, key in await tx.execute(_OPEN, {"keys": list(keys)}):
        found.setdefault(line, set()).add(key)
    return {line: frozenset(those) for line, those in found.items()}


async def page(
    tx: Tx, states: Sequence[State] = ("parked", "behind"), *, after: int = 0, key: str | None = None, limit: int = 50
) -> list[Letter]:
    """Letters in order of parking, behind the id `after`."""
    values = {"states": list(states), "after": after, "key": key, "limit": limit}
    return [_letter(row) for row in await tx.execute(_PAGE, values)]


async def one(tx: Tx, id_: int) -> Letter | None:
    """One letter, or None."""
    row = (await tx.execute(_ONE, {"id": id_})).one_or_none()
    return _letter(row) if row is not None else None


async def lock_key(tx: Tx, letter: Letter) -> list[Letter]:
    """The open letters of the same line and key, in order, locked; just the letter itself when it has no key.

    What could not be read belongs to no line, and facts of every line wait behind it.
    """
    values = {"line": letter.line, "key": letter.key, "id": letter.id}
    return [_letter(row) for row in await tx.execute(_LOCK_KEY, values)]


async def settle(
    tx: Tx, letter: Letter, state: Literal["replayed", "discarded"], *, by: str, reason: str | None, now: datetime
) -> None:
    """Close a letter; a discard needs a reason (the table refuses one without)."""
    tries = 1 if state == "replayed" else 0
    await tx.execute(_SETTLE, {"id": letter.id, "state": state, "by": by, "reason": reason, "now": now, "tries": tries})


async def fail(tx: Tx, letter: Letter, problems: Sequence[Problem]) -> None:
    """A replay did not work: the letter is (again) parked, with the new reason."""
    await tx.execute(_FAIL, {"id": letter.id, "code": problems[0].code, "problems": _json(problems)})


async def count(tx: Tx) -> tuple[int, int]:
    """How many letters are parked and how many wait behind them."""
    found: dict[str, int] = {row.state: row.letters for row in await tx.execute(_COUNT)}
    return found.get("parked", 0), found.get("behind", 0)


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _letter(row: Row[tuple[object, ...]]) -> Letter:
    r = row._mapping
    record = Record(
        r["topic"], r["partition"], r["offset"], r["key"].encode() if r["key"] is not None else None, r["raw"],
        tuple((name, value.encode()) for name, value in r["headers"]), r["stored_at"],
    )  # fmt: skip
    problems = msgspec.convert(r["problems"], tuple[Problem, ...])
    return Letter(
        r["id"], r["line"], r["key"], record, r["code"], problems, r["attempts"], r["state"], r["reason"], r["by"],
        r["parked_at"], r["settled_at"],
    )  # fmt: skip
