"""The events that benchmarks work on: a simulated county's, taken in as the intake does it, without engines."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import orjson

from libs.common.kernel.events import codec
from libs.common.kernel.spine import Received
from libs.common.runtime.calendars import load_calendars
from libs.common.runtime.keyring import create_keys, read_key
from libs.common.runtime.sealing import KeyRef, Sealer, Wrapping
from libs.ops.commands.simulate import acts_of
from libs.ops.simulate.county import load_county
from libs.ops.simulate.seasons import usual_season
from services.approval.domain.intake import Scope
from services.approval.handlers import forward, is_of_case
from services.approval.ports import Gate
from services.approval.store.seals import PURPOSE, PartySeals

EVENTS_PER_CASE = 6.5
FIRST_ON = date(2025, 9, 1)
RECEIVED_AT = datetime(2025, 11, 3, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Message:
    """One message of `hall.events.v1`."""

    key: bytes
    value: bytes


@dataclass(frozen=True, slots=True)
class Material:
    """Sealed events in order of time, with the wrapped keys of their cases.

    Args:
        subjects: how many cases and penalties they are about; complaints and consultations are none.
    """

    messages: tuple[Message, ...]
    keys: Mapping[KeyRef, str]
    subjects: int

    @property
    def mean_bytes(self) -> float:
        """Mean size of an event."""
        return sum(len(message.value) for message in self.messages) / len(self.messages)


class MemoryKeys:
    """`runtime.sealing.KeyStore` in memory."""

    def __init__(self) -> None:
        self.wrapped: dict[KeyRef, str] = {}

    async def wrapped_keys(self, tx: object, refs: Sequence[KeyRef]) -> Mapping[KeyRef, str]:
        """The wrapped keys that exist."""
        return {ref: self.wrapped[ref] for ref in refs if ref in self.wrapped}

    async def add_wrapped_keys(self, tx: object, keys: Mapping[KeyRef, str]) -> None:
        """Keep new keys."""
        self.wrapped |= {ref: key for ref, key in keys.items() if ref not in self.wrapped}

    async def shred(self, tx: object, case_nos: Sequence[str]) -> None:
        """Forget keys."""
        self.wrapped = {ref: key for ref, key in self.wrapped.items() if ref.case_no not in case_nos}


def hall_events(count: int, seed: int | None = None) -> list[dict[str, Any]]:
    """`count` events of sixty days of the simulated county, as its halls send them, in order of time.

    The days are past on every clock, so that an intake on the wall clock takes them too.
    """
    county = load_county()
    calendar = load_calendars().of(county.region_code)
    season = usual_season(calendar, cases=math.ceil(count / EVENTS_PER_CASE) + 10, first_on=FIRST_ON, seed=seed)
    return [event for _, event in islice(acts_of(county, season), count)]


def sealed_events(count: int, secrets_dir: Path) -> Material:
    """The same events as approval puts them into `hall.events.v1`: persons sealed, stamped with the intake's instant.

    Args:
        secrets_dir: folder of the key files; what is missing there is made.
    """
    create_keys(secrets_dir, range(2025, RECEIVED_AT.year + 2))
    return asyncio.run(_sealed(hall_events(count), secrets_dir))


async def _sealed(events: Sequence[dict[str, Any]], secrets_dir: Path) -> Material:
    rows = [orjson.dumps(event) for event in events]
    received = [Received(codec.decode_intake(row), row, "http", 0, 0, RECEIVED_AT) for row in rows]
    keys = MemoryKeys()
    sealer = Sealer(Wrapping.from_dir(secrets_dir), keys)
    with_party = {item.event.subject for item in received if getattr(item.event.data, "party", None) is not None}
    seals = await sealer.seals(None, [KeyRef(subject, PURPOSE) for subject in with_party], RECEIVED_AT.year)
    gate = Gate(PartySeals(seals, read_key(secrets_dir, "party_ref.key")), Scope())
    facts, _ = forward(received, gate, RECEIVED_AT)
    messages = tuple(Message(fact.event.subject.encode(), codec.encode(fact.event)) for fact in facts)
    subjects = {item.event.subject for item in received if is_of_case(item.event)}
    return Material(messages, keys.wrapped, len(subjects))
