"""信息处理费: what an excessive request for information costs (国办函〔2020〕109号), in whole yuan.

An authority charges one case EITHER by cases OR by pages, never by both.
"""

from __future__ import annotations

from itertools import count

_FREE_CASES, _FIRST_STEP_END, _STEP = 10, 30, 10
_CASE_YUAN = 100
# (last page of the band, yuan a page); pages past the last band cost the last rate
_PAGE_BANDS = ((30, 0), (100, 10), (200, 20))
_PAGE_YUAN_BEYOND = 40


def fee_by_cases(cases: int) -> int:
    """The fee of one applicant's cases in one natural month.

    "≤10 free; 11–30: 100 yuan each; from 31 each further step of 10 raises the unit price by 100": 31–40 cost 200 each.
    """
    charged = max(min(cases, _FIRST_STEP_END) - _FREE_CASES, 0) * _CASE_YUAN
    for step in count(1):
        beyond = cases - _FIRST_STEP_END - (step - 1) * _STEP
        if beyond <= 0:
            break
        charged += min(beyond, _STEP) * (1 + step) * _CASE_YUAN
    return charged


def fee_by_pages(pages: int) -> int:
    """The fee of one case by its pages, each band at its own rate.

    "≤30 free; 31–100: 10; 101–200: 20; ≥201: 40 yuan/page (excess-progressive)".
    """
    charged, below = 0, 0
    for last, yuan in _PAGE_BANDS:
        charged += max(min(pages, last) - below, 0) * yuan
        below = last
    return charged + max(pages - below, 0) * _PAGE_YUAN_BEYOND
