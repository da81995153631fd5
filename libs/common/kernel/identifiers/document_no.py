"""文书号 (GB/T 9704): 机关代字 + 〔year〕 + serial without leading zeros + 号, such as 沪市监许〔2026〕128号."""

from __future__ import annotations

import re

from libs.common.kernel.identifiers.verdict import Verdict, refused

_BRACKETS = str.maketrans("([【（［{｛)]】）］}｝", "〔〔〔〔〔〔〔〕〕〕〕〕〕〕")
_SHAPE = re.compile(r"([\u4e00-\u9fa5A-Za-z]+)〔([^〔〕]*)〕([^〔〕]*)号")
_YEAR = re.compile(r"(?:19|20)[0-9]{2}")
_SERIAL = re.compile(r"[1-9][0-9]*")


def normalise_document_no(value: str) -> str:
    """Trimmed, with every pair of brackets as 〔〕 (U+3014, U+3015)."""
    return value.strip().translate(_BRACKETS)


def judge_document_no(value: str) -> Verdict:
    """A document number as it stands: FORMAT, YEAR, SERIAL, the first error wins."""
    found = _SHAPE.fullmatch(value)
    if found is None:
        return refused(value, "FORMAT")
    agency, year, serial = found.groups()
    if not _YEAR.fullmatch(year):
        return refused(value, "YEAR")
    if not _SERIAL.fullmatch(serial):
        return refused(value, "SERIAL")
    return Verdict(valid=True, normalised=value, parts={"agency": agency, "year": year, "serial": serial})


def check_document_no(value: str) -> Verdict:
    """A document number with its brackets normalised first; it is unique per authority, year and series."""
    return judge_document_no(normalise_document_no(value))
