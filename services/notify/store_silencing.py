"""Silences are made, changed, ended and tried out: one way for our API, our pages and `amtool`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from libs.common.kernel.errors import DataError
from libs.common.runtime.database import Tx
from services.notify.domain.matchers import Matcher, all_match
from services.notify.domain.silences import Silence, expired, may_become, problems_of
from services.notify.store import Place, RoutingStore
from services.notify.store_outside import OpenAlert, open_alerts
from services.notify.store_silences import one_silence, save_silences


async def put_silence(tx: Tx, wanted: Silence, now: datetime, new_id: Callable[[], str]) -> Silence | None:
    """Makes a silence, or changes the one with its id; None when no silence has that id.

    A change that would make what was silent loud, or another thing silent, ends the old one and begins a new one.

    Raises:
        DataError: what is wrong with it.
    """
    starts_at = max(wanted.starts_at, now) if not wanted.silence_id else wanted.starts_at
    wanted = replace(wanted, starts_at=starts_at, updated_at=now)
    problems = problems_of(wanted, now)
    if problems:
        raise DataError(*problems)
    if not wanted.silence_id:
        wanted = replace(wanted, silence_id=new_id())
        await save_silences(tx, [wanted])
        return wanted
    known = await one_silence(tx, wanted.silence_id, lock=True)
    if known is None:
        return None
    if may_become(known, wanted, now):
        await save_silences(tx, [wanted])
        return wanted
    ended = expired(known, now)
    fresh = replace(wanted, silence_id=new_id(), starts_at=max(wanted.starts_at, now))
    await save_silences(tx, [fresh] if ended is None else [ended, fresh])
    return fresh


async def end_silence(tx: Tx, silence_id: str, now: datetime) -> bool | None:
    """Ends a silence now: True, False when it is over already, None when there is none."""
    known = await one_silence(tx, silence_id, lock=True)
    if known is None:
        return None
    ended = expired(known, now)
    if ended is not None:
        await save_silences(tx, [ended])
    return ended is not None


async def would_silence(
    tx: Tx, tree: RoutingStore, place: Place, matchers: tuple[Matcher, ...], now: datetime
) -> list[OpenAlert]:
    """What fires now and fits the matchers."""
    return [row for row in await open_alerts(tx, tree, place, now) if all_match(matchers, row.alert.labels)]
