"""The demonstration's player: `sunlit up --demo` starts it when all answer (decision 9).

1. It lives the first sixty days of a simulated county again, fast, with progress.
2. Then the clock runs at one legal hour a second, and what happens in the county goes in as legal time passes; every
   source says each legal hour that all is sent, but now and then one falls silent, and its lights turn grey.
3. At the end of the season, before the horizon of the working calendar, the clock stands and it says so.
The county is drawn from a fixed seed and the intake knows every event: a player that is started again goes on.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import takewhile
from pathlib import Path

from libs.common.kernel.errors import SunlitError
from libs.common.runtime.calendars import load_calendars
from libs.ops.commands.progress import Meter
from libs.ops.commands.terminal import say
from libs.ops.feeding.access import approver_of, intake_of
from libs.ops.feeding.documents import Row
from libs.ops.feeding.feed import post_rows
from libs.ops.feeding.intake import BATCH_EVENTS, IntakeClient, IntakeUnreachableError, Tally
from libs.ops.feeding.items import publish_items
from libs.ops.feeding.live_again import live_again
from libs.ops.feeding.reference import town_of_county
from libs.ops.home import Home, State
from libs.ops.quiescence import Barrier
from libs.ops.simulate.acts import Act, day_start
from libs.ops.simulate.county import load_county
from libs.ops.simulate.demonstration import demo_story
from libs.ops.simulate.items import item_body
from libs.ops.simulate.seasons import DEMO_LIVE_ON
from libs.ops.simulate.story import Story
from libs.ops.time_driver import TimeDriver

# one legal hour a second
SPEED = 3600.0
TURN_SECONDS = 0.25
TRY_AGAIN_SECONDS = 5.0
# what a player that was ended may have left unsent: it reads so much of the county again
OVERLAP = timedelta(hours=6)


class Player:
    """Plays one story into one platform."""

    def __init__(self, home: Home, state: State, story: Story) -> None:
        self._home, self._state, self._story = home, state, story
        self._live_at = day_start(DEMO_LIVE_ON, story.county)
        self._ends_at = day_start(story.season.last_on + timedelta(days=1), story.county)

    async def play(self) -> None:
        """Plays until the season ends.

        Raises:
            CommandError: the platform does not answer or does not come to rest.
            IntakeUnreachableError: the intake does not answer while the past is played.
        """
        async with Barrier(self._state) as barrier:
            driver = TimeDriver(self._home, self._state, barrier)
            if driver.now() < self._live_at:
                await self._past(driver.now())
            if driver.now() < self._ends_at:
                say(f"legal time now passes at one hour a second, from {driver.now():%Y-%m-%d %H:%M}")
                driver.set_speed(SPEED)
                await self._live(driver)
            driver.set_speed(0.0)
        say(
            f"演示到 {self._story.season.last_on} 为止，法定时钟已停止 · the demonstration ends here: "
            "the legal clock stands, all pages still answer; `sunlit clock advance 1d` moves it by hand"
        )

    async def _past(self, now: datetime) -> None:
        """The days before the live part; what an earlier player has sent is left out."""
        county = self._story.county
        async with intake_of(self._home, self._state) as client, approver_of(self._home, self._state) as approver:
            await publish_items(client, approver, (item_body(county, item) for item in county.items))
        acts = takewhile(lambda act: act[0] < self._live_at, self._story.acts(heartbeats=False))
        rows = [Row(number, event) for number, (at, event) in enumerate(acts, 1) if at >= now - OVERLAP]
        days = (self._live_at - now).days + 1
        with Meter("days of the county", days) as meter:

            def report(_: int, __: int, at: datetime, tally: Tally) -> None:
                meter.show((at - now).days, f"{at:%Y-%m-%d}  {tally.accepted} events")

            town = town_of_county(county)
            await live_again(self._home, self._state, rows, [town], report, as_of=self._live_at)

    async def _live(self, driver: TimeDriver) -> None:
        """The county as legal time passes, until the season's end."""
        begins_at = driver.now() - OVERLAP
        ahead = Ahead(act for act in self._story.acts(heartbeats=True) if act[0] >= begins_at)
        async with intake_of(self._home, self._state) as client:
            while (now := driver.now()) < self._ends_at:
                await send(client, ahead.until(now))
                await asyncio.sleep(TURN_SECONDS)
            await send(client, ahead.until(self._ends_at))


class Ahead:
    """Acts that have not happened yet, taken as time passes."""

    def __init__(self, acts: Iterator[Act]) -> None:
        self._acts = acts
        self._next: Act | None = next(acts, None)

    def until(self, now: datetime) -> list[Row]:
        """What has happened up to `now` and was not taken yet."""
        rows: list[Row] = []
        while self._next is not None and self._next[0] <= now:
            rows.append(Row(len(rows), self._next[1]))
            self._next = next(self._acts, None)
        return rows


async def send(client: IntakeClient, rows: list[Row]) -> None:
    """Posts rows; a platform that is away for a while gets them when it is back."""
    for first in range(0, len(rows), BATCH_EVENTS):
        while True:
            try:
                await post_rows(rows[first : first + BATCH_EVENTS], client, Tally(), first)
                break
            except IntakeUnreachableError as error:
                say(f"the demonstration waits: {error}")
                await asyncio.sleep(TRY_AGAIN_SECONDS)


def main() -> None:
    """`python -m libs.ops.demo --home <folder>`, started by the launcher."""
    parser = argparse.ArgumentParser(prog="libs.ops.demo", description="Plays the demonstration into a running home.")
    parser.add_argument("--home", type=Path, required=True)
    home = Home(parser.parse_args().home)
    county = load_county()
    story = demo_story(county, load_calendars().of(county.region_code))
    try:
        asyncio.run(Player(home, home.running(), story).play())
    except SunlitError as error:
        say(f"the demonstration stopped, the platform goes on (`sunlit up --demo` plays on): {error}")
        raise SystemExit(1) from error


if __name__ == "__main__":
    main()
