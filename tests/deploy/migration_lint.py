"""Which statements of a migration would stop a platform at work: expand first, contract later, lock nothing long.

Revisions up to the first release (deploy/released.toml) meet no data and are free. After them the old release still
runs while a migration does its work, so a statement on a table that is already there must neither rewrite it, nor scan
it under a lock that keeps writers out, nor take away what the old release reads. One that has to says why in a comment
of its own:
`-- locks: <why it is short>` or `-- contract: <which release no longer needs it>`.
"""

from __future__ import annotations

import io
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass

from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import Script, ScriptDirectory

from libs.ops.engines.places import ROOT
from libs.ops.migrate import config

SIGNED = re.compile(r"--\s*(?:locks|contract): \S+")
TABLE = r'(?:IF (?:NOT )?EXISTS )?(?:ONLY )?"?(?P<table>\w+)"?'
CREATED = re.compile(r"CREATE (?:UNLOGGED )?TABLE (?:IF NOT EXISTS )?\"?(\w+)\"?", re.IGNORECASE)


@dataclass(frozen=True)
class Rule:
    """A shape of statement that is refused, and what to do instead."""

    pattern: re.Pattern[str]
    instead: str


def rule(pattern: str, instead: str) -> Rule:
    """A rule from a pattern."""
    return Rule(re.compile(pattern, re.IGNORECASE | re.DOTALL), instead)


ALTER = rf"ALTER TABLE {TABLE} .*?"
RULES = (
    rule(
        rf"CREATE (?:UNIQUE )?INDEX (?!CONCURRENTLY).*? ON {TABLE}",
        "CREATE INDEX CONCURRENTLY outside a transaction (op.get_context().autocommit_block())",
    ),
    rule(rf"REINDEX (?!.*CONCURRENTLY).*?{TABLE}", "REINDEX … CONCURRENTLY"),
    rule(
        ALTER + r"ADD (?:COLUMN )?(?!CONSTRAINT)(?:(?!,).)*NOT NULL(?!(?:(?!,).)*DEFAULT)(?:(?!DEFAULT).)*$",
        "a column that may be null or has a constant default",
    ),
    rule(
        ALTER + r"DEFAULT (?:clock_timestamp|gen_random_uuid|random|nextval|uuid_generate)",
        "the column without default; fill it in batches",
    ),
    rule(ALTER + r"ALTER (?:COLUMN )?\w+ (?:SET DATA )?TYPE", "a new column beside the old one"),
    rule(ALTER + r"ALTER (?:COLUMN )?\w+ SET NOT NULL", "CHECK (… IS NOT NULL) NOT VALID, then VALIDATE CONSTRAINT"),
    rule(
        ALTER + r"ADD (?:CONSTRAINT \w+ )?(?:CHECK|FOREIGN KEY)(?!.*NOT VALID)",
        "the same NOT VALID, and VALIDATE CONSTRAINT in a later revision",
    ),
    rule(
        ALTER + r"ADD (?:CONSTRAINT \w+ )?(?:PRIMARY KEY|UNIQUE|EXCLUDE)(?!.*USING INDEX)",
        "a unique index made CONCURRENTLY, then ADD CONSTRAINT … USING INDEX",
    ),
    rule(
        ALTER + r"DROP (?:COLUMN|CONSTRAINT)", "leave it until no running release reads it, then sign `-- contract: …`"
    ),
    rule(ALTER + r"RENAME", "a new name beside the old one"),
    rule(rf"DROP TABLE {TABLE}", "leave it until no running release reads it, then sign `-- contract: …`"),
    rule(rf"(?:LOCK TABLE|TRUNCATE(?: TABLE)?|VACUUM FULL|CLUSTER) {TABLE}", "nothing that locks a whole table"),
    rule(rf"UPDATE {TABLE} SET(?!.*\bWHERE\b)", "fill in batches from a command, not in a migration"),
)


def revisions(service: str) -> list[Script]:
    """The revisions of a service, oldest first."""
    return list(reversed(list(ScriptDirectory.from_config(config(service)).walk_revisions())))


def released_heads() -> dict[str, str]:
    """Where each schema stood in the latest release."""
    read = tomllib.loads((ROOT / "deploy" / "released.toml").read_text(encoding="utf-8"))
    heads: dict[str, str] = read["heads"]
    return heads


def releases() -> list[str]:
    """The releases that CHANGELOG.md dates, newest first."""
    return re.findall(r"^## (\S+) \(\d{4}-\d{2}-\d{2}\)", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)


def judged(known: list[str], head: str | None) -> list[str]:
    """Of the known revisions, oldest first, those that a running platform lives through."""
    return known[known.index(head) + 1 :] if head is not None else []


def statements(script: Script) -> list[str]:
    """What a revision would execute, as alembic writes it without a database."""
    out = io.StringIO()
    context = MigrationContext.configure(dialect_name="postgresql", opts={"as_sql": True, "output_buffer": out})
    with Operations.context(context):
        script.module.upgrade()
    return [part.strip() for part in re.split(r";\s*\n", out.getvalue()) if part.strip()]


def faults(sqls: list[str]) -> Iterator[str]:
    """What is refused among the statements of one revision; tables that it makes itself are nobody's yet."""
    created: set[str] = set()
    for sql in sqls:
        bare = re.sub(r"--[^\n]*", " ", sql)
        bare = re.sub(r"\s+", " ", bare).strip()
        created |= {name.lower() for name in CREATED.findall(bare)}
        if SIGNED.search(sql):
            continue
        for one in RULES:
            found = one.pattern.search(bare)
            if found and found.group("table").lower() not in created:
                yield f"{bare[:100]!r}: instead, {one.instead}"
