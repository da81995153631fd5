"""The answer about an identifier, and what is done to a value at the edge before it is judged (decision 28)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

# What each error and warning means and what to do, zh-CN and English.
TEXTS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "LENGTH": ("位数不对", "wrong number of characters"),
        "CHARSET": ("含有不允许的字符", "holds a character that is not allowed"),
        "DEPARTMENT": ("登记管理部门代码不存在", "unknown registering department"),
        "CATEGORY": ("该登记管理部门没有这个机构类别", "the department has no such category"),
        "REGION": ("行政区划代码不存在", "no such region code"),
        "BIRTHDATE": ("出生日期不存在或者晚于今天", "no such date of birth, or it lies in the future"),
        "CHECK": ("校验码不符，请核对每一位", "the check character does not fit: compare every character"),
        "PREFIX": ("不是手机号段", "not a mobile prefix"),
        "FORMAT": (
            "应为“机关代字〔年份〕序号号”，例如“沪市监许〔2026〕128号”",
            "should read 机关代字〔year〕serial号, such as 沪市监许〔2026〕128号",
        ),
        "YEAR": ("年份应为四位数，19 或 20 开头", "the year has four digits and begins with 19 or 20"),
        "SERIAL": ("序号应为不带前导零的数字", "the serial is a number without leading zeros"),
        "ORGCODE_CHECK": (
            "内含的组织机构代码校验位不符（登记中存在此类代码）",
            "the inner organisation code's check differs",
        ),
        "AGE": ("年龄超过 120 岁，请核实", "older than 120 years, please verify"),
        "SEQUENCE": ("顺序码 000 未见签发", "sequence 000 is not known to be issued"),
    }
)

_UPPER = str.maketrans("abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ")


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of `POST /identifiers:check`.

    Args:
        normalised: the value that was judged.
        error: first error in the judging order of the kind; None when valid. Words: `TEXTS`.
        parts: what the identifier says (region, birth, …), only when valid.
    """

    valid: bool
    normalised: str
    error: str | None = None
    warnings: tuple[str, ...] = ()
    parts: dict[str, str] | None = None


def refused(value: str, error: str) -> Verdict:
    """An invalid identifier."""
    return Verdict(valid=False, normalised=value, error=error)


def normalise(value: str) -> str:
    """Trimmed at the edges and upper-cased (a–z only); inner spaces and full-width letters stay and are errors."""
    return value.strip().translate(_UPPER)


def is_digits(value: str) -> bool:
    """ASCII digits only: `str.isdigit` alone lets ٣ and ３ pass."""
    return value.isascii() and value.isdigit()
