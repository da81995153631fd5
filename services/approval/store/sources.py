"""Hall systems: which there are, what their format cannot send, and whether they are paused."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import text

from libs.common.kernel.events.reference import SourcePublished
from libs.common.runtime.database import Tx
from services.approval.feeds.flavours import Flavour
from services.approval.store import held
from services.approval.store.reference import References, Stored

AUTHOR = "//sunlit/approval"
_REGISTERED = text("SELECT code FROM reference WHERE kind = 'source' AND state = 'effective' AND code = ANY(:sources)")


class Sources:
    """Registers, pauses and resumes sources; every change goes out on `approval.reference.v1`.

    Args:
        flavours: by name, with what each cannot send.
    """

    def __init__(self, references: References, flavours: Mapping[str, Flavour]) -> None:
        self._references, self.flavours = references, flavours
        self._registered: set[str] = set()

    async def seen(self, tx: Tx, flavour: str, sources: Collection[str], now: datetime) -> None:
        """Register sources that sent something in a flavour and are not known yet."""
        new = sorted(set(sources) - self._registered)
        if not new:
            return
        there = {code for (code,) in await tx.execute(_REGISTERED, {"sources": new})}
        for source in new:
            if source not in there:
                await self.register(tx, source, flavour, now)
        # only what was committed before is remembered: this transaction may yet roll back
        self._registered |= there

    async def register(self, tx: Tx, source: str, flavour: str, now: datetime, *, author: str = AUTHOR) -> int:
        """Put a source in force with the profile of its flavour; its state stays what it was."""
        known = await self._references.current(tx, "source", source)
        is_paused = known is not None and known.body.get("state") == "paused"
        found = self.flavours[flavour]
        body = SourcePublished(
            source=source,
            flavour=flavour,
            state="paused" if is_paused else "open",
            region_code=source.split("/")[3],
            name=found.title,
            cannot_send=found.cannot_send,
            author=author,
        )
        if known is not None and _same(known.body, body):
            return known.version
        return await self._references.put(tx, "source", source, body, author, now)

    async def pause(self, tx: Tx, source: str, by: str, reason: str, now: datetime) -> bool:
        """From now on everything of the source is stored and nothing passed on; False when it is not known."""
        await held.alone(tx)
        return await self._change(tx, source, "paused", by, reason, now)

    async def resume(self, tx: Tx, source: str, by: str, reason: str, now: datetime) -> int | None:
        """Pass on what waits, in its order; how many facts that was. None when the source is not known."""
        await held.alone(tx)
        if not await self._change(tx, source, "open", by, reason, now):
            return None
        return await held.release(tx, source)

    async def _change(self, tx: Tx, source: str, state: str, by: str, reason: str, now: datetime) -> bool:
        known = await self._references.current(tx, "source", source)
        if known is None:
            return False
        body = msgspec.convert({**known.body, "state": state, "reason": reason, "author": by}, SourcePublished)
        await self._references.put(tx, "source", source, body, by, now)
        return True

    async def listed(self, tx: Tx, *, after: str, limit: int) -> list[tuple[Stored, int]]:
        """The sources in force and how many facts each has waiting."""
        waiting = await held.held_counts(tx)
        found = await self._references.listed(tx, "source", after=after, limit=limit)
        return [(stored, waiting.get(stored.code, 0)) for stored in found]


def _same(stored: Mapping[str, Any], body: SourcePublished) -> bool:
    """Whether nothing but who said it, and why, would be new."""
    told = msgspec.to_builtins(body)
    left_out = ("author", "reason")
    return {k: v for k, v in stored.items() if k not in left_out} == {
        k: v for k, v in told.items() if k not in left_out
    }
