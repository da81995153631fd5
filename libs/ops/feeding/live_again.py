"""One replay on a running platform: barrier, driver and intake put together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AsyncExitStack
from datetime import datetime
from zoneinfo import ZoneInfo

from libs.ops.feeding.access import intake_of
from libs.ops.feeding.documents import Row
from libs.ops.feeding.feed import AT_ONCE, Pace
from libs.ops.feeding.intake import Tally
from libs.ops.feeding.reference import Town, register
from libs.ops.feeding.replay import Report, replay
from libs.ops.home import Home, State
from libs.ops.quiescence import Barrier
from libs.ops.time_driver import TimeDriver


async def live_again(
    home: Home,
    state: State,
    rows: Sequence[Row],
    towns: Iterable[Town],
    report: Report,
    *,
    as_of: datetime | None = None,
    pace: Pace = AT_ONCE,
) -> tuple[Tally, datetime]:
    """Registers the towns and lives the rows again; the clock stands afterwards. Answers the tally and where it stands.

    Raises:
        CommandError: the platform runs on the wall clock, does not answer or does not come to rest.
        IntakeUnreachableError: the intake does not answer.
    """
    known = list(towns)
    zones = {ZoneInfo(state.timezone), *(ZoneInfo(town.timezone) for town in known)}
    async with AsyncExitStack() as stack:
        barrier = await stack.enter_async_context(Barrier(state))
        driver = TimeDriver(home, state, barrier)
        client = await stack.enter_async_context(intake_of(home, state))
        for town in known:
            await register(client, town)
        in_order = sorted(zones, key=str)
        try:
            tally = await replay(rows, client, driver, report, zones=in_order, as_of=as_of, pace=pace)
        finally:
            driver.set_speed(0.0)
        return tally, driver.now()
