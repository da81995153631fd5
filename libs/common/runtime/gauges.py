"""What a service's tables say about how its promises stand, as gauges: counted by SQL now and then, never per event.

A gauge whose query fails keeps its last value; `sunlit_gauges_counted_at_seconds` tells how old that is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Gauge
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from libs.common.runtime.clock import Clock
from libs.common.runtime.database import Database
from libs.common.runtime.loops import Loop
from libs.common.runtime.telemetry import log

EVERY_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Counted:
    """One gauge.

    Args:
        name: of the metric, unit last.
        title: one line for whoever reads it.
        query: gives rows of the labels' values and, last, the number; `:now` is the legal instant, `:today` its
            day, `:wall` the wall's instant.
        labels: names of the labels, in the order of the query.
    """

    name: str
    title: str
    query: str
    labels: tuple[str, ...] = ()


class Gauges(Loop):
    """Counts all of them every half minute."""

    def __init__(
        self,
        counted: Sequence[Counted],
        database: Database,
        clock: Clock,
        registry: CollectorRegistry,
        every_seconds: float = EVERY_SECONDS,
    ) -> None:
        super().__init__()
        self._database, self._clock, self._every_seconds = database, clock, every_seconds
        self._counted = [
            (one, text(one.query), Gauge(one.name, one.title, one.labels, registry=registry)) for one in counted
        ]
        self._at = Gauge("sunlit_gauges_counted_at_seconds", "When the tables were counted last", registry=registry)

    async def work(self) -> None:
        while not self.should_stop:
            try:
                await self.count()
            except (DBAPIError, OSError, TimeoutError) as error:
                log("sunlit.gauges").warning("gauges_wait", error=type(error).__name__)
            await self.sleep(self._every_seconds)

    async def count(self) -> None:
        """One look at the tables."""
        now = self._clock.now()
        moment = {"now": now, "today": now.date(), "wall": self._clock.wall()}
        async with self._database.reading() as tx:
            for one, query, gauge in self._counted:
                named = {name: moment[name] for name in query.compile().params}
                rows = (await tx.execute(query, named)).all()
                if one.labels:
                    gauge.clear()
                for row in rows:
                    *labels, number = row
                    (gauge.labels(*(str(label) for label in labels)) if labels else gauge).set(float(number or 0))
        self._at.set(self._clock.wall().timestamp())
