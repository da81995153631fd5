"""Alerts of others come in, and everything that fires is read as Alertmanager's API shows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text

from libs.common.kernel.errors import DataError, Problem
from libs.common.runtime.database import Tx
from services.notify.domain.grouping import Alert
from services.notify.domain.matchers import all_match
from services.notify.domain.outside import merge, read_pushed
from services.notify.domain.routing import Inhibitor
from services.notify.domain.silences import silenced_by
from services.notify.handlers import memberships_of
from services.notify.ports import Surroundings
from services.notify.store import Place, RoutingStore, save_memberships, surroundings
from services.notify.store_alerts import COLUMNS, FIRES, alert_of, locked_alerts, save_alerts

_OPEN = text(
    f"""
    SELECT {COLUMNS}, a.updated_at,
           (SELECT coalesce(array_agg(DISTINCT g.receiver), '{{}}') FROM alert_group_member AS m
            JOIN alert_group AS g USING (group_id) WHERE m.fingerprint = a.fingerprint) AS receivers
    FROM alert AS a WHERE {FIRES} ORDER BY a.starts_at, a.fingerprint
    """  # noqa: S608 - constants of ours
)
_GROUPS = text(
    """
    SELECT g.group_id, g.receiver, g.labels, m.fingerprint FROM alert_group AS g
    JOIN alert_group_member AS m USING (group_id) ORDER BY g.receiver, g.group_id, m.fingerprint
    """
)


@dataclass(frozen=True, slots=True)
class OpenAlert:
    """An alert that fires, who is told of it, and what keeps it silent at this moment."""

    alert: Alert
    updated_at: datetime
    receivers: tuple[str, ...]
    silenced_by: tuple[str, ...]
    inhibited_by: tuple[str, ...]

    @property
    def state(self) -> str:
        """As Alertmanager names it."""
        return "suppressed" if self.silenced_by or self.inhibited_by else "active"


async def take_pushed(tx: Tx, tree: RoutingStore, place: Place, raws: Sequence[Any], now: datetime) -> list[Problem]:
    """Takes what is good of a push, in one transaction; answers what is wrong with the rest. `now`: wall clock."""
    routing = await tree.current(tx)
    good: list[Alert] = []
    wrong: list[Problem] = []
    for number, raw in enumerate(raws):
        try:
            good.append(read_pushed(raw, f"/{number}", now, routing.resolve_timeout))
        except DataError as error:
            wrong += error.problems
    known = dict(await locked_alerts(tx, sorted({alert.fingerprint for alert in good})))
    touched: dict[str, Alert] = {}
    for alert in good:
        merged = merge(known.get(alert.fingerprint), alert, now)
        known[alert.fingerprint] = touched[alert.fingerprint] = merged
    await save_alerts(tx, list(touched.values()), now)
    members = [member for alert in touched.values() for member in memberships_of(routing, alert, now)]
    await save_memberships(tx, members, now, driven=place.clock.is_driven)
    return wrong


async def open_alerts(tx: Tx, tree: RoutingStore, place: Place, now: datetime) -> list[OpenAlert]:
    """Everything that fires."""
    context = await surroundings(tx, tree, place, now)
    rows = (await tx.execute(_OPEN, {"wall": now})).all()
    alerts = [alert_of(row) for row in rows]
    inhibitor = Inhibitor(context.routing.inhibit_rules, context.firing)
    found = []
    for alert, row in zip(alerts, rows, strict=True):
        rule = inhibitor.rule_of(alert.labels)
        sources = () if rule is None else _sources(rule, alert, alerts, context)
        silences = silenced_by(context.silences, alert.labels, now)
        found.append(OpenAlert(alert, row.updated_at, tuple(row.receivers), silences, sources))
    return found


def _sources(rule: int, alert: Alert, firing: Sequence[Alert], context: Surroundings) -> tuple[str, ...]:
    """The alert that keeps this one silent by the rule."""
    said = context.routing.inhibit_rules[rule]
    both = all_match(said.source, alert.labels)
    for other in firing:
        equal = all(other.labels.get(name, "") == alert.labels.get(name, "") for name in said.equal)
        if equal and all_match(said.source, other.labels) and not (both and all_match(said.target, other.labels)):
            return (other.fingerprint,)
    return ()


async def open_groups(tx: Tx) -> list[tuple[str, Mapping[str, str], list[str]]]:
    """(receiver, labels, fingerprints) of every group with members."""
    found: dict[str, tuple[str, Mapping[str, str], list[str]]] = {}
    for row in await tx.execute(_GROUPS):
        found.setdefault(row.group_id, (row.receiver, row.labels, []))[2].append(row.fingerprint)
    return list(found.values())
