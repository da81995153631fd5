"""Migrations run while the old release serves: none may lock a table for long or take away what is still read."""

from __future__ import annotations

import pytest

from libs.ops.roster import SERVICES
from tests.deploy.migration_lint import faults, judged, released_heads, releases, revisions, statements


@pytest.mark.parametrize("service", SERVICES)
def test_no_revision_stops_a_platform_at_work(service: str) -> None:
    """Expand, migrate, contract. A statement that must lock, or may contract, is signed with the reason."""
    scripts = {script.revision: script for script in revisions(service)}
    for revision in judged(list(scripts), released_heads().get(service)):
        assert list(faults(statements(scripts[revision]))) == [], f"{service} {revision}"


def test_a_release_writes_down_where_its_schemas_stood() -> None:
    """From the first dated section of the changelog on, so that nobody forgets to begin judging."""
    assert set(released_heads()) == (set(SERVICES) if releases() else set())
    for service, head in released_heads().items():
        assert head in {script.revision for script in revisions(service)}, f"{service} has no revision {head}"


def test_what_came_after_a_release_is_judged() -> None:
    """And nothing before it; without a release nothing."""
    assert judged(["1", "2", "3"], "1") == ["2", "3"]
    assert judged(["1", "2", "3"], "3") == judged(["1", "2", "3"], None) == []


REFUSED = (
    "CREATE INDEX case_file_x ON case_file (x)",
    "CREATE UNIQUE INDEX case_file_x ON case_file (x)",
    "ALTER TABLE case_file ADD COLUMN x text NOT NULL",
    "ALTER TABLE case_file ADD x timestamptz DEFAULT clock_timestamp()",
    "ALTER TABLE case_file ALTER COLUMN x TYPE bigint",
    "ALTER TABLE case_file ALTER x SET NOT NULL",
    "ALTER TABLE case_file ADD CONSTRAINT c CHECK (x > 0)",
    "ALTER TABLE case_file ADD CONSTRAINT c FOREIGN KEY (x) REFERENCES other (x)",
    "ALTER TABLE case_file ADD CONSTRAINT c UNIQUE (x)",
    "ALTER TABLE case_file DROP COLUMN x",
    "ALTER TABLE case_file RENAME COLUMN x TO y",
    "DROP TABLE case_file",
    "TRUNCATE case_file",
    "UPDATE case_file SET x = 1",
)
TAKEN = (
    "CREATE INDEX CONCURRENTLY case_file_x ON case_file (x)",
    "ALTER TABLE case_file ADD COLUMN x text",
    "ALTER TABLE case_file ADD COLUMN x integer NOT NULL DEFAULT 0",
    "ALTER TABLE case_file ADD CONSTRAINT c CHECK (x > 0) NOT VALID",
    "ALTER TABLE case_file VALIDATE CONSTRAINT c",
    "ALTER TABLE case_file ADD CONSTRAINT c UNIQUE USING INDEX case_file_x",
    "ALTER TABLE case_file ALTER COLUMN x DROP NOT NULL",
    "DROP TABLE case_file -- contract: nobody reads it since 0.4",
    "CREATE INDEX source_x ON source (x) -- locks: some hundred rows",
)


@pytest.mark.parametrize("sql", REFUSED)
def test_what_stops_a_platform_is_found(sql: str) -> None:
    """Each with what to do instead; on a table that the same revision makes it is nobody's business."""
    (fault,) = faults([sql])
    assert "instead, " in fault
    assert list(faults(["CREATE TABLE case_file (x integer)", sql])) == []


@pytest.mark.parametrize("sql", TAKEN)
def test_what_stops_nobody_passes(sql: str) -> None:
    """The ways that the refusals name, and what was signed."""
    assert list(faults([sql])) == []


@pytest.mark.parametrize("service", SERVICES)
def test_what_a_revision_does_can_be_read_without_a_database(service: str) -> None:
    """The lint sees every statement."""
    first, *_ = revisions(service)
    assert sum("CREATE TABLE" in sql for sql in statements(first)) > 5
