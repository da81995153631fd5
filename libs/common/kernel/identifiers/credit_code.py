"""统一社会信用代码 (GB 32100-2015 with its amendment) and the organisation code inside it (GB 11714)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from libs.common.kernel.identifiers.verdict import Verdict, is_digits, normalise, refused

# 31 characters, without I O S V Z
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_VALUE = MappingProxyType({character: value for value, character in enumerate(ALPHABET)})
_WEIGHTS = tuple(pow(3, place, 31) for place in range(17))

_ORG_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_ORG_CHECK = "0X987654321"
_ORG_LENGTH = 9

# law.md §4: registering department → its categories
CATEGORIES: Mapping[str, str] = MappingProxyType(
    {
        "1": "1239",  # 机构编制: 机关 事业 群团
        "2": "19",  # 外交
        "3": "123459",  # 司法行政: 律所 公证 法律服务所 鉴定 仲裁
        "4": "19",  # 文化
        "5": "1239",  # 民政: 社团 民非 基金会
        "6": "129",  # 旅游
        "7": "129",  # 宗教: 场所 院校
        "8": "19",  # 工会
        "9": "123",  # 市场监管: 企业 个体 农专
        "A": "19",  # 军委编办
        "N": "1239",  # 农业: 组 村 乡镇
        "Y": "1",  # 其他
    }
)


def judge_credit_code(value: str) -> Verdict:
    """A credit code as it stands: LENGTH, CHARSET, DEPARTMENT, CATEGORY, REGION, CHECK, the first error wins.

    A wrong inner GB 11714 digit under a right check character is the warning ORGCODE_CHECK: such codes are registered.
    """
    if len(value) != 18:
        return refused(value, "LENGTH")
    if not all(character in _VALUE for character in value):
        return refused(value, "CHARSET")
    if value[0] not in CATEGORIES:
        return refused(value, "DEPARTMENT")
    if value[1] not in CATEGORIES[value[0]]:
        return refused(value, "CATEGORY")
    if not is_digits(value[2:8]):
        return refused(value, "REGION")
    if value[17] != credit_code_check(value[:17]):
        return refused(value, "CHECK")
    org_code = value[8:17]
    warnings = () if org_code[8] == org_code_check(org_code[:8]) else ("ORGCODE_CHECK",)
    parts = {
        "department": value[0],
        "category": value[1],
        "region": value[2:8],
        "org_code": f"{org_code[:8]}-{org_code[8]}",
    }
    return Verdict(valid=True, normalised=value, warnings=warnings, parts=parts)


def check_credit_code(value: str) -> Verdict:
    """A credit code, trimmed and upper-cased first."""
    return judge_credit_code(normalise(value))


def judge_org_code(value: str) -> Verdict:
    """An organisation code as it stands, `XXXX0001-9` or without the hyphen: LENGTH, CHARSET, CHECK (GB 11714)."""
    bare = value[:8] + value[9:] if value[8:9] == "-" else value
    if len(bare) != _ORG_LENGTH:
        return refused(value, "LENGTH")
    if not (bare.isascii() and bare.isalnum() and bare == bare.upper()):
        return refused(value, "CHARSET")
    if bare[8] != org_code_check(bare[:8]):
        return refused(value, "CHECK")
    return Verdict(valid=True, normalised=f"{bare[:8]}-{bare[8]}", parts={"body": bare[:8], "check": bare[8]})


def check_org_code(value: str) -> Verdict:
    """An organisation code, trimmed and upper-cased first."""
    return judge_org_code(normalise(value))


def credit_code_check(body: str) -> str:
    """The 18th character for the first 17, all of `ALPHABET`: alphabet[(31 - Σ mod 31) mod 31]."""
    total = sum(_VALUE[character] * weight for character, weight in zip(body, _WEIGHTS, strict=True))
    return ALPHABET[-total % 31]


def org_code_check(body: str) -> str:
    """The 9th character for 8 digits or capitals (A=10 … Z=35): 11 - Σ mod 11, where 10 is X and 11 is 0."""
    total = sum(int(character, 36) * weight for character, weight in zip(body, _ORG_WEIGHTS, strict=True))
    return _ORG_CHECK[total % 11]
