"""`sunlit rebuild`: one service's state from the topics, beside the running service, and in its place if it may be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import psycopg
from psycopg import sql

from libs.common.runtime import rebuild, swap
from libs.common.runtime.assembly import Spine, build_spine
from libs.common.runtime.rebuild import Rebuilding
from libs.common.runtime.settings import Settings
from libs.common.runtime.swap import Admin, Comparison
from libs.ops.errors import CommandError, ExitCode
from libs.ops.migrate import upgrade
from services.approval import rebuilding as approval
from services.disclosure import rebuilding as disclosure
from services.monitoring import rebuilding as monitoring

PLANS: dict[str, Callable[[Settings], Rebuilding]] = {
    "approval": approval.rebuilding,
    "disclosure": disclosure.rebuilding,
    "monitoring": monitoring.rebuilding,
}
DEAF = (
    "notify is not rebuilt: its state is what people were told, and a second telling would reach them again. "
    "Restore it from a backup; what came since is read from the topics when its worker starts."
)


@dataclass(frozen=True, slots=True)
class Report:
    """What a rebuild found and did.

    Args:
        letters: records that the second life had to park.
        swapped: whether the second life now stands in the first one's place.
        retired: the schema that holds the first life since, empty if nothing was swapped.
    """

    service: str
    events: int
    letters: int
    comparisons: tuple[Comparison, ...]
    swapped: bool
    retired: str = ""

    @property
    def differing(self) -> tuple[str, ...]:
        """What is not the same in both lives."""
        return tuple(found.name for found in self.comparisons if not found.equal)


def maker_of(service: str) -> Callable[[Settings], Rebuilding]:
    """What makes the plan of a service's rebuild.

    Raises:
        CommandError: there is no such service, or it cannot be rebuilt; says why.
    """
    if service == "notify":
        raise CommandError(DEAF, ExitCode.USAGE)
    if service not in PLANS:
        raise CommandError(f"There is no service {service}; known are {', '.join(PLANS)}.", ExitCode.USAGE)
    return PLANS[service]


async def rebuild_service(
    settings: Settings, admin_dsn: str, plan: Rebuilding, *, check_only: bool, live: str = ""
) -> Report:
    """Read everything into a shadow beside the running service, hold the service still for the rest, compare, swap.

    Args:
        settings: the service's own; `database_schema` is set to the shadow here.
        live: the schema of the first life; default the service's name.

    Raises:
        CommandError: what was published differs, so that nothing may be swapped (4).
        ContractBroken, Tripped: the topics do not suffice, or too much of them cannot be understood.
    """
    live = live or plan.service
    shadow, retired = f"{live}_shadow", f"{live}_retired"
    with psycopg.connect(admin_dsn, autocommit=True) as admin:
        _make_shadow(admin, settings.dsn, plan.service, live, shadow)
        swap.copy_kept(admin, plan, live, shadow)
        spine = build_spine(
            settings.model_copy(update={"database_schema": shadow}), plan.service, plan.lines, plan.inbox
        )
        await spine.database.start()
        try:
            await rebuild.read(spine, plan.topics, swap.offsets_of(admin, plan, live))
            with admin.transaction():
                swap.lock(admin, live, for_swap=not check_only)
                await rebuild.read(spine, plan.topics, swap.offsets_of(admin, plan, live))
                if plan.people is not None:
                    await plan.people.again(swap.acts_of_people(admin, plan, live), spine.database)
                await rebuild.settle_letters(spine, swap.settled_letters(admin, plan, live))
                await rebuild.work_off(spine)
                report = await _judge(admin, plan, live, spine, swapped=not check_only)
                refused = sorted(plan.published & set(report.differing))
                if not check_only and not refused:
                    swap.carry(admin, plan, live, shadow)
                    swap.swap(admin, live, shadow, retired)
        finally:
            await spine.database.stop()
            spine.tracing.stop()
        if check_only or refused:
            admin.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(shadow)))
    if refused and not check_only:
        raise CommandError(
            f"Nothing was swapped: {', '.join(refused)} of {plan.service} differ between the two lives, and what was"
            " published cannot be published anew. Look with --check-only, and with `sunlit verify log`.",
            ExitCode.REFUSED,
        )
    return report


async def _judge(admin: Admin, plan: Rebuilding, live: str, spine: Spine, *, swapped: bool) -> Report:
    shadow = spine.database.schema
    events = sum(swap.offsets_of(admin, plan, shadow).values())
    letters = len(await spine.letters.page(limit=500))
    found = tuple(swap.compare(admin, live, shadow, plan.compared))
    return Report(plan.service, events, letters, found, swapped, f"{live}_retired" if swapped else "")


def _make_shadow(admin: Admin, dsn: str, service: str, live: str, shadow: str) -> None:
    """A fresh schema of the service's own role with all its revisions; a leftover of an earlier try is dropped."""
    name = sql.Identifier(shadow)
    owner = admin.execute("SELECT nspowner::regrole::text FROM pg_namespace WHERE nspname = %s", [live]).fetchone()
    if owner is None:
        raise CommandError(f"There is no schema {live}: run `sunlit migrate apply` first.", ExitCode.NOT_RUNNING)
    admin.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(name))
    admin.execute(sql.SQL("CREATE SCHEMA {} AUTHORIZATION {}").format(name, sql.Identifier(owner[0].strip('"'))))
    upgrade(dsn, service, shadow)
