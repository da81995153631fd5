"""A Faust service that is one endless loop and, asked to stop, is given time to finish its round."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from contextlib import suppress

import faust


class Loop(faust.Service):
    """Runs `work` as its task.

    Faust cancels tasks when a service stops; a round that is cancelled in the middle is safe here, but it may leave a
    connection behind, or work that is done again. `work` looks at `should_stop` and returns by itself.
    """

    stop_wait_s = 3.0

    def __init__(self) -> None:
        super().__init__()
        self._begun = False
        self._finished = asyncio.Event()

    @abstractmethod
    async def work(self) -> None:
        """The loop; returns when the service is told to stop."""

    async def on_stop(self) -> None:
        if self._begun:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._finished.wait(), self.stop_wait_s)

    @faust.Service.task
    async def _run(self) -> None:
        self._begun = True
        try:
            await self.work()
        finally:
            self._finished.set()
