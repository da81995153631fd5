"""不予受理: not competent where the reason names another authority, else not accepted (hall-events.md §2)."""

from __future__ import annotations

import re

_NAMES_ANOTHER = re.compile(
    r"(?:请向|应向|应当向|应由|属于|由)[^，。；,;]{1,30}?(?:局|委|厅|部门|机关|政府|中心)(?:申请|提出|办理|负责|管辖|受理|的?职权)"
)


def refusal_of(state: str, reason: str) -> str:
    """`not_required` stays; of `not_accepted` the reason tells which it is."""
    if state == "not_required":
        return state
    return "not_competent" if _NAMES_ANOTHER.search(reason) else "not_accepted"
