"""Check digits catch every single error, masks keep their secret, the scanner finds every disguise."""

from __future__ import annotations

import string
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.common.kernel.identifiers import (
    PROVINCES,
    check_credit_code,
    check_resident_id,
    credit_code_check,
    judge_credit_code,
    judge_resident_id,
    normalise,
    resident_id_check,
)
from libs.common.kernel.identifiers.credit_code import ALPHABET, CATEGORIES
from libs.common.kernel.masking import (
    find_personal_data,
    mask_bank_card,
    mask_mobile,
    mask_name,
    mask_resident_id,
    public_party,
)

# Births before 1913: no living person has these numbers.
births = st.dates(date(1900, 1, 1), date(1912, 12, 31))
digits = st.sampled_from(string.digits)


@st.composite
def resident_ids(draw: st.DrawFn) -> str:
    county = draw(st.integers(0, 9999))
    body = f"{draw(st.sampled_from(sorted(PROVINCES)))}{county:04}{draw(births):%Y%m%d}{draw(st.integers(1, 999)):03}"
    return body + resident_id_check(body)


@st.composite
def credit_codes(draw: st.DrawFn) -> str:
    department = draw(st.sampled_from(sorted(CATEGORIES)))
    category = draw(st.sampled_from(sorted(CATEGORIES[department])))
    inner = "".join(draw(st.lists(st.sampled_from(ALPHABET), min_size=9, max_size=9)))
    body = f"{department}{category}{draw(st.integers(110000, 829999))}{inner}"
    return body + credit_code_check(body)


@given(resident_ids(), st.data())
def test_one_changed_digit_of_a_resident_id_is_refused(value: str, data: st.DataObject) -> None:
    """Whatever the place; the right one is valid."""
    assert judge_resident_id(value).valid
    place = data.draw(st.integers(0, 17))
    other = data.draw(st.sampled_from([c for c in (string.digits + ("X" if place == 17 else "")) if c != value[place]]))
    assert not judge_resident_id(value[:place] + other + value[place + 1 :]).valid


@given(credit_codes(), st.data())
def test_one_changed_character_of_a_credit_code_is_refused(value: str, data: st.DataObject) -> None:
    """Whatever the place and the character; the right one is valid."""
    assert judge_credit_code(value).valid
    place = data.draw(st.integers(0, 17))
    other = data.draw(st.sampled_from([c for c in ALPHABET if c != value[place]]))
    assert not judge_credit_code(value[:place] + other + value[place + 1 :]).valid


@given(st.text(max_size=24))
def test_any_text_is_judged_and_normalising_is_stable(value: str) -> None:
    """No text breaks a check; the normalised value is its own normal form and gives the same verdict."""
    assert normalise(normalise(value)) == normalise(value)
    assert check_credit_code(value) == judge_credit_code(normalise(value))
    assert check_resident_id(value) == judge_resident_id(normalise(value))


@given(st.text(alphabet=string.digits, max_size=24))
def test_a_mask_never_shows_more_than_its_ends(value: str) -> None:
    """Same length, all but three in front and four behind are stars, and at most half of a short number stays."""
    for mask, head in ((mask_resident_id, 3), (mask_mobile, 3), (mask_bank_card, 0)):
        masked = mask(value)
        assert len(masked) == len(value)
        assert set(masked[head : max(head, len(masked) - 4)]) <= {"*"}
        if len(value) < 11:
            assert masked.count("*") * 2 >= len(value)


@given(st.text(min_size=1, max_size=12))
def test_a_masked_name_shows_its_first_character_alone(name: str) -> None:
    """And as many stars as there were others."""
    masked = mask_name(name)
    assert masked[1:] == "*" * (len(name.strip()) - 1 if name.strip() else 0)


@given(resident_ids(), st.sampled_from(["enterprise", "individual_business", "natural_person", "other", None]))
def test_no_public_party_holds_an_id(value: str, party_type: str | None) -> None:
    """Whatever the type, and whatever was put into the code."""
    party = public_party(party_type, "某某", value)  # type: ignore[arg-type]
    assert party.code is None


SEPARATORS = ["", " ", "\n", "  \n ", "-", "\u3000", "\u200b", "\u00a0", ".", "·", "_"]


@given(resident_ids(), st.data())
def test_the_scanner_finds_every_disguised_id(value: str, data: st.DataObject) -> None:
    """Any mixture of scripts and joiners: one hit from the first digit to the last, masked."""
    wide = str.maketrans("0123456789X", "０１２３４５６７８９Ｘ")
    chinese = str.maketrans("0123456789", "〇一二三四五六七八九")
    written = ""
    for place, character in enumerate(value):
        form = data.draw(st.sampled_from(["plain", "wide", "chinese", "small"]))
        tables = {"plain": {}, "wide": wide, "chinese": chinese, "small": {ord("X"): "x"}}
        written += (data.draw(st.sampled_from(SEPARATORS)) if place else "") + character.translate(tables[form])
    text = f"甲方证件：{written}，乙方略。"
    hits = [hit for hit in find_personal_data(text) if hit.kind == "resident_id"]
    assert [(text[hit.start : hit.end], hit.masked) for hit in hits] == [(written, mask_resident_id(value))]


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=200))
def test_hits_of_any_text_lie_apart_inside_it(text: str) -> None:
    """No text breaks the scanner; hits are ordered and do not overlap."""
    end = 0
    for hit in find_personal_data(text):
        assert end <= hit.start < hit.end <= len(text)
        end = hit.end


@given(
    st.lists(
        st.sampled_from(
            [
                *string.digits,
                " ",
                "\n",
                "王",
                "住址",
                "负责人",
                "：",
                "村",
                "组",
                "栋",
                "X",
                "110101190001010014",
                "13800138000",
            ]
        ),
        max_size=80,
    )
)
def test_what_is_masked_is_not_found_again(pieces: list[str]) -> None:
    """Masking all hits leaves no identity number, whatever stood around it."""
    shown = text = "".join(pieces)
    for hit in reversed(find_personal_data(text)):
        shown = shown[: hit.start] + hit.masked + shown[hit.end :]
    assert [hit for hit in find_personal_data(shown) if hit.kind == "resident_id"] == []


@pytest.mark.parametrize(
    "unit",
    [
        "1",
        "一",
        "1 ",
        "负责人",
        "负责人王",
        "住址村",
        "村1组",
        "1栋",
        "110101190001010014",
        "·王",
        "王、",
        "&amp;",
        "<a",
        "1-",
    ],
)
def test_the_scanner_reads_a_long_text_to_its_end(unit: str) -> None:
    """A page of one repeated piece is read through; the number behind it is found."""
    text = unit * 2000 + "。电话：13800138000"
    assert find_personal_data(text)[-1].kind == "mobile"
