"""How notify itself stands: the age of its queue, what failed, what nobody accounts for; and its housekeeping."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text

from libs.common.runtime.database import Tx
from services.notify.domain.escalation import next_digest
from services.notify.domain.matchers import all_match
from services.notify.domain.routing import Deadman
from services.notify.ports import Surroundings
from services.notify.store import forget_groups
from services.notify.store_alerts import forget_alerts
from services.notify.store_notifications import CHAINS_LINE, set_digests

# what a group was told is remembered this long (Alertmanager's retention), an alert of others that ended a little
TOLD_KEPT = timedelta(hours=120)
ALERTS_KEPT = timedelta(hours=1)
BUCKETS_KEPT = timedelta(days=1)
FAILURES_WITHIN = timedelta(hours=1)

_ALONE = text("SELECT pg_try_advisory_xact_lock(hashtext('sunlit notify watch ' || current_schema()))")
_QUEUE = text(
    """
    SELECT count(*) AS pending, min(next_at) FILTER (WHERE NOT held AND merged_into IS NULL AND channel <> 'letter')
           AS oldest FROM delivery WHERE state = 'pending'
    """
)
_FAILED = text(
    """
    SELECT channel, count(*) AS n FROM delivery WHERE state = 'failed' AND settled_at > :since GROUP BY channel
    """
)
# Ways to be lost: members of a group without a moment, riders without a host, held messages without a morning.
_LOST = text(
    """
    SELECT (SELECT count(*) FROM alert_group_member AS m
            WHERE NOT EXISTS (SELECT 1 FROM due WHERE due.line = 'groups' AND due.subject = m.group_id))
         + (SELECT count(*) FROM delivery AS d JOIN delivery AS h ON h.delivery_id = d.merged_into
            WHERE d.state = 'pending' AND h.state <> 'pending')
         + (SELECT count(*) FROM delivery AS d WHERE d.state = 'pending' AND d.held
            AND NOT EXISTS (SELECT 1 FROM due WHERE due.line = :chains
                            AND due.subject = 'release:' || d.notification_id))
         + (SELECT count(*) FROM delivery AS d WHERE d.state = 'failed' AND coalesce(d.error, '') = '') AS n
    """
)
_SEEN = text("SELECT labels, updated_at FROM alert WHERE expires_at IS NOT NULL AND updated_at > :since")
_BUCKETS = text("DELETE FROM bucket WHERE at < :before")


@dataclass(frozen=True, slots=True)
class Watched:
    """The service at one moment.

    Args:
        queue_age_s: how long the oldest message that could go has waited.
        failed: channel → messages given up within the last hour.
        lost: what nobody accounts for; more than none is a fault of ours.
        missing: names of alerts that must keep coming and did not.
    """

    pending: int
    queue_age_s: float
    failed: Mapping[str, int]
    lost: int
    missing: tuple[str, ...]


async def is_mine(tx: Tx) -> bool:
    """Whether this worker is the one that watches, until the transaction ends."""
    return bool((await tx.execute(_ALONE)).scalar_one())


async def look(tx: Tx, context: Surroundings, now: datetime) -> Watched:
    """How the service stands; `now` is the wall clock."""
    queue = (await tx.execute(_QUEUE)).one()
    age = 0.0 if queue.oldest is None else max(0.0, (now - queue.oldest).total_seconds())
    failed = {row.channel: row.n for row in await tx.execute(_FAILED, {"since": now - FAILURES_WITHIN})}
    lost = int((await tx.execute(_LOST, {"chains": CHAINS_LINE})).scalar_one())
    return Watched(queue.pending, age, failed, lost, await _missing(tx, context.routing.deadman, now))


async def _missing(tx: Tx, deadman: tuple[Deadman, ...], now: datetime) -> tuple[str, ...]:
    if not deadman:
        return ()
    longest = timedelta(seconds=max(row.within_seconds for row in deadman))
    seen: list[Any] = list(await tx.execute(_SEEN, {"since": now - longest}))
    return tuple(
        row.name
        for row in deadman
        if not any(
            all_match(row.matchers, alert.labels) and alert.updated_at > now - timedelta(seconds=row.within_seconds)
            for alert in seen
        )
    )


async def tidy(tx: Tx, context: Surroundings, now: datetime, *, digests: bool) -> None:
    """Forgets what is long over, and with `digests` gives each digest its next moment."""
    await forget_groups(tx, now - TOLD_KEPT)
    await forget_alerts(tx, now - ALERTS_KEPT)
    await tx.execute(_BUCKETS, {"before": now - BUCKETS_KEPT})
    wanted = context.routing.digests if digests else {}
    moments = [(name, next_digest(row, context.legal_now, context.calendar)) for name, row in wanted.items()]
    if moments:
        await set_digests(tx, moments)


def own_alerts(watched: Watched, heartbeat: bool, queue_age_max_s: float) -> list[dict[str, Any]]:
    """What is wrong with notify as alerts that go their usual way; a heartbeat says that the way is open."""
    found = [
        _alert("SunlitNotifyGaveUp", "yellow", f"通知：通道 {channel} 一小时内有 {n} 条发送失败", channel=channel)
        for channel, n in sorted(watched.failed.items())
    ]
    if watched.queue_age_s > queue_age_max_s:
        minutes = int(watched.queue_age_s // 60)
        found.append(_alert("SunlitNotifyQueueOld", "yellow", f"通知：最早的一条已等待 {minutes} 分钟"))
    if watched.lost:
        found.append(_alert("SunlitNotifyLost", "red", f"通知：{watched.lost} 条下落不明，请查运行状况页"))
    found += [
        _alert("SunlitDeadman", "red", f"应持续出现的告警「{name}」中断，对方监控可能已停", deadman=name)
        for name in watched.missing
    ]
    if heartbeat:
        found.append(_alert("SunlitHeartbeat", "notice", "通知服务正常（心跳）"))
    return found


def _alert(name: str, severity: str, summary: str, **labels: str) -> dict[str, Any]:
    return {
        "labels": {"alertname": name, "severity": severity, "service": "notify", **labels},
        "annotations": {"summary": summary, "link": "/ops/notify"},
    }
