"""Region codes by the shape of GB/T 2260: province, prefecture, county; township and village digits may follow."""

from __future__ import annotations

from libs.common.kernel.identifiers.verdict import Verdict, is_digits, normalise, refused

# law.md §4: "province 11-15, 21-23, 31-37, 41-46, 50-54, 61-65, 71, 81, 82, 83"
PROVINCES = frozenset(
    f"{code}"
    for first, last in ((11, 15), (21, 23), (31, 37), (41, 46), (50, 54), (61, 65), (71, 71), (81, 83))
    for code in range(first, last + 1)
)
# 83 stands only in resident IDs: residence permits of Taiwan residents.
_OF_REGIONS = PROVINCES - {"83"}


def judge_region_code(value: str) -> Verdict:
    """A region code as it stands: 6, 9 (township) or 12 (village) digits; LENGTH, CHARSET, REGION."""
    if len(value) not in (6, 9, 12):
        return refused(value, "LENGTH")
    if not is_digits(value):
        return refused(value, "CHARSET")
    # a county needs its prefecture
    if value[:2] not in _OF_REGIONS or (value[2:4] == "00" and value[4:6] != "00"):
        return refused(value, "REGION")
    parts = {"province": f"{value[:2]}0000", "prefecture": f"{value[:4]}00", "county": value[:6]}
    return Verdict(valid=True, normalised=value, parts=parts)


def check_region_code(value: str) -> Verdict:
    """A region code, trimmed first."""
    return judge_region_code(normalise(value))
