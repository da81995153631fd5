"""Names of special procedures: 行政许可法 45 names eight kinds whose time is not counted; any other name is local."""

from __future__ import annotations

import re

SPECIAL_NAMES = {
    "延长审批": "extension",
    "听证": "hearing",
    "招标": "tender",
    "拍卖": "auction",
    "检验": "inspection",
    "检测": "testing",
    "检疫": "quarantine",
    "鉴定": "appraisal",
    "专家评审": "expert_review",
    "其他": "other_local",
}
NAMES = {kind: name for name, kind in reversed(SPECIAL_NAMES.items())}
_TAIL = re.compile(r"[（(].*?[)）]|(?:程序|论证|会)$")


def special_kind_of(name: str, *, is_extension: bool) -> str:
    """The kind that a class and a name tell; a name that says 延长 without the class is a local pause."""
    if is_extension:
        return "extension"
    found = SPECIAL_NAMES.get(_TAIL.sub("", name), "other_local")
    return "other_local" if found == "extension" else found
