"""Identifiers: codes of organisations, persons, regions, documents and telephones."""

from __future__ import annotations

from datetime import date

import pytest

from libs.common.kernel.identifiers import (
    KINDS,
    TEXTS,
    check_credit_code,
    check_document_no,
    check_identifier,
    check_mobile,
    check_org_code,
    check_region_code,
    check_resident_id,
    credit_code_check,
    judge_credit_code,
    judge_resident_id,
    org_code_check,
    resident_id_check,
)

TODAY = date(2026, 11, 22)


def credit_code(body: str) -> str:
    return body + credit_code_check(body)


def resident_id(body: str) -> str:
    return body + resident_id_check(body)


@pytest.mark.parametrize(
    ("value", "error"),
    [
        (credit_code("11110000XXXX00019"), None),
        (credit_code("12110000XXXX00019"), None),
        (credit_code("19110000XXXX00019"), None),
        (credit_code("34110000XXXX00019"), None),
        (credit_code("59110000XXXX00019"), None),
        (credit_code("62110000XXXX00019"), None),
        (credit_code("72110000XXXX00019"), None),
        (credit_code("92110000XXXX00019"), None),
        (credit_code("A1110000XXXX00019"), None),
        (credit_code("N3110000XXXX00019"), None),
        (credit_code("16110000XXXX00019"), "CATEGORY"),
        (credit_code("36110000XXXX00019"), "CATEGORY"),
        (credit_code("63110000XXXX00019"), "CATEGORY"),
        (credit_code("99110000XXXX00019"), "CATEGORY"),
        (credit_code("N4110000XXXX00019"), "CATEGORY"),
        (credit_code("B1110000XXXX00019"), "DEPARTMENT"),
        (credit_code("9111A000XXXX00019"), "REGION"),
        ("00000000000000000X", "DEPARTMENT"),
        ("9111A000XXXX0001Z9", "CHARSET"),
        ("91110101XXXX00019JJ", "LENGTH"),
        ("９1110101XXXX00019J", "CHARSET"),
        ("91110101XXXX00019 ", "CHARSET"),
    ],
)
def test_credit_codes_as_they_stand(value: str, error: str | None) -> None:
    """Departments and categories of the amended standard; the first error in the judging order wins."""
    verdict = judge_credit_code(value)
    assert (verdict.error, verdict.valid) == (error, error is None)


def test_an_inner_check_digit_is_a_warning_only() -> None:
    """GB 32100 right, GB 11714 wrong: such codes are registered."""
    verdict = judge_credit_code(credit_code("91110101XXXX90019"))
    assert verdict.valid and verdict.warnings == ("ORGCODE_CHECK",)


@pytest.mark.parametrize(
    ("value", "error", "warnings"),
    [
        (resident_id("11010119991231001"), None, ()),
        (resident_id("83000019900101123"), None, ()),
        (resident_id("11010120261122001"), None, ()),
        (resident_id("11010120261123001"), "BIRTHDATE", ()),
        (resident_id("11010119051122001"), None, ("AGE",)),
        (resident_id("11010119061122001"), None, ()),
        (resident_id("11010120000229001"), None, ()),
        (resident_id("11010119000229001"), "BIRTHDATE", ()),
        (resident_id("11010119901301001"), "BIRTHDATE", ()),
        (resident_id("55010119900101001"), "REGION", ()),
        ("110101900101001", "LENGTH", ()),
        ("11010119900101001x", "CHARSET", ()),
        ("X10101199001010014", "CHARSET", ()),
        ("１10101199001010014", "CHARSET", ()),
        ("440524188001010014", None, ("AGE",)),
    ],
)
def test_resident_ids_as_they_stand(value: str, error: str | None, warnings: tuple[str, ...]) -> None:
    """First error in the judging order; AGE and SEQUENCE are warnings."""
    verdict = judge_resident_id(value, TODAY)
    assert (verdict.error, verdict.warnings) == (error, warnings)


def test_without_today_neither_future_nor_age_is_judged() -> None:
    """The date is a parameter: who has none asks for the rest."""
    assert check_resident_id(resident_id("11010120991231001")).valid
    assert check_resident_id("440524188001010014").warnings == ()


def test_edges_are_trimmed_and_upper_cased_before_the_judgement() -> None:
    """Decision 28: the normalised value is answered, inner spaces stay errors."""
    assert check_credit_code("\u3000 91110101xxxx00019j\n").normalised == "91110101XXXX00019J"
    assert check_resident_id(" 11010519491231002x\t", TODAY).normalised == "11010519491231002X"
    assert judge_resident_id("11010519491231002x", TODAY).error == "CHARSET"
    assert check_resident_id("110105 9491231002X", TODAY).error == "CHARSET"


@pytest.mark.parametrize(
    ("value", "error", "normalised"),
    [
        ("XXXX0001-9", None, "XXXX0001-9"),
        ("xxxx00019", None, "XXXX0001-9"),
        ("XXXX0001-8", "CHECK", "XXXX0001-8"),
        ("XXXX-00019", "LENGTH", "XXXX-00019"),
        ("XXXX00-19", "CHARSET", "XXXX00-19"),
        ("XXXX001-9", "CHARSET", "XXXX001-9"),
    ],
)
def test_organisation_codes(value: str, error: str | None, normalised: str) -> None:
    """GB 11714, with or without its hyphen."""
    verdict = check_org_code(value)
    assert (verdict.error, verdict.normalised) == (error, normalised)


def test_the_organisation_check_digit_has_its_two_odd_values() -> None:
    """10 is X and 11 is 0."""
    digits = {org_code_check(f"XXXX{n:04}") for n in range(200)}
    assert digits == set("0123456789X")


@pytest.mark.parametrize(
    ("value", "error"),
    [
        ("110101", None),
        ("110000", None),
        ("110101001", None),
        ("110101001001", None),
        ("419001", None),
        ("110001", "REGION"),
        ("830000", "REGION"),
        ("260101", "REGION"),
        ("1101", "LENGTH"),
        ("11010A", "CHARSET"),
    ],
)
def test_region_codes(value: str, error: str | None) -> None:
    """The shape of GB/T 2260: a known province, and a prefecture over each county."""
    assert check_region_code(value).error == error


@pytest.mark.parametrize(
    ("value", "error", "normalised"),
    [
        ("沪市监许〔2026〕128号", None, "沪市监许〔2026〕128号"),
        (" 沪市监许[2026]128号", None, "沪市监许〔2026〕128号"),
        ("沪市监许（2026）128号", None, "沪市监许〔2026〕128号"),
        ("沪市监许【2026】128号", None, "沪市监许〔2026〕128号"),
        ("沪市监许(2026)128号\n", None, "沪市监许〔2026〕128号"),
        ("沪市监许〔2026〕0128号", "SERIAL", "沪市监许〔2026〕0128号"),
        ("沪市监许〔2026〕号", "SERIAL", "沪市监许〔2026〕号"),
        ("沪市监许〔26〕128号", "YEAR", "沪市监许〔26〕128号"),
        ("沪市监许〔2126〕128号", "YEAR", "沪市监许〔2126〕128号"),
        ("沪市监许〔２０２６〕128号", "YEAR", "沪市监许〔２０２６〕128号"),
        ("沪市监许2026128号", "FORMAT", "沪市监许2026128号"),
        ("〔2026〕128号", "FORMAT", "〔2026〕128号"),
        ("沪市监许〔2026〕128", "FORMAT", "沪市监许〔2026〕128"),
        ("", "FORMAT", ""),
    ],
)
def test_document_numbers(value: str, error: str | None, normalised: str) -> None:
    """GB/T 9704: brackets of every kind become 〔〕, then the number is judged."""
    verdict = check_document_no(value)
    assert (verdict.error, verdict.normalised) == (error, normalised)


@pytest.mark.parametrize(
    ("value", "error", "normalised"),
    [
        ("13800138000", None, "13800138000"),
        ("+8613800138000", None, "13800138000"),
        ("8613800138000", None, "13800138000"),
        ("12800138000", "PREFIX", "12800138000"),
        ("138001380001", "LENGTH", "138001380001"),
        ("1380013800O", "CHARSET", "1380013800O"),
        ("138 0138000", "CHARSET", "138 0138000"),
    ],
)
def test_mobiles(value: str, error: str | None, normalised: str) -> None:
    """11 digits from 13 to 19, the country's prefix is taken off."""
    verdict = check_mobile(value)
    assert (verdict.error, verdict.normalised) == (error, normalised)


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_answered_and_each_error_has_its_words(kind: str) -> None:
    """The API's one door to all kinds; an error without words would help nobody."""
    verdict = check_identifier(kind, "?", TODAY)
    assert not verdict.valid and verdict.parts is None and verdict.error in TEXTS


def test_an_unknown_kind_is_an_error_of_the_caller() -> None:
    """No kind is guessed."""
    with pytest.raises(KeyError):
        check_identifier("passport", "E12345678", TODAY)
