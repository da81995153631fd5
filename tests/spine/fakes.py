"""Fakes of the spine's ports. They pass the same contract tests as the real ones (tests/contracts)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar
from zoneinfo import ZoneInfo

from libs.common.kernel.spine import Outcome
from libs.common.runtime.sealing import KeyRef

S = TypeVar("S")


class FakeClock:
    """A clock that stands until it is moved."""

    def __init__(self, now: datetime, wall: datetime | None = None) -> None:
        self.zone = ZoneInfo("Asia/Shanghai")
        self.legal, self.machine = now, wall or now
        self.proven: dict[str, datetime] = {}

    @property
    def is_virtual(self) -> bool:
        return True

    @property
    def speed(self) -> float:
        return 0.0

    @property
    def is_driven(self) -> bool:
        return False

    def now(self) -> datetime:
        return self.legal.astimezone(self.zone)

    def wall(self) -> datetime:
        return self.machine.astimezone(UTC)

    def due_up_to(self) -> datetime:
        return self.now()

    def wall_due_up_to(self) -> datetime:
        return self.wall()

    def proven_up_to(self, source: str) -> datetime | None:
        return self.proven.get(source)

    def move(self, by: timedelta) -> None:
        """Let legal time pass."""
        self.legal += by


class MemoryKeyStore:
    """Wrapped keys in a dictionary."""

    def __init__(self) -> None:
        self.keys: dict[KeyRef, str] = {}

    async def wrapped_keys(self, tx: Any, refs: Sequence[KeyRef]) -> Mapping[KeyRef, str]:
        return {ref: self.keys[ref] for ref in refs if ref in self.keys}

    async def add_wrapped_keys(self, tx: Any, keys: Mapping[KeyRef, str]) -> None:
        for ref, wrapped in keys.items():
            self.keys.setdefault(ref, wrapped)

    async def shred(self, tx: Any, case_nos: Sequence[str]) -> None:
        self.keys = {ref: wrapped for ref, wrapped in self.keys.items() if ref.case_no not in case_nos}


class MemoryStore(Generic[S]):
    """States in a dictionary; the context is the instant."""

    def __init__(self) -> None:
        self.states: dict[str, S] = {}
        self.extra: list[Any] = []

    async def load(self, tx: Any, keys: Sequence[str], now: datetime) -> tuple[Mapping[str, S], datetime]:
        return {key: self.states[key] for key in keys if key in self.states}, now

    async def save(self, tx: Any, outcome: Outcome[S], now: datetime) -> None:
        self.states.update(outcome.states)
        self.extra.extend(outcome.extra)
