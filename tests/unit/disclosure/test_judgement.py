"""What becomes public and what does not: one table per question."""

from __future__ import annotations

from typing import Any

import pytest

from services.disclosure.domain.decision import penalties_of, permits_of
from services.disclosure.domain.judgement import Hold, Judgement, Publish, PublishMasked, Withhold, judge
from services.disclosure.handlers import act_of
from tests.unit.disclosure.makers import ZONE, penalty, permit, policies

RESIDENT_ID = "11010519491231002X"
NATURAL = {"type": "natural_person", "display_name": "赵**"}


def judge_permit(**changes: Any) -> Judgement:
    return judge(permits_of(act_of(permit(**changes), ZONE))[0], policies())


def judge_penalty(**changes: Any) -> Judgement:
    return judge(penalties_of([act_of(penalty(**changes), ZONE)])[0], policies())


def licence(content: str) -> dict[str, Any]:
    return {"licences": [{"name": "公共场所卫生许可证", "no": "证-1", "content": content}]}


def test_a_grant_to_an_organisation_is_published_as_it_is() -> None:
    """Name, code, number, content and validity of an organisation's permit are public."""
    judged = judge_permit()
    assert isinstance(judged, Publish)
    assert judged.fields["party_name"] == "临澜市澜东区云汀宾馆"
    assert judged.fields["valid_until"] == "2030-05-17"
    assert judged.ground == "行政许可法第四十条"


@pytest.mark.parametrize("result", ["denied", "returned", "voided", "forwarded", "lapsed", "completed_plain"])
def test_only_grants_are_published(result: str) -> None:
    """Denials and all other ends of a case stay out of the portal."""
    assert isinstance(judge_permit(result=result, licences=[]), Withhold)


@pytest.mark.parametrize(
    ("flag", "ground"),
    [
        ("state_secret", "政府信息公开条例第十四条"),
        ("trade_secret", "政府信息公开条例第十五条"),
        ("personal_privacy", "政府信息公开条例第十五条"),
        ("third_party", "政府信息公开条例第三十二条"),
        ("internal", "政府信息公开条例第十六条"),
    ],
)
def test_each_secrecy_flag_holds_the_record_on_its_article(flag: str, ground: str) -> None:
    """A flag sends the record to two persons and names the article."""
    judged = judge_permit(secrecy={flag: True})
    assert isinstance(judged, Hold)
    assert judged.ground == ground


def test_flags_that_say_no_hold_nothing() -> None:
    """A hall that reviewed and found nothing does not hold its record."""
    assert isinstance(judge_permit(secrecy={"state_secret": False, "note": "已审"}), Publish)


@pytest.mark.parametrize("code", [RESIDENT_ID, "E12345678"])
def test_a_natural_person_is_published_by_masked_name_only(code: str) -> None:
    """The masked name stays, no code of any kind appears."""
    judged = judge_permit(party_public={**NATURAL, "code": code})
    assert isinstance(judged, PublishMasked)
    assert judged.fields["party_name"] == "赵**"
    assert "party_code" not in judged.fields


@pytest.mark.parametrize("party_type", ["natural_person", "other", None])
def test_a_clear_name_of_nobody_known_to_be_an_organisation_is_masked(party_type: str | None) -> None:
    """Even when the sender forgot to mask it."""
    judged = judge_permit(party_public={"type": party_type, "display_name": "赵小明"})
    assert isinstance(judged, PublishMasked)
    assert judged.fields["party_name"] == "赵**"
    assert "小明" not in str(judged.fields)


def test_personal_data_in_free_text_are_masked_in_place() -> None:
    """An identity number inside the content leaves only its ends."""
    judged = judge_permit(**licence(f"负责人身份证号 {RESIDENT_ID}，经营宾馆"))
    assert isinstance(judged, PublishMasked)
    assert RESIDENT_ID not in judged.fields["content"]
    assert judged.fields["content"].endswith("经营宾馆")
    assert any(m.field == "content" for m in judged.masked)


def test_personal_data_in_a_field_without_free_text_hold_the_record() -> None:
    """Nobody can mask a document number without breaking it: a person looks."""
    judged = judge_permit(decision={"no": RESIDENT_ID, "decided_on": "2026-05-18"})
    assert isinstance(judged, Hold)
    assert RESIDENT_ID not in str(judged.fields)


def test_the_surname_of_a_natural_person_in_the_text_holds_the_record() -> None:
    """The full name may stand there; the clear name is not known here."""
    judged = judge_permit(party_public=NATURAL, **licence("准予赵小明从事经营"))
    assert isinstance(judged, Hold)
    assert "content" in judged.reason


@pytest.mark.parametrize("word", ["国家秘密", "机密级", "涉密", "商业秘密"])
def test_words_of_the_dictionary_hold_the_record(word: str) -> None:
    """A word of secrecy in the text is looked at by a person."""
    assert isinstance(judge_permit(**licence(f"本项目{word}部分另行办理")), Hold)


def test_a_record_without_a_party_is_held() -> None:
    """行政相对人名称 must be there (R of the data standard)."""
    assert isinstance(judge_permit(party_public=None), Hold)


def test_facts_of_a_penalty_are_never_public() -> None:
    """Decision 53: `facts` only where the policy names it, and it does not."""
    judged = judge_penalty()
    assert isinstance(judged, Publish)
    assert "facts" not in judged.fields
    assert judged.fields["violation"] == "超标排放水污染物"


def test_a_penalty_on_a_minor_is_withheld() -> None:
    """Decisions on minors are not published."""
    assert isinstance(judge_penalty(minor_person=True), Withhold)


@pytest.mark.parametrize(
    ("decided_on", "gravity", "until"),
    [
        ("2026-03-31", "minor", "2029-03-31"),
        ("2026-03-31", "general", "2029-03-31"),
        ("2026-04-01", "minor", None),
        ("2026-04-01", "general", "2027-04-01"),
        ("2026-04-01", None, "2027-04-01"),
        ("2026-04-01", "serious", "2029-04-01"),
    ],
)
def test_the_publication_period_follows_the_rule_of_the_day(
    decided_on: str, gravity: str | None, until: str | None
) -> None:
    """Order 58 to 2026-03-31, order 36 from 2026-04-01 on; minor penalties then stay out."""
    judged = judge_penalty(decision={"no": "罚-1", "decided_on": decided_on}, gravity=gravity)
    if until is None:
        assert isinstance(judged, Withhold)
    else:
        assert isinstance(judged, Publish)
        assert judged.fields["publish_until"] == until


@pytest.mark.parametrize(
    ("stated", "until"),
    [("2026-10-01", "2026-10-01"), ("2026-05-30", "2026-08-18"), ("2099-12-31", "2027-05-18")],
)
def test_the_stated_end_holds_between_shortest_and_longest(stated: str, until: str) -> None:
    """The authority may state an end; the law's shortest and longest period bound it."""
    judged = judge_penalty(valid_until=stated)
    assert isinstance(judged, Publish)
    assert judged.fields["publish_until"] == until


def test_one_record_per_licence() -> None:
    """Decision 15: a decision with two licences makes two records with identities of their own."""
    made = permits_of(act_of(permit(licences=[{"no": "A"}, {"no": "B"}, {"no": "A"}]), ZONE))
    assert [d.raw["licence_no"] for d in made] == ["A", "B"]
    assert len({d.record_id for d in made}) == 2
