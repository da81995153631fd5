"""The decision of the line `chains` (legal clock): who is told next, what goes out at 08:30, what is summed up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from libs.common.kernel.events.codec import new_event
from libs.common.kernel.events.notify import AlertRef, NotificationEscalated
from libs.common.kernel.spine import Batch, Fact, Look, Outcome
from services.notify.domain.escalation import next_digest, step_at, when
from services.notify.domain.grouping import Alert
from services.notify.making import digest_notification, escalation_notification
from services.notify.ports import Notification, Surroundings

STEP, RELEASE, DIGEST = "step", "release", "digest"
TOPIC = "notify.deliveries.v1"
SOURCE = "//sunlit/notify"


@dataclass(frozen=True, slots=True)
class Following:
    """A notification and what became of it, or (for a digest) the counts of this moment.

    Args:
        alerts: those of it that still fire.
        step: how many steps of its chain are done.
        signed: somebody has signed for it, or for a later notification of its group.
        superseded: a later notification of its group has begun the chain anew.
    """

    notification: Notification | None = None
    alerts: tuple[Alert, ...] = ()
    step: int = 0
    signed: bool = False
    superseded: bool = False
    counts: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class LetGo:
    """The held deliveries of a notification go out now."""

    notification_id: str


@dataclass(frozen=True, slots=True)
class Stepped:
    """So many steps of the notification's chain are done."""

    notification_id: str
    step: int


def go_on(batch: Batch[Following, Surroundings]) -> Outcome[Following]:
    """Works off what came due for each subject; a chain ends with a signature, with the matter, or with its steps."""
    context = batch.context
    extra: list[Notification | LetGo | Stepped] = []
    looks: dict[str, tuple[Look, ...]] = {}
    facts: list[Fact] = []
    for subject, kind in batch.looks:
        state = batch.states.get(subject)
        if state is None:
            continue
        if kind == DIGEST:
            digest = context.routing.digests.get(subject.removeprefix("digest:"))
            if digest is None:
                continue
            extra.append(digest_notification(digest, state.counts, context, context.wall_now))
            looks[subject] = (Look(DIGEST, next_digest(digest, batch.now, context.calendar)),)
        elif kind == RELEASE:
            extra.append(LetGo(subject.removeprefix("release:")))
        elif kind == STEP and state.notification is not None:
            told, following = _next_step(state, state.notification, batch)
            extra += told
            if following is not None:
                looks[subject] = (following,)
            facts += [_escalated(row, batch) for row in told if isinstance(row, Notification)]
    return Outcome(looks=looks, facts=tuple(facts), extra=tuple(extra))


def _next_step(
    state: Following, first: Notification, batch: Batch[Following, Surroundings]
) -> tuple[list[Notification | Stepped], Look | None]:
    context = batch.context
    chain = context.routing.chains.get(first.chain)
    step = None if chain is None else step_at(chain, state.step)
    if chain is None or step is None or state.signed or state.superseded or not state.alerts:
        return [], None
    made = escalation_notification(first, state.alerts, step, state.step, context, context.wall_now)
    done: list[Notification | Stepped] = [made, Stepped(first.notification_id, state.step + 1)]
    after = step_at(chain, state.step + 1)
    look = None if after is None else Look(STEP, when(after, batch.now, context.zone, context.calendar))
    return done, look


def _escalated(row: Notification, batch: Batch[Following, Surroundings]) -> Fact:
    body = NotificationEscalated(
        notification_id=row.notification_id,
        receiver=row.receiver,
        channel="chain",
        group=row.group_id,
        alerts=tuple(
            AlertRef(fingerprint=a["fingerprint"], status=a["status"], labels=a["labels"]) for a in row.alerts
        ),
    )
    kind = "notify.notification.escalated"
    identity = f"{row.notification_id}/escalated"
    return Fact(TOPIC, new_event(kind, row.notification_id, body, time=batch.now, source=SOURCE, id=identity))
