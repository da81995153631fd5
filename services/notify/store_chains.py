"""What comes after a notification, by the legal clock: steps of a chain, the morning of held messages, digests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import text

from libs.common.kernel.spine import Outcome
from libs.common.runtime.database import Tx
from services.notify.chains import Following, LetGo, Stepped
from services.notify.domain.grouping import Alert
from services.notify.ports import Delivery, Notification
from services.notify.store import Place, RoutingStore, surroundings
from services.notify.store_alerts import COLUMNS, FIRES, alert_of
from services.notify.store_notifications import save_notifications

_NOTIFICATIONS = text(
    """
    SELECT n.*, EXISTS (SELECT 1 FROM notification AS later WHERE later.group_id = n.group_id
                        AND later.made_at > n.made_at AND later.chain <> ''
                        AND later.reason IN ('new', 'changed')) AS superseded,
           EXISTS (SELECT 1 FROM notification AS later WHERE later.group_id = n.group_id
                   AND later.made_at > n.made_at AND later.acknowledged_at IS NOT NULL) AS signed_later
    FROM notification AS n WHERE n.notification_id = ANY(:keys) ORDER BY n.notification_id FOR UPDATE
    """
)
_FIRING = text(f"SELECT {COLUMNS} FROM alert AS a WHERE a.fingerprint = ANY(:names) AND {FIRES}")  # noqa: S608 - ours
_COUNTS = text(
    f"""
    SELECT a.org_code, max(coalesce(a.annotations ->> 'org', a.org_code)) AS org_name,
           count(*) FILTER (WHERE a.labels ->> 'severity' = 'notice') AS notice,
           count(*) FILTER (WHERE a.labels ->> 'severity' = 'yellow') AS yellow,
           count(*) FILTER (WHERE a.labels ->> 'severity' = 'red') AS red
    FROM alert AS a WHERE a.org_code IS NOT NULL AND {FIRES} GROUP BY a.org_code ORDER BY a.org_code
    """  # noqa: S608 - a constant of ours
)
_STEP = text("UPDATE notification SET step = :step WHERE notification_id = :id")
_LET_GO = text("UPDATE delivery SET held = false, next_at = :now WHERE notification_id = ANY(:ids) AND held")


class ChainStore:
    """States of the line `chains`; takes `Notification`, `LetGo` and `Stepped` rows as extra."""

    def __init__(self, routing: RoutingStore, place: Place) -> None:
        self._routing, self._place = routing, place

    async def load(self, tx: Tx, keys: Sequence[str], now: datetime) -> tuple[Mapping[str, Following], Any]:
        """The notifications of `keys` with whoever of them still fires; for digests the counts of this moment."""
        wall = self._place.clock.wall()
        context = await surroundings(tx, self._routing, self._place, wall, whole=False)
        found: dict[str, Following] = {}
        if any(key.startswith("digest:") for key in keys):
            counts = tuple(dict(row._mapping) for row in await tx.execute(_COUNTS, {"wall": wall}))
            found = {key: Following(counts=counts) for key in keys if key.startswith("digest:")}
        found |= {key: Following() for key in keys if key.startswith("release:")}
        rows = (await tx.execute(_NOTIFICATIONS, {"keys": list(keys)})).all()
        names = sorted({alert["fingerprint"] for row in rows for alert in row.alerts})
        firing = {row.fingerprint: alert_of(row) for row in await tx.execute(_FIRING, {"names": names, "wall": wall})}
        for row in rows:
            alerts = tuple(firing[a["fingerprint"]] for a in row.alerts if a["fingerprint"] in firing)
            found[row.notification_id] = _following(row, alerts)
        return found, context

    async def save(self, tx: Tx, outcome: Outcome[Following], now: datetime) -> None:
        """Writes new notifications, lets held deliveries go, and notes how far each chain came."""
        wall = self._place.clock.wall()
        told = [row for row in outcome.extra if isinstance(row, Notification)]
        context = await surroundings(tx, self._routing, self._place, wall, whole=False)
        await save_notifications(tx, told, wall, context)
        free = [row.notification_id for row in outcome.extra if isinstance(row, LetGo)]
        if free:
            await tx.execute(_LET_GO, {"ids": free, "now": wall})
        for row in outcome.extra:
            if isinstance(row, Stepped):
                await tx.execute(_STEP, {"id": row.notification_id, "step": row.step})


def _following(row: Any, alerts: tuple[Alert, ...]) -> Following:
    return Following(
        notification=Notification(
            notification_id=row.notification_id,
            group_id=row.group_id,
            receiver=row.receiver,
            reason=row.reason,
            status=row.status,
            severity=row.severity,
            title=row.title,
            lines=tuple(row.lines),
            alerts=tuple(row.alerts),
            deliveries=tuple[Delivery, ...](),
            made_at=row.made_at,
            route_path=row.route_path,
            route_words=row.route_words,
            chain=row.chain,
            everyone=row.everyone,
        ),
        alerts=alerts,
        step=row.step,
        signed=row.acknowledged_at is not None or row.signed_later,
        superseded=row.superseded,
    )
