"""The typed bodies of `notify.*` (topic `notify.deliveries.v1`)."""

from __future__ import annotations

from typing import Literal

from libs.common.kernel.events.codes import Code, Count, Key, Name, Text
from libs.common.kernel.events.parts import Part


class AlertRef(Part, frozen=True, kw_only=True):
    """An alert inside a notification: its fingerprint, state and labels (no personal data in a label)."""

    fingerprint: Key
    status: Literal["firing", "resolved"] | None = None
    labels: dict[str, str] | None = None


class NotificationBody(Part, frozen=True, kw_only=True):
    """One notification on one channel; `receiver` is a name of the routing tree, `attempt` counts from 1."""

    notification_id: Key
    receiver: Name
    channel: Key
    group: Name
    alerts: tuple[AlertRef, ...] = ()
    attempt: Count = 0
    provider_receipt: Name | None = None
    error: Text | None = None
    merged_into: Code | None = None
    by: Name | None = None


class NotificationSent(NotificationBody, frozen=True, kw_only=True):
    """`notify.notification.sent`."""


class NotificationFailed(NotificationBody, frozen=True, kw_only=True):
    """`notify.notification.failed`."""


class NotificationAcknowledged(NotificationBody, frozen=True, kw_only=True):
    """`notify.notification.acknowledged`."""


class NotificationEscalated(NotificationBody, frozen=True, kw_only=True):
    """`notify.notification.escalated`."""


class NotificationMerged(NotificationBody, frozen=True, kw_only=True):
    """`notify.notification.merged`: carried by another one."""
