"""Two lives of one service side by side in one database: hold the first still, compare, and let the second take its
place. What the administrator does for a rebuild (`runtime.rebuild` reads the topics).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from libs.common.runtime.offsets import Place
from libs.common.runtime.rebuild import Rebuilding, Settled

Admin = psycopg.Connection[tuple[Any, ...]]
LOCK_WAIT = "30s"
EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Comparison:
    """One thing in both lives. Equal = the same rows, whatever their order.

    Args:
        only_live, only_shadow: the first rows that the other life does not have, as text.
    """

    name: str
    rows_live: int
    rows_shadow: int
    equal: bool
    only_live: tuple[str, ...] = ()
    only_shadow: tuple[str, ...] = ()


def offsets_of(admin: Admin, plan: Rebuilding, live: str) -> dict[Place, int]:
    """Where the effects of the first life end, of the topics that are read."""
    query = "SELECT topic, partition, next_offset FROM {live}.next_offset WHERE consumer_group = %s AND topic = ANY(%s)"
    return {(t, p): n for t, p, n in _rows(admin, query, plan.service, list(plan.topics), live=live)}


def settled_letters(admin: Admin, plan: Rebuilding, live: str) -> dict[tuple[str, int, int], Settled]:
    """What persons have done with letters of the topics that are read again."""
    query = (
        'SELECT topic, partition, "offset", state, by, reason FROM {live}.dead_letter'
        " WHERE state IN ('replayed', 'discarded') AND topic = ANY(%s)"
    )
    return {(t, p, o): Settled(*act) for t, p, o, *act in _rows(admin, query, list(plan.topics), live=live)}


def acts_of_people(admin: Admin, plan: Rebuilding, live: str) -> list[tuple[Any, ...]]:
    """Acts of persons that stand in no topic, in their order."""
    return _rows(admin, plan.people.query, live=live) if plan.people is not None else []


def copy_kept(admin: Admin, plan: Rebuilding, live: str, shadow: str) -> None:
    """What no topic holds: the tables of the plan, and the letters of topics that are not read again."""
    there = {name for (name,) in admin.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [live])}
    for table in (name for name in plan.kept if name in there):
        _run(admin, "DELETE FROM {shadow}.{table}", live=live, shadow=shadow, table=table)
        _run(
            admin,
            "INSERT INTO {shadow}.{table} OVERRIDING SYSTEM VALUE SELECT * FROM {live}.{table}",
            live=live, shadow=shadow, table=table,
        )  # fmt: skip
    _copy_letters(admin, live, shadow, "NOT (topic = ANY(%s))", list(plan.topics))


def lock(admin: Admin, live: str, *, for_swap: bool) -> None:
    """Hold the first life still until the transaction ends: writers wait, and before a swap readers too.

    A writer that waits finds the new tables when the swap is done: PostgreSQL looks a name up again after it has
    waited for a lock. Its own lock limit (4 s) makes it try again, so that nothing is lost and nobody fails.
    """
    admin.execute(sql.SQL("SET LOCAL lock_timeout = {}").format(sql.Literal(LOCK_WAIT)))
    admin.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
    tables = [
        sql.Identifier(live, name)
        for (name,) in admin.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s ORDER BY 1", [live])
    ]
    mode = sql.SQL("ACCESS EXCLUSIVE" if for_swap else "SHARE")
    admin.execute(sql.SQL("LOCK TABLE {} IN {} MODE").format(sql.SQL(", ").join(tables), mode))


def compare(admin: Admin, live: str, shadow: str, compared: Mapping[str, str]) -> list[Comparison]:
    """Compare both lives by count and by the order-free sum of their rows' hashes."""
    found: list[Comparison] = []
    for name, query in compared.items():
        ours, theirs = [_sum(admin, query, schema) for schema in (live, shadow)]
        found.append(
            Comparison(
                name, ours[0], theirs[0], ours == theirs,
                () if ours == theirs else _only(admin, query, live, shadow),
                () if ours == theirs else _only(admin, query, shadow, live),
            )
        )  # fmt: skip
    return found


def carry(admin: Admin, plan: Rebuilding, live: str, shadow: str) -> None:
    """Take over what the first life has told, its settled letters, its facts on the way and its numbers."""
    for statement in plan.carried:
        _run(admin, statement, live=live, shadow=shadow)
    _copy_letters(admin, live, shadow, "state IN ('replayed', 'discarded') AND topic = ANY(%s)", list(plan.topics))
    # what the second life has to tell was told by the first, or waits in its outbox
    _run(admin, "DELETE FROM {shadow}.outbox", live=live, shadow=shadow)
    _run(
        admin,
        "INSERT INTO {shadow}.outbox OVERRIDING SYSTEM VALUE SELECT * FROM {live}.outbox",
        live=live,
        shadow=shadow,
    )
    # groups and topics that are not read again stand where they stood
    _run(
        admin,
        "INSERT INTO {shadow}.next_offset SELECT * FROM {live}.next_offset ON CONFLICT DO NOTHING",
        live=live, shadow=shadow,
    )  # fmt: skip
    for name, last in admin.execute(
        "SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = %s AND last_value IS NOT NULL", [live]
    ).fetchall():
        there = admin.execute(
            "SELECT coalesce(last_value, 0) FROM pg_sequences WHERE (schemaname, sequencename) = (%s, %s)",
            [shadow, name],
        ).fetchone()
        if there is not None and there[0] < last:
            admin.execute("SELECT setval(%s::regclass, %s)", [sql.Identifier(shadow, name).as_string(admin), last])


def swap(admin: Admin, live: str, shadow: str, retired: str) -> None:
    """Put the shadow in the live schema's place, in one transaction; the old one is kept under the name `retired`."""
    rename = sql.SQL("ALTER SCHEMA {} RENAME TO {}")
    with admin.transaction():
        admin.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(retired)))
        admin.execute(rename.format(sql.Identifier(live), sql.Identifier(retired)))
        admin.execute(rename.format(sql.Identifier(shadow), sql.Identifier(live)))


def _copy_letters(admin: Admin, live: str, shadow: str, which: str, *values: object) -> None:
    names = (
        'line, topic, partition, "offset", key, stored_at, raw, headers, code, problems, attempts, state, reason, by,'
        " parked_at, settled_at"
    )
    _run(
        admin,
        f"INSERT INTO {{shadow}}.dead_letter ({names}) SELECT {names} FROM {{live}}.dead_letter WHERE {which}"  # noqa: S608
        ' ORDER BY id ON CONFLICT (topic, partition, "offset") DO UPDATE SET reason = EXCLUDED.reason,'
        " by = EXCLUDED.by, attempts = EXCLUDED.attempts, parked_at = EXCLUDED.parked_at,"
        " settled_at = EXCLUDED.settled_at",
        *values,
        live=live, shadow=shadow,
    )  # fmt: skip


def _sum(admin: Admin, query: str, schema: str) -> tuple[int, int]:
    """Number of rows and the order-free sum of their 64-bit hashes."""
    asked = (
        "SELECT count(*), coalesce(sum(hashtextextended(r::text, 0)::numeric), 0)"  # noqa: S608 - queries are ours
        f" FROM ({query}) AS r"
    )
    ((rows, total),) = _rows(admin, asked, s=schema)
    return int(rows), int(total)


def _only(admin: Admin, query: str, here: str, there: str) -> tuple[str, ...]:
    ours, theirs = query.replace("{s}", "{here}"), query.replace("{s}", "{there}")
    asked = (
        f"(SELECT r::text FROM ({ours}) AS r) EXCEPT (SELECT r::text FROM ({theirs}) AS r)"  # noqa: S608
        f" ORDER BY 1 LIMIT {EXAMPLES}"
    )
    return tuple(text[:300] for (text,) in _rows(admin, asked, here=here, there=there))


def _rows(admin: Admin, query: str, *values: object, **names: str) -> list[tuple[Any, ...]]:
    return admin.execute(_named(query, names), values or None).fetchall()


def _run(admin: Admin, statement: str, *values: object, **names: str) -> None:
    admin.execute(_named(statement, names), values or None)


def _named(query: str, names: Mapping[str, str]) -> sql.Composed:
    return sql.SQL(query).format(**{name: sql.Identifier(value) for name, value in names.items()})
