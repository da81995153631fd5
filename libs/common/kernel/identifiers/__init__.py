"""Identifiers: `judge_…` takes a value as it stands, `check_…` trims and upper-cases its edges first (decision 28)."""

from __future__ import annotations

from datetime import date

from libs.common.kernel.identifiers.credit_code import (
    check_credit_code,
    check_org_code,
    credit_code_check,
    judge_credit_code,
    judge_org_code,
    org_code_check,
)
from libs.common.kernel.identifiers.document_no import check_document_no, judge_document_no, normalise_document_no
from libs.common.kernel.identifiers.mobile import check_mobile, judge_mobile
from libs.common.kernel.identifiers.regions import PROVINCES, check_region_code, judge_region_code
from libs.common.kernel.identifiers.resident_id import check_resident_id, judge_resident_id, resident_id_check
from libs.common.kernel.identifiers.verdict import TEXTS, Verdict, normalise

__all__ = [
    "KINDS",
    "PROVINCES",
    "TEXTS",
    "Verdict",
    "check_credit_code",
    "check_document_no",
    "check_identifier",
    "check_mobile",
    "check_org_code",
    "check_region_code",
    "check_resident_id",
    "credit_code_check",
    "judge_credit_code",
    "judge_document_no",
    "judge_mobile",
    "judge_org_code",
    "judge_region_code",
    "judge_resident_id",
    "normalise",
    "normalise_document_no",
    "org_code_check",
    "resident_id_check",
]

_CHECKS = {
    "uscc": check_credit_code,
    "org_code": check_org_code,
    "region_code": check_region_code,
    "document_no": check_document_no,
    "mobile": check_mobile,
}
KINDS = ("resident_id", *_CHECKS)


def check_identifier(kind: str, value: str, today: date | None = None) -> Verdict:
    """The answer of `POST /identifiers:check`.

    Raises:
        KeyError: `kind` is none of `KINDS`.
    """
    return check_resident_id(value, today) if kind == "resident_id" else _CHECKS[kind](value)
