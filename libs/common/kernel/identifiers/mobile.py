"""Mobile numbers of mainland China: 11 digits, 13 to 19 in front."""

from __future__ import annotations

from libs.common.kernel.identifiers.verdict import Verdict, is_digits, normalise, refused

_COUNTRY = ("+86", "0086", "86")
_SECOND = frozenset("3456789")


def judge_mobile(value: str) -> Verdict:
    """A mobile number as it stands: LENGTH, CHARSET, PREFIX."""
    if len(value) != 11:
        return refused(value, "LENGTH")
    if not is_digits(value):
        return refused(value, "CHARSET")
    if value[0] != "1" or value[1] not in _SECOND:
        return refused(value, "PREFIX")
    return Verdict(valid=True, normalised=value)


def check_mobile(value: str) -> Verdict:
    """A mobile number, trimmed and without the country's prefix first."""
    trimmed = normalise(value)
    bare = next((trimmed[len(p) :] for p in _COUNTRY if trimmed.startswith(p) and len(trimmed) == 11 + len(p)), trimmed)
    return judge_mobile(bare)
