"""What a process knows of itself: is its loop alive, may it be given work, what went wrong last."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime


@dataclass(slots=True)
class Health:
    """Readiness of one process: ready while nothing speaks against it.

    Liveness is another thing (the loop answers at all): a lost database or broker must never restart a process.
    """

    against: dict[str, str] = field(default_factory=dict)
    last_error: str | None = None
    last_error_at: datetime | None = None

    @property
    def ready(self) -> bool:
        """Whether nothing speaks against giving this process work."""
        return not self.against

    def hold(self, part: str, why: str) -> None:
        """`part` is not ready; `why` says it to an operator (no personal data)."""
        self.against[part] = why

    def clear(self, part: str) -> None:
        """`part` is ready again."""
        self.against.pop(part, None)

    def error(self, what: str) -> None:
        """Remember the last error for the status page (no personal data)."""
        self.last_error, self.last_error_at = what, datetime.now(UTC)


def describe(error: BaseException) -> str:
    """An error in one line that holds no values of events: the class, and the text only where it is our own.

    Drivers print the values of a failed statement, which may be personal data.
    """
    origin = getattr(error, "orig", None) or error
    state = getattr(origin, "sqlstate", None)
    detail = getattr(getattr(origin, "diag", None), "message_primary", None) if state else None
    name = type(origin).__name__
    return f"{name} {state}: {detail}" if state else name
