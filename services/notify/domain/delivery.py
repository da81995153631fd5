"""What an attempt to deliver means: done, again later, given up, or the address is gone.

Schedule and classes follow Standard Webhooks: 408, 429 and 5xx are tried again, other 4xx are final, 410 disables the
address. An alert is never dropped: what is given up is a failure with a reason that somebody sees.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

# 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h: some three days in all
RETRY_SECONDS = (5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400)
ATTEMPTS_MAX = len(RETRY_SECONDS) + 1
JITTER_SHARE = 0.2


@dataclass(frozen=True, slots=True)
class Answer:
    """What the receiver's side said.

    Args:
        ok: it has taken the message.
        retryable: trying again may help.
        disables: the address says that it is gone (410).
        receipt: the provider's own id of the message.
        error: what went wrong, for people.
        after_seconds: the receiver's own wish (Retry-After), or None.
    """

    ok: bool
    retryable: bool = False
    disables: bool = False
    receipt: str | None = None
    error: str | None = None
    after_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Delivered:
    receipt: str | None


@dataclass(frozen=True, slots=True)
class Again:
    at: datetime
    error: str


@dataclass(frozen=True, slots=True)
class GaveUp:
    error: str
    disables: bool = False


def answer_of_status(status: int, text: str, retry_after: float | None = None) -> Answer:
    """An HTTP receiver's status as an answer."""
    if 200 <= status < 300:
        return Answer(ok=True, receipt=str(status))
    error = f"接收方返回 {status}：{text[:200]}" if text else f"接收方返回 {status}"
    if status in (408, 429) or status >= 500:
        return Answer(ok=False, retryable=True, error=error, after_seconds=retry_after)
    return Answer(ok=False, disables=status == 410, error=error)


def judge(answer: Answer, attempt: int, now: datetime, luck: float) -> Delivered | Again | GaveUp:
    """What follows from the answer to attempt number `attempt` (from 1).

    Args:
        now: wall clock.
        luck: in [0, 1), spreads retries so that a herd does not return at once.
    """
    assert attempt >= 1
    assert 0 <= luck < 1
    if answer.ok:
        return Delivered(answer.receipt)
    error = answer.error or "发送失败"
    if not answer.retryable:
        return GaveUp(error, answer.disables)
    if attempt >= ATTEMPTS_MAX:
        return GaveUp(f"已尝试 {attempt} 次：{error}")
    seconds = max(float(RETRY_SECONDS[attempt - 1]), answer.after_seconds or 0.0)
    return Again(now + timedelta(seconds=seconds * (1 + JITTER_SHARE * luck)), error)
