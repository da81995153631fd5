"""No disguise of the corpus reaches the public, in any field that the policies name."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any

import pytest

from services.disclosure.domain.decision import penalties_of, permits_of
from services.disclosure.domain.judgement import Hold, Publish, PublishMasked, judge
from services.disclosure.handlers import act_of
from tests.leaks import DISGUISES, Leak, corpus
from tests.unit.disclosure.makers import ZONE, penalty, permit, policies

SEEDS = (1, 20_260_520)


def told(fields: Mapping[str, Any]) -> str:
    """Everything that a reader could read out of the fields: normal form, no separators, upper case."""
    text = unicodedata.normalize("NFKC", " ".join(str(value) for value in fields.values()))
    return "".join(c for c in text if c.isalnum() or c == "*").upper()


@pytest.mark.parametrize("disguise", DISGUISES)
@pytest.mark.parametrize("seed", SEEDS)
def test_no_leak_survives_in_a_permit(seed: int, disguise: str) -> None:
    """In the content it is masked; in fields without free text it holds the record, masked there too."""
    for leak in (item for item in corpus(seed) if item.disguise == disguise):
        in_text = permit(licences=[{"name": "许可证", "no": "证-1", "content": leak.text}])
        in_name = permit(licences=[{"name": leak.text, "no": "证-1", "content": "准予经营"}])
        masked = judge(permits_of(act_of(in_text, ZONE))[0], policies())
        held = judge(permits_of(act_of(in_name, ZONE))[0], policies())
        assert isinstance(masked, PublishMasked), leak
        assert isinstance(held, Hold), leak
        assert leak.datum not in told(masked.fields), leak
        assert leak.datum not in told(held.fields), leak


@pytest.mark.parametrize("disguise", DISGUISES)
def test_no_leak_survives_in_a_penalty(disguise: str) -> None:
    """Violation, basis, content and the licence affected are all read by the scanner."""
    for leak in (item for item in corpus(7, per_class=2) if item.disguise == disguise):
        for field in ("violation", "basis", "content", "licence_affected"):
            judged = judge(penalties_of([act_of(penalty(**{field: leak.text}), ZONE)])[0], policies())
            assert isinstance(judged, PublishMasked), (field, leak)
            assert leak.datum not in told(judged.fields), (field, leak)


def test_the_corpus_is_the_same_for_the_same_seed() -> None:
    """A failure can be run again."""
    assert list(corpus(3)) == list(corpus(3))
    assert list(corpus(3)) != list(corpus(4))


def test_ordinary_numbers_are_left_alone() -> None:
    """Amounts, dates, document numbers and areas are no personal data."""
    plain = "罚款人民币 125000 元，2026 年 4 月 2 日，编号 201812345，面积 13800.5 平方米"
    judged = judge(penalties_of([act_of(penalty(content=plain), ZONE)])[0], policies())
    assert isinstance(judged, Publish)
    assert judged.fields["content"] == plain


def test_leaks_are_found_wherever_they_stand() -> None:
    """Each text of the corpus really holds its datum: the test above would fail without a scanner."""
    item = next(iter(corpus(1)))
    assert isinstance(item, Leak)
    assert item.datum in told({"text": item.text})
