"""What is published and what was published already: the same thing is never told twice, a change always is."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from libs.common.kernel.events import codec
from libs.common.kernel.events.type_info import APPROVAL_CASES
from libs.common.kernel.spine import Fact
from services.approval.domain.acts import Told

SOURCE = "//sunlit/approval"


@dataclass(frozen=True, slots=True)
class Telling:
    """A fact that is true now.

    Args:
        name: under which it is remembered.
        time: when it happened.
        content: what must be the same for it not to be told again; None = the whole body but `as_of`.
        once: told a single time, whatever becomes of it later.
        says: (name, content) of another telling that this one says as well, so that it is no news after it.
    """

    name: str
    type: str
    time: datetime
    body: Any
    seqno: int = 1
    content: object = None
    once: bool = False
    says: tuple[str, object] | None = None


def tell(
    subject: str, told: Mapping[str, Told], tellings: Iterable[Telling]
) -> tuple[tuple[Fact, ...], Mapping[str, Told]]:
    """The facts that are news, and what is told then; `told` itself when nothing is news.

    The version of a fact grows each time it is told: readers keep the highest.
    """
    facts: list[Fact] = []
    now_told = dict(told)
    for telling in tellings:
        known = now_told.get(telling.name)
        digest = digest_of(telling.content if telling.content is not None else _without_as_of(telling.body))
        if known is not None and (telling.once or known.digest == digest):
            continue
        version = _remember(now_told, telling.name, digest)
        if telling.says is not None:
            _remember(now_told, telling.says[0], digest_of(telling.says[1]))
        facts.append(Fact(APPROVAL_CASES, _event(subject, telling, version)))
    return tuple(facts), now_told if facts else told


def _remember(told: dict[str, Told], name: str, digest: str) -> int:
    version = told[name].version + 1 if name in told else 1
    told[name] = Told(version, digest)
    return version


def _event(subject: str, telling: Telling, version: int) -> Any:
    return codec.new_event(
        telling.type,
        subject,
        telling.body,
        time=telling.time,
        source=SOURCE,
        seqno=telling.seqno,
        dataversion=version,
        org=telling.body.org_code,
        region=telling.body.region_code,
    )


def digest_of(content: object) -> str:
    """SHA-256 in hex of anything that JSON can hold, whatever the order of its keys."""
    return hashlib.sha256(msgspec.json.encode(content, order="deterministic")).hexdigest()


def _without_as_of(body: Any) -> object:
    return {name: value for name, value in msgspec.to_builtins(body).items() if name != "as_of"}
