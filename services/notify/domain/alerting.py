"""Findings of the supervision as alerts: what a card says becomes labels to route by and texts to read."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from libs.common.kernel.events.envelope import Event
from services.notify.domain.grouping import Alert

# the card's life after which nobody needs to be told any more
OVER = frozenset(
    {
        "supervision.card.revoked",
        "supervision.card.superseded",
        "supervision.card.closed",
        "supervision.card.dropped",
    }
)
BEGINS = frozenset({"supervision.card.issued", "supervision.card.escalated"})
SEVERITY_NAMES = {"notice": ("预警", "notice"), "yellow": ("黄牌", "yellow card"), "red": ("红牌", "red card")}


def concerns_alerts(kind: str) -> bool:
    """Whether an event of this type begins or ends an alert."""
    return kind in BEGINS or kind in OVER or kind in ("supervision.source.stale", "supervision.source.recovered")


def alert_key(event: Event) -> str:
    """The alert that the event speaks of: the card, or the source that fell silent."""
    if event.type.startswith("supervision.source."):
        return f"source:{event.data.source}"
    return str(event.data.card_id)


def fold_alert(known: Alert | None, event: Event) -> Alert:
    """The alert after the event. An end that arrives before its beginning is kept, so that order does not matter."""
    ends = event.type in OVER or event.type == "supervision.source.recovered"
    fresh = replace(_alert_of(event), traceparent=event.traceparent)
    if known is None:
        return replace(fresh, ends_at=event.time if ends else None)
    if ends:
        return replace(known, ends_at=event.time)
    if known.ends_at is not None and known.ends_at >= event.time:
        return replace(fresh, ends_at=known.ends_at)
    return replace(fresh, starts_at=min(known.starts_at, fresh.starts_at))


def _alert_of(event: Event) -> Alert:
    if event.type.startswith("supervision.source."):
        return _source_alert(event)
    card = event.data
    labels = {
        "alertname": card.rule_id,
        "severity": card.severity,
        "family": card.family or "",
        "org_code": card.org_code,
        "case_no": card.case_no or "",
        "item_code": card.item_code or "",
        "mode": card.mode or "",
    }
    chinese, english = SEVERITY_NAMES.get(card.severity, (card.severity, card.severity))
    subject = card.case_no or card.org_name or card.org_code
    due = f"，应于 {card.due_on.month} 月 {card.due_on.day} 日前办结" if card.due_on else ""
    due_english = f", due {card.due_on.isoformat()}" if card.due_on else ""
    annotations = {
        "summary": f"{chinese} {card.rule_id}：{card.org_name or card.org_code} {subject}{due}",
        "summary_en": f"{english} {card.rule_id}: {card.org_name or card.org_code} {subject}{due_english}",
        "description": card.text or "",
        "ground": card.ground or "",
        "item": card.item_name or "",
        "org": card.org_name or card.org_code,
        "link": f"/supervision/cards/{card.card_id}",
    }
    return Alert(str(card.card_id), _present(labels), annotations, _began(event, card.became_true_at))


def _source_alert(event: Event) -> Alert:
    source = event.data.source
    labels = {"alertname": "SourceStale", "severity": "notice", "family": "DATA", "source": source}
    annotations = {
        "summary": f"数据源 {source} 中断：相关办件亮灰灯，不发牌",
        "summary_en": f"source {source} is silent: its cases show grey, no card is issued",
        "description": "恢复后按发生时间补算，中断期间计为免责时间",
        "link": "/supervision/",
    }
    return Alert(f"source:{source}", labels, annotations, event.time)


def _began(event: Event, became_true_at: datetime | None) -> datetime:
    return became_true_at or event.time


def _present(labels: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in labels.items() if value}
