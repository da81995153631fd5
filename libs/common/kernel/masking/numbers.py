"""Numbers of persons in plain text: resident IDs, mobiles, landlines, bank cards.

Each run of digits is searched with windows of fixed length, so the work is linear in the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from libs.common.kernel.identifiers.credit_code import judge_credit_code
from libs.common.kernel.identifiers.regions import PROVINCES
from libs.common.kernel.identifiers.resident_id import birth_of, resident_id_check
from libs.common.kernel.masking.masks import mask_bank_card, mask_landline, mask_mobile, mask_resident_id
from libs.common.kernel.masking.plain import joined
from libs.common.kernel.masking.runs import Run, runs_of

HitKind = Literal["resident_id", "mobile", "landline", "bank_card", "address", "name"]

_CARD_LENGTHS = (19, 18, 17, 16)
_CARD_PREFIXES = ("62", "60", "4", "51", "52", "53", "54", "55", "35", "9558")
_CARD_WORDS = re.compile("卡号|账号|账户|银行|存折|储蓄|开户|收款|支付")
_ID_WORDS = re.compile("身份证|身份号|证件号|ID")
_PHONE_WORDS = re.compile("电话|座机|固话|住宅|宅电|联系|号码|传真|[Tt][Ee][Ll]")
_HOME_PHONE = re.compile("(?:联系|住宅|家庭|家里|本人|个人|固定)电话|宅电|座机|固话")
# the phones of an authority are public (政府信息公开条例第十二条: 办公地址、办公时间、联系电话)
_OFFICE_PHONE = re.compile("(?:监督|投诉|举报|咨询|办公|服务|值班|便民|政务|客服)(?:热线|电话|专线)|热线")
_WORD_REACH = 16
_AREA_CODE = re.compile("0(?:10|2[0-57-9]|[3-9][0-9]{2})")


@dataclass(frozen=True, slots=True)
class Hit:
    """A personal datum in a text: `text[start:end]` is to be shown as `masked`. It does not hold the datum itself."""

    kind: HitKind
    start: int
    end: int
    masked: str


def find_numbers(text: str) -> Iterator[Hit]:
    """Every resident ID, phone and bank card of a plain text, in order of place, without overlap."""
    for run in runs_of(text):
        yield from _search(run, text)


def _search(run: Run, text: str) -> Iterator[Hit]:
    at, size = 0, len(run.folded)
    while at + 7 <= size:
        found = (
            _resident_id(run, at)
            or _old_resident_id(run, at, text)
            or _mobile(run, at, text)
            or _landline(run, at, text)
            or _card(run, at, text)
        )
        if found is None:
            at += 1
        else:
            length, kind, masked = found
            yield Hit(kind, run.places[at], run.places[at + length - 1] + 1, masked)
            at += length


_Found = tuple[int, HitKind, str]


def _before(run: Run, at: int, text: str) -> str:
    return joined(text[max(0, run.places[at] - 2 * _WORD_REACH) : run.places[at]]).text[-_WORD_REACH:]


def _resident_id(run: Run, at: int) -> _Found | None:
    """18 characters by region, date and check digit, also inside a longer run: two numbers may have been joined."""
    value = run.window(at, 18)
    if len(value) < 18 or value[:2] not in PROVINCES or not value[:17].isdigit():
        return None
    birth = birth_of(value)
    if birth is None or not 1900 <= birth.year <= 2099 or value[17] != resident_id_check(value[:17]):
        return None
    return 18, "resident_id", mask_resident_id(value)


def _old_resident_id(run: Run, at: int, text: str) -> _Found | None:
    """15 digits of the first generation carry no check digit: only after a word that says so."""
    value = run.window(at, 15)
    if not run.stands_alone(at, 15, text) or not value.isdigit() or value[:2] not in PROVINCES:
        return None
    if birth_of(f"{value[:6]}19{value[6:12]}") is None or not _ID_WORDS.search(_before(run, at, text)):
        return None
    return 15, "resident_id", mask_resident_id(value)


def _mobile(run: Run, at: int, text: str) -> _Found | None:
    value = run.window(at, 11)
    if len(value) < 11 or value[0] != "1" or value[1] not in "3456789" or not value.isdigit():
        return None
    if not run.stands_alone(at, 11, text) or _is_amount(run, at, 11, text):
        return None
    return 11, "mobile", mask_mobile(value)


def _is_amount(run: Run, at: int, length: int, text: str) -> bool:
    """`135000000.00`, or a number that yuan follow."""
    cents = run.places[at + length - 1] - 2
    whole = not any(run.gaps[at + 1 : at + length - 2])
    after = text[cents + 3 : cents + 5].lstrip()[:1]
    return (whole and text[cents] == "." and run.gaps[at + length - 2]) or after in ("元", "¥")


def _landline(run: Run, at: int, text: str) -> _Found | None:
    """With its area code when it is cut behind it or a word says phone; without, only after a private phone's word."""
    code = _area_code_length(run, at)
    length = next((code + n for n in (8, 7) if run.stands_alone(at, code + n, text)), 0)
    value = run.window(at, length)
    if not length or not value.isdigit() or value[code] not in "2345678":
        return None
    words = _before(run, at, text)
    told = (run.gaps[at + code] or _PHONE_WORDS.search(words)) if code else _HOME_PHONE.search(words[-8:])
    return (length, "landline", mask_landline(value)) if told and not _OFFICE_PHONE.search(words) else None


def _area_code_length(run: Run, at: int) -> int:
    area = _AREA_CODE.match(run.window(at, 4))
    return area.end() if area else 0


def _card(run: Run, at: int, text: str) -> _Found | None:
    for length in _CARD_LENGTHS:
        if not run.stands_alone(at, length, text):
            continue
        value = run.window(at, length)
        if not value.isdigit() or not value.startswith(_CARD_PREFIXES) or not _luhn(value):
            continue
        if judge_credit_code(value).valid or (_is_dated(value) and not _CARD_WORDS.search(_before(run, at, text))):
            continue
        return length, "bank_card", mask_bank_card(value)
    return None


def _is_dated(value: str) -> bool:
    """Region and day in front, as in the numbers of cases and licences; one of ten passes Luhn's check by chance."""
    day = birth_of(value)
    return value[:2] in PROVINCES and day is not None and 1990 <= day.year <= 2099


def _luhn(value: str) -> bool:
    total = 0
    for place, character in enumerate(reversed(value)):
        digit = int(character) << (place & 1)
        total += digit - 9 if digit > 9 else digit
    return total % 10 == 0
