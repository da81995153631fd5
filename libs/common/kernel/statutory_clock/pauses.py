"""Pauses: closed intervals of dates that a clock does not count (C4).

行政许可法第四十五条: "行政机关作出行政许可决定，依法需要听证、招标、拍卖、检验、检测、检疫、鉴定和专家评审的，
所需时间不计算在本节规定的期限内。行政机关应当将所需时间书面告知申请人。"
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import msgspec

from libs.common.kernel.errors import Problem

PAUSE_BEFORE_START = "PAUSE_BEFORE_START"
PAUSE_REVERSED = "PAUSE_REVERSED"


class Pause(msgspec.Struct, frozen=True, array_like=True):
    """[start_on, end_on], both ends uncounted; `end_on` None = still open. On the wire `[from, to|null]`."""

    start_on: date
    end_on: date | None = None

    def holds(self, day: date) -> bool:
        """Whether `day` lies inside."""
        return self.start_on <= day and (self.end_on is None or day <= self.end_on)


def check_pauses(start: date, pauses: Sequence[Pause]) -> Problem | None:
    """The first pause that begins before the event day or ends before it begins; None when all are well formed."""
    for index, pause in enumerate(pauses):
        if pause.start_on < start:
            return Problem(
                PAUSE_BEFORE_START,
                f"/pauses/{index}/0",
                f"扣除期间自 {pause.start_on} 起，早于起算日 {start}：请改为起算日或其后的日期",
                f"the pause begins on {pause.start_on}, before the event day {start}: begin it on that day or later",
            )
        if pause.end_on is not None and pause.end_on < pause.start_on:
            return Problem(
                PAUSE_REVERSED,
                f"/pauses/{index}/1",
                f"扣除期间止于 {pause.end_on}，早于其开始 {pause.start_on}：请核对起止日期",
                f"the pause ends on {pause.end_on}, before it begins on {pause.start_on}: check the two dates",
            )
    return None


def union(pauses: Sequence[Pause]) -> tuple[Pause, ...]:
    """The same dates as disjoint pauses in order (C4: "Overlapping or adjacent pauses are a union").

    A reversed pause holds no date and is left out; who must refuse it asks `check_pauses` first.
    """
    given = [pause for pause in pauses if pause.end_on is None or pause.end_on >= pause.start_on]
    if len(given) < 2:
        return tuple(given)
    merged: list[Pause] = []
    for pause in sorted(given, key=lambda p: p.start_on):
        last = merged[-1] if merged else None
        if last is None or (last.end_on is not None and (pause.start_on - last.end_on).days > 1):
            merged.append(pause)
        elif last.end_on is not None:
            end_on = None if pause.end_on is None else max(last.end_on, pause.end_on)
            merged[-1] = Pause(last.start_on, end_on)
    return tuple(merged)


def is_paused(day: date, spans: Sequence[Pause]) -> bool:
    """Whether `day` lies inside one of the pauses."""
    return any(span.holds(day) for span in spans)
