"""The intake API as a client sees it: batches go in, an answer comes back only when they are durable."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
import orjson

from libs.common.kernel.errors import SunlitError

BATCH_EVENTS = 2000
PATIENCE_SECONDS = 120.0
NOT_FOUND = 404
# the intake says "later" with these: the database is away, or the outbox has reached its cap
TRY_AGAIN = frozenset({429, 502, 503, 504})


class IntakeUnreachableError(SunlitError):
    """The intake did not take the batch within the client's patience, or refused it whole."""


@dataclass(slots=True)
class Tally:
    """What became of the events so far."""

    accepted: int = 0
    duplicates: int = 0
    rejected: list[dict[str, Any]] = field(default_factory=list)

    def add(self, answer: dict[str, Any], first_row: int) -> None:
        """Adds one answer; `first_row` turns the batch's own index into the index of the whole feed."""
        self.accepted += answer["accepted"]
        self.duplicates += answer["duplicates"]
        self.rejected += [{**row, "index": row["index"] + first_row} for row in answer["rejected"]]


class IntakeClient:
    """Posts batches to `POST /api/approval/v1/events`, waiting out what is transient."""

    def __init__(self, url: str, token: str) -> None:
        self._client = httpx.AsyncClient(
            base_url=url, headers={"authorization": f"Bearer {token}"}, timeout=60, trust_env=False
        )

    async def __aenter__(self) -> IntakeClient:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def post(self, events: Sequence[dict[str, Any]], *, dry_run: bool = False) -> dict[str, Any]:
        """The intake's answer `{accepted, duplicates, rejected}`.

        Raises:
            IntakeUnreachableError: no answer within two minutes, or a refusal of the whole batch.
        """
        body = orjson.dumps(events)
        waited_seconds, pause_seconds = 0.0, 0.2
        while True:
            answer = await self._try(body, dry_run=dry_run)
            if answer is not None:
                return answer
            if waited_seconds > PATIENCE_SECONDS:
                raise IntakeUnreachableError(
                    "接收接口两分钟没有应答；已接收的事件不会丢失，稍后重新执行同一命令即可（重复的自动忽略）"
                )
            await asyncio.sleep(pause_seconds)
            waited_seconds += pause_seconds
            pause_seconds = min(pause_seconds * 2, 5.0)

    async def _try(self, body: bytes, *, dry_run: bool) -> dict[str, Any] | None:
        try:
            response = await self._client.post(
                "/api/approval/v1/events",
                content=body,
                params={"dry_run": "true"} if dry_run else None,
                headers={"content-type": "application/cloudevents-batch+json"},
            )
        except httpx.TransportError:
            return None
        if response.status_code in TRY_AGAIN:
            return None
        if response.status_code >= 400:
            raise IntakeUnreachableError(f"接收接口拒绝了整批数据（{response.status_code}）：{response.text[:400]}")
        answer: dict[str, Any] = response.json()
        return answer

    async def put(self, path: str, body: dict[str, Any]) -> None:
        """Registers reference data (a region, an organisation) that the events refer to.

        Raises:
            IntakeUnreachableError: no answer, or a refusal.
        """
        try:
            response = await self._client.put(path, json=body)
        except httpx.TransportError as error:
            raise IntakeUnreachableError(
                f"登记 {path} 时平台没有应答：{error} (the platform does not answer)"
            ) from error
        if response.status_code >= 400:
            raise IntakeUnreachableError(f"登记 {path} 失败（{response.status_code}）：{response.text[:400]}")

    async def send(self, path: str, body: dict[str, Any]) -> Any:
        """Posts a document and answers what the platform says to it.

        Raises:
            IntakeUnreachableError: no answer, or a refusal.
        """
        try:
            response = await self._client.post(path, json=body)
        except httpx.TransportError as error:
            raise IntakeUnreachableError(f"{path} 没有应答：{error} (no answer)") from error
        if response.status_code >= 400:
            raise IntakeUnreachableError(f"{path} 失败（{response.status_code}）：{response.text[:400]}")
        return response.json()

    async def get(self, path: str, query: dict[str, str]) -> Any | None:
        """What the platform says at `path`, or None where it has no such page.

        Raises:
            IntakeUnreachableError: no answer, or a refusal other than 404.
        """
        try:
            response = await self._client.get(path, params=query)
        except httpx.TransportError as error:
            raise IntakeUnreachableError(f"{path} 没有应答：{error} (no answer)") from error
        if response.status_code == NOT_FOUND:
            return None
        if response.status_code >= 400:
            raise IntakeUnreachableError(f"{path}（{response.status_code}）：{response.text[:400]}")
        return response.json()
