"""`sunlit topics` and `sunlit migrate`: the admin steps that `up` does by itself, for platforms that run elsewhere."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import typer

from libs.common.runtime.settings import Settings
from libs.ops import keys
from libs.ops import migrate as migration
from libs.ops.commands.terminal import DEFAULT_HOME, HomeOption, JsonOption, say, show_json, show_table
from libs.ops.engines.site import site_database, site_kafka, site_secrets
from libs.ops.errors import CommandError, ExitCode
from libs.ops.home import Home
from libs.ops.topics import administration

topics = typer.Typer(no_args_is_help=True, help="Topics in Kafka: compare and make. Safe to repeat.")
migrate = typer.Typer(no_args_is_help=True, help="Schemas, roles and tables in PostgreSQL. Safe to repeat.")

IngestOption = Annotated[
    list[str] | None, typer.Option("--ingest", help="A hall system that writes to a topic of its own; may be repeated.")
]


@topics.command("plan")
def topics_plan(ingest: IngestOption = None, home: HomeOption = DEFAULT_HOME, is_json: JsonOption = False) -> None:
    """Show what `apply` would do."""
    with administration(kafka_settings(Home(home))) as admin:
        show_steps([asdict(step) for step in admin.plan(ingest or ())], is_json)


@topics.command("apply")
def topics_apply(
    ingest: IngestOption = None,
    is_growing: Annotated[
        bool, typer.Option("--grow", help="Also add partitions; the order of keys in flight is lost.")
    ] = False,
    home: HomeOption = DEFAULT_HOME,
    is_json: JsonOption = False,
) -> None:
    """Make the topics that are missing."""
    with administration(kafka_settings(Home(home))) as admin:
        show_steps([asdict(step) for step in admin.apply(ingest or (), grow=is_growing)], is_json)


@migrate.command("plan")
def migrate_plan(home: HomeOption = DEFAULT_HOME, is_json: JsonOption = False) -> None:
    """Show what `apply` would do, per service."""
    show_plans(migration.plan(admin_dsn(Home(home))), is_json)


@migrate.command("apply")
def migrate_apply(home: HomeOption = DEFAULT_HOME, is_json: JsonOption = False) -> None:
    """Make roles and schemas and run the revisions that are missing, under one lock."""
    place = Home(home)
    dsn = admin_dsn(place)
    folder = site_secrets()
    if folder is None:
        place.make()
        folder = place.secrets
        keys.make_now(folder)
    show_plans(migration.apply(dsn, keys.database_passwords(folder)), is_json)


def show_steps(steps: list[dict[str, Any]], is_json: bool) -> None:
    """The steps of a plan."""
    if is_json:
        show_json(steps)
    elif steps:
        show_table(("act", "topic", "detail"), [(step["act"], step["topic"], step["detail"]) for step in steps])
    else:
        say("nothing to do")


def show_plans(plans: list[migration.Plan], is_json: bool) -> None:
    """What is or was to be done, per service."""
    if is_json:
        show_json([{**asdict(plan), "done": plan.is_done} for plan in plans])
        return
    rows = [
        (plan.service, ", ".join(plan.missing) or None, plan.revision, ", ".join(r for r, _ in plan.pending) or None)
        for plan in plans
    ]
    show_table(("service", "missing", "stands at", "pending"), rows)


def kafka_settings(home: Home) -> Settings:
    """Settings with the broker of the running home, or the one that SUNLIT_KAFKA names."""
    return Settings(kafka=site_kafka() or home.running().kafka)


def admin_dsn(home: Home) -> str:
    """The administrator's DSN of the running home, or the one that SUNLIT_DATABASE names."""
    dsn = site_database() or home.running().database
    if not dsn:
        raise CommandError(f"{home.path} has no database yet: `sunlit up` makes one.", ExitCode.NOT_RUNNING)
    return dsn
