"""What of a personal datum stays in public and what becomes a star (law.md §4).

"public view masks ID 3+11*+4, mobile 3+4*+4, name = first character + one * per further character".
"""

from __future__ import annotations

import re

STAR = "*"

# Province, city and county stay; what follows tells where somebody lives. A housing estate (小区) is no district (区).
_AREA = re.compile(
    r"(?:[^\W\d_路街巷弄村乡镇]{2,7}(?:省|自治区))?"
    r"(?:[^\W\d_路街巷弄村乡镇]{1,8}?(?:市|自治州|地区|盟))?"
    r"(?:[^\W\d_路街巷弄村乡镇]{1,8}?(?:(?<![小社园校厂库院])区|县|旗|市))?"
)


def mask_name(name: str) -> str:
    """张三 → 张*; one star for each character after the first."""
    trimmed = name.strip()
    return trimmed[:1] + STAR * (len(trimmed) - 1)


def mask_resident_id(value: str) -> str:
    """3 + 11 stars + 4; of a shorter number at most a quarter stays at each end."""
    return _keep(value.strip(), 3, 4)


def mask_mobile(value: str) -> str:
    """3 + 4 stars + 4; of a shorter number at most a quarter stays at each end."""
    return _keep(value.strip(), 3, 4)


def mask_landline(value: str) -> str:
    """As mobiles: 3 and 4 stay; of a shorter number at most a quarter stays at each end."""
    return _keep(value.strip(), 3, 4)


def mask_bank_card(value: str) -> str:
    """Only the last four stay."""
    return _keep(value.strip(), 0, 4)


def mask_document(value: str) -> str:
    """Passports and permits: the first and the last two stay."""
    return _keep(value.strip(), 1, 2)


def mask_address(value: str) -> str:
    """Province, city and county stay, everything after them becomes four stars whatever its length."""
    trimmed = value.strip()
    found = _AREA.match(trimmed)
    return f"{found.group() if found else ''}{STAR * 4}" if trimmed else ""


def _keep(value: str, head: int, tail: int) -> str:
    if len(value) < head + tail + 4:
        head, tail = min(head, len(value) // 4), min(tail, len(value) // 4)
    return value[:head] + STAR * (len(value) - head - tail) + value[len(value) - tail :]
