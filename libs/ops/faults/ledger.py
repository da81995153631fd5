"""The ledger of a platform: what it has come to, row by row, so that a harmed platform can be compared with another.

The rows are those whose hashes `libs.ops.fingerprint` takes (docs/architecture.md, "Same by hash"). A row is named by
its business key: a key that is missing is lost, one too many is doubled, one whose content differs makes the two
unequal.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import Any, LiteralString, cast

import orjson
import psycopg

from libs.ops.fingerprint import PARTS, Fingerprint, fingerprint

# how many of a part's first columns name its row
KEYS: Mapping[str, int] = {"events": 2, "receipts": 2, "releases": 2, "notifications": 5}
# who must have entered every accepted event: the intake's receipts, and both services that keep the raw events
READERS: Mapping[str, LiteralString] = {
    "intake": "SELECT source, id FROM approval.receipt",
    "approval": "SELECT source, id FROM approval.event",
    "monitoring": "SELECT source, id FROM monitoring.event",
}
# A group is told the same only after its repeat interval, which no fault run lasts.
TOLD_TWICE: LiteralString = """
    SELECT n.group_id, d.channel, d.target, count(*) - 1 FROM notify.notification n
    JOIN notify.delivery d USING (notification_id) WHERE n.reason <> 'repeat'
    GROUP BY n.group_id, d.channel, d.target, n.alerts, n.status HAVING count(*) > 1
"""
SAMPLES = 3

Rows = Mapping[str, str]
Identity = tuple[str, str]  # source, id


@dataclass(frozen=True, slots=True)
class Ledger:
    """What one platform has come to.

    Args:
        entered: reader → events that it entered.
        parts: part → business key → content, both as JSON.
        doubles: effects that stand there twice, in words.
    """

    entered: Mapping[str, Set[Identity]]
    parts: Mapping[str, Rows]
    doubles: tuple[str, ...]
    fingerprint: Fingerprint


@dataclass(frozen=True, slots=True)
class Difference:
    """How a platform differs from an undisturbed one.

    Args:
        lost: accepted events without effect, and rows that are not there.
        doubled: effects that stand there twice, and rows that the other does not have.
        unequal: parts whose hashes differ.
        samples: a few of the differences, in words.
    """

    lost: int = 0
    doubled: int = 0
    unequal: tuple[str, ...] = ()
    samples: tuple[str, ...] = ()

    @property
    def is_none(self) -> bool:
        """Whether there is none."""
        return not (self.lost or self.doubled or self.unequal)


def read_ledger(dsn: str) -> Ledger:
    """Reads a platform's ledger; ask it when the platform is at rest."""
    mark = fingerprint(dsn)
    with psycopg.connect(dsn) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.execute("SET TIME ZONE 'UTC'")
        entered = {
            name: frozenset(cast(list[Identity], connection.execute(query).fetchall()))
            for name, query in READERS.items()
        }
        parts = {name: rows_of(connection, name) for name in PARTS}
        twice = connection.execute(TOLD_TWICE).fetchall()
    doubles = (*mark.doubled, *(f"told twice: {' '.join(map(str, row))}" for row in twice))
    return Ledger(entered, parts, doubles, mark)


def rows_of(connection: psycopg.Connection[Any], part: str) -> Rows:
    """The rows of a part by their keys."""
    keys = KEYS.get(part, 1)
    found = connection.execute(PARTS[part].encode())
    return {text_of(row[:keys]): text_of(row[keys:]) for row in found}


def text_of(values: tuple[object, ...]) -> str:
    """Values as JSON, the names of objects in order."""
    return orjson.dumps(values, option=orjson.OPT_SORT_KEYS, default=str).decode()


def compare(expected: Ledger, found: Ledger, accepted: Set[Identity]) -> Difference:
    """What is lost, doubled or unequal in `found`. Pure.

    Args:
        accepted: every event that the intake said it had taken.
    """
    lost, doubled = 0, len(found.doubles)
    samples = list(found.doubles[:SAMPLES])
    for reader, entered in found.entered.items():
        gone = accepted - entered
        lost += len(gone)
        samples += [f"{reader} has no effect of {event}" for event in sorted(gone)[:SAMPLES]]
    for name, rows in found.parts.items():
        others = expected.parts[name]
        gone_keys, new_keys = sorted(others.keys() - rows.keys()), sorted(rows.keys() - others.keys())
        lost, doubled = lost + len(gone_keys), doubled + len(new_keys)
        changed = [key for key in sorted(rows.keys() & others.keys()) if rows[key] != others[key]]
        samples += [f"{name}: lost {key} {others[key]}" for key in gone_keys[:SAMPLES]]
        samples += [f"{name}: added {key} {rows[key]}" for key in new_keys[:SAMPLES]]
        samples += [f"{name}: {key} was {others[key]} and is {rows[key]}" for key in changed[:SAMPLES]]
    return Difference(lost, doubled, found.fingerprint.differs_from(expected.fingerprint), tuple(samples))
