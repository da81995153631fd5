"""Masking: what is shown of a person, and the scanner that finds personal data in free text."""

from libs.common.kernel.masking.finder import find_personal_data, may_name
from libs.common.kernel.masking.masks import (
    mask_address,
    mask_bank_card,
    mask_document,
    mask_landline,
    mask_mobile,
    mask_name,
    mask_resident_id,
)
from libs.common.kernel.masking.numbers import Hit, HitKind
from libs.common.kernel.masking.party import is_personal, public_party

__all__ = [
    "Hit",
    "HitKind",
    "find_personal_data",
    "is_personal",
    "mask_address",
    "mask_bank_card",
    "mask_document",
    "mask_landline",
    "mask_mobile",
    "mask_name",
    "mask_resident_id",
    "may_name",
    "public_party",
]
