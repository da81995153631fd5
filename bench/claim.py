"""What a benchmark is asked and what it answers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec

from bench.machine import machine


class Wrong(Exception):  # noqa: N818 - it says what the result is
    """A result is wrong (lost, doubled, parked): figures of such a run mean nothing."""


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """How much to do.

    Args:
        is_quick: a smoke run: every part runs, the figures mean little.
        size: events (or rows) instead of the claim's own number.
        say: one line for the person who waits.
    """

    is_quick: bool = False
    size: int | None = None
    say: Callable[[str], None] = lambda _: None

    def amount(self, full: int, quick: int) -> int:
        """The number of events (or rows) of this run."""
        return self.size or (quick if self.is_quick else full)


class Target(msgspec.Struct, frozen=True):
    """What was wanted and what was got; `at_least` False = the smaller the better."""

    what: str
    wanted: float
    got: float
    at_least: bool = True

    @property
    def is_reached(self) -> bool:
        """Whether it was reached."""
        return self.got >= self.wanted if self.at_least else self.got <= self.wanted


class Result(msgspec.Struct, kw_only=True):
    """One claim's answer.

    Args:
        limit: the same work done as barely as it can be, in the same run, in the same unit.
        ratio_to_limit: which part of the limit is reached: 1 is perfect, for times too.
        others: further figures; `limit_is` says what the limit is, `targets` what was wanted.
    """

    name: str
    value: float
    unit: str
    limit: float
    ratio_to_limit: float
    others: dict[str, Any]
    ratio_to_plain_faust: float | msgspec.UnsetType = msgspec.UNSET
    machine: dict[str, Any]
    at: datetime


def rate_result(name: str, value: float, limit: float, limit_is: str, unit: str = "events/s", **others: Any) -> Result:
    """The answer of a claim that counts per second."""
    return _result(name, value, unit, limit, value / limit, limit_is, others)


def time_result(name: str, value: float, limit: float, limit_is: str, unit: str = "ms", **others: Any) -> Result:
    """The answer of a claim that measures a time."""
    return _result(name, value, unit, limit, limit / value, limit_is, others)


def _result(
    name: str, value: float, unit: str, limit: float, ratio: float, limit_is: str, others: dict[str, Any]
) -> Result:
    targets: list[Target] = others.pop("targets", [])
    told = [{**msgspec.to_builtins(target), "reached": target.is_reached} for target in targets]
    return Result(
        name=name,
        value=round(value, 2),
        unit=unit,
        limit=round(limit, 2),
        ratio_to_limit=round(ratio, 3),
        others={"limit_is": limit_is, "targets": told, **others},
        machine=machine(),
        at=datetime.now(UTC).replace(microsecond=0),
    )
