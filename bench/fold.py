"""Claim: folding a case with all its clocks is quick enough to do it anew at every event.

Value: the handler of the approval worker on events that come one batch after the other, in order of time: merge the
act, view the case, count every clock, plan the light, find what is news. Limit: the merge of the same events into the
same sets and nothing else, which is the least that a fold of acts can do.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

from bench.claim import Order, Result, Wrong, rate_result
from bench.material import RECEIVED_AT, Material, MemoryKeys, sealed_events
from libs.common.kernel.events import codec
from libs.common.kernel.spine import Batch, Received
from libs.common.runtime.calendars import load_calendars
from libs.common.runtime.sealing import Opener, Wrapping
from services.approval.domain.acts import Case, merge
from services.approval.handlers import fold_cases, is_of_case
from services.approval.ports import Desk
from services.approval.store.seals import PartyNames

BATCH_EVENTS = 500
ROUNDS = 3


def run(order: Order) -> Result:
    """Measure it."""
    with tempfile.TemporaryDirectory() as folder:
        material = sealed_events(order.amount(20_000, 500), Path(folder))
        desk = _desk(material, Path(folder))
    received = [
        Received(codec.decode(message.value), message.value, "hall.events.v1", 0, offset, RECEIVED_AT)
        for offset, message in enumerate(material.messages)
    ]
    events = [item for item in received if is_of_case(item.event)]
    best_s, merge_s = float("inf"), float("inf")
    for _ in range(ROUNDS):
        seconds, folds, facts, cases = _fold(events, desk)
        best_s, merge_s = min(best_s, seconds), min(merge_s, _merge(events))
    if len(cases) != material.subjects or sum(len(case.acts) for case in cases.values()) != len(events):
        raise Wrong(f"{len(events)} events of {material.subjects} cases went in, others came out")
    return rate_result(
        "fold",
        folds / best_s,
        len(events) / merge_s,
        "merging the same events into the sets of acts, without any view of them",
        unit="folds/s",
        events=len(events),
        folds=folds,
        facts=facts,
        events_per_s=round(len(events) / best_s),
        batch_events=BATCH_EVENTS,
    )


def _desk(material: Material, secrets_dir: Path) -> Desk:
    keys = MemoryKeys()
    keys.wrapped = dict(material.keys)
    seals = asyncio.run(Opener(Wrapping.from_dir(secrets_dir), keys).seals(None, keys.wrapped))
    return Desk(load_calendars(), {}, {}, frozenset(), ZoneInfo("Asia/Shanghai"), PartyNames(seals))


def _fold(events: Sequence[Received], desk: Desk) -> tuple[float, int, int, dict[str, Case]]:
    """Seconds, folds, facts told, and the cases in the end."""
    cases: dict[str, Case] = {}
    folds = facts = 0
    started = time.perf_counter()
    for first in range(0, len(events), BATCH_EVENTS):
        batch = tuple(events[first : first + BATCH_EVENTS])
        known = {item.event.subject: cases[item.event.subject] for item in batch if item.event.subject in cases}
        outcome = fold_cases(Batch(known, desk, batch, (), RECEIVED_AT))
        cases |= outcome.states
        folds += len(outcome.states)
        facts += len(outcome.facts)
    return time.perf_counter() - started, folds, facts, cases


def _merge(events: Sequence[Received]) -> float:
    cases: dict[str, Case] = {}
    started = time.perf_counter()
    for item in events:
        subject = item.event.subject
        cases[subject] = merge(cases.get(subject, Case(subject)), item.event, item.raw)
    return time.perf_counter() - started
