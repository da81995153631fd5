"""Watches how far the worker has come: only then is a heartbeat's word proof for every partition (decision 31)."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import datetime

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from sqlalchemy.exc import DBAPIError

from libs.common.runtime import offsets
from libs.common.runtime.assembly import Spine
from libs.common.runtime.brokers import client_options
from libs.common.runtime.loops import Loop
from libs.common.runtime.offsets import Place
from libs.common.runtime.telemetry import log
from services.monitoring.store.progress import note_progress

TOPIC = "hall.events.v1"
EVERY_S, POLL_S, PATIENCE_S = 5.0, 0.5, 60.0


class ProgressWatch(Loop):
    """Notes the last instant at which everything on the halls' topic had been worked off.

    A round remembers where every partition ends, then waits until the effects have passed all of these places: what was
    written before the round began has had its effect, whatever partition it lies in and whoever works on it.
    """

    def __init__(self, spine: Spine) -> None:
        super().__init__()
        self._spine = spine
        self._log = log("sunlit.progress")

    async def work(self) -> None:
        while not self.should_stop:
            kafka = AIOKafkaConsumer(**client_options(self._spine.settings))
            try:
                await kafka.start()
                while not self.should_stop:
                    await self._round(kafka)
                    await self.sleep(EVERY_S)
            except (KafkaError, OSError, DBAPIError) as error:
                self._log.warning("progress_unknown", error=str(error)[:200])
                await self.sleep(EVERY_S)
            finally:
                with suppress(KafkaError, OSError):
                    await kafka.stop()

    async def _round(self, kafka: AIOKafkaConsumer) -> None:
        began_at: datetime = self._spine.clock.wall()
        partitions = [TopicPartition(TOPIC, number) for number in kafka.partitions_for_topic(TOPIC) or ()]
        if not partitions:
            await kafka.topics()
            return
        ends = {(p.topic, p.partition): end for p, end in (await kafka.end_offsets(partitions)).items()}
        waited = 0.0
        while not self.should_stop and waited < PATIENCE_S:
            if await self._passed(ends):
                async with self._spine.database.transaction() as tx:
                    await note_progress(tx, TOPIC, began_at)
                return
            await asyncio.sleep(POLL_S)
            waited += POLL_S

    async def _passed(self, ends: dict[Place, int]) -> bool:
        async with self._spine.database.reading() as tx:
            stored = await offsets.load(tx, self._spine.service)
        return all(stored.get(place, 0) >= end for place, end in ends.items())
