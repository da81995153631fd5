"""居民身份证号 (GB 11643-1999)."""

from __future__ import annotations

from datetime import date

from libs.common.kernel.identifiers.regions import PROVINCES
from libs.common.kernel.identifiers.verdict import Verdict, is_digits, normalise, refused

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK = "10X98765432"
_OLDEST_YEARS = 120


def judge_resident_id(value: str, today: date | None = None) -> Verdict:
    """A resident ID as it stands: LENGTH, CHARSET, REGION, BIRTHDATE, CHECK, the first error wins.

    A 15-digit number of the first generation is not accepted (since 2013). Warnings: AGE, SEQUENCE.

    Args:
        today: without it neither the future nor the age is judged.
    """
    if len(value) != 18:
        return refused(value, "LENGTH")
    if not is_digits(value[:17]) or not (is_digits(value[17]) or value[17] == "X"):
        return refused(value, "CHARSET")
    if value[:2] not in PROVINCES:
        return refused(value, "REGION")
    birth = birth_of(value)
    if birth is None or (today is not None and birth > today):
        return refused(value, "BIRTHDATE")
    if value[17] != resident_id_check(value[:17]):
        return refused(value, "CHECK")
    warnings = []
    if (
        today is not None
        and today.year - birth.year - ((today.month, today.day) < (birth.month, birth.day)) > _OLDEST_YEARS
    ):
        warnings.append("AGE")
    if value[14:17] == "000":
        warnings.append("SEQUENCE")
    parts = {"region": value[:6], "birth": birth.isoformat(), "sex": "M" if int(value[16]) % 2 else "F"}
    return Verdict(valid=True, normalised=value, warnings=tuple(warnings), parts=parts)


def check_resident_id(value: str, today: date | None = None) -> Verdict:
    """A resident ID, trimmed and upper-cased first (a lower-case x is an X)."""
    return judge_resident_id(normalise(value), today)


def resident_id_check(body: str) -> str:
    """The 18th character for 17 digits: "10X98765432"[Σ mod 11]."""
    return _CHECK[sum(int(digit) * weight for digit, weight in zip(body, _WEIGHTS, strict=True)) % 11]


def birth_of(value: str) -> date | None:
    """The date in places 7 to 14 of 18 characters whose first 14 are digits; None when there is no such day."""
    try:
        return date(int(value[6:10]), int(value[10:12]), int(value[12:14]))
    except ValueError:
        return None
