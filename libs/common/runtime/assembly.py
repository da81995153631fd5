"""The parts of the spine that both kinds of process of a service share, put together once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from libs.common.runtime.clock import Clock, build_clock
from libs.common.runtime.database import Database
from libs.common.runtime.health import Health
from libs.common.runtime.inbox import Inbox
from libs.common.runtime.letters import Letters
from libs.common.runtime.lines import AnyLine
from libs.common.runtime.settings import Settings
from libs.common.runtime.telemetry import Metrics
from libs.common.runtime.tracing import Tracing


@dataclass(frozen=True, slots=True)
class Spine:
    """What services reach for in `main`, routes, agents and timers."""

    service: str
    settings: Settings
    database: Database
    clock: Clock
    metrics: Metrics
    tracing: Tracing
    health: Health
    inbox: Inbox
    lines: tuple[AnyLine, ...]
    letters: Letters


def build_spine(settings: Settings, service: str, lines: Sequence[AnyLine] = (), inbox: Inbox | None = None) -> Spine:
    """Wire the shared parts; nothing is connected yet.

    Args:
        inbox: the service's archive, if that is its inbox.
    """
    names = [line.name for line in lines]
    assert len(set(names)) == len(names), f"two lines of {service} have one name: {names}"
    database = Database(settings.dsn, settings.schema_of(service), pool_size=settings.database_pool_size)
    clock = build_clock(settings.clock, settings.timezone)
    inbox = inbox or Inbox()
    return Spine(
        service,
        settings,
        database,
        clock,
        Metrics(service),
        Tracing(service, settings.otlp),
        Health(),
        inbox,
        tuple(lines),
        Letters(lines, database, clock, inbox),
    )
