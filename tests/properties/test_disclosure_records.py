"""What holds for every decision and every order: the allow-list, the masks, one standing, a chain without a gap."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from libs.common.kernel.masking import find_personal_data
from services.disclosure.domain.decision import permits_of
from services.disclosure.domain.judgement import Hold, Publish, PublishMasked, judge
from services.disclosure.domain.record_file import RecordFile
from services.disclosure.domain.search import grams, normal, query_grams, words_of
from services.disclosure.handlers import act_of
from tests.leaks import corpus
from tests.unit.disclosure.makers import NOW, ZONE, changed, penalty, permit, policies, revoked, step

LEAKS = [leak.text for leak in corpus(99, per_class=3)]
WORDS = st.one_of(st.sampled_from(LEAKS), st.text(alphabet="准予经营许可证王小明甲乙13812345678（）：，", max_size=30))
PARTIES = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(
            ["natural_person", "individual_business", "enterprise", "institution", "social_org", "agency", "other"]
        ),
        "display_name": st.one_of(st.sampled_from(["赵**", "赵小明", "临澜锦川印染有限公司"]), WORDS),
        "code": st.sampled_from(["92449901MA7C2N5P08", "11010519491231002X", "E12345678"]),
    },
)
ALLOWED = next(p for p in policies().policies if p.kind == "permit").names | {"title"}


@given(party=PARTIES, content=WORDS, name=WORDS, number=WORDS, extra=WORDS)
@settings(max_examples=150, deadline=None)
def test_nothing_outside_the_allow_list_and_no_personal_data_ever_goes_out(
    party: dict[str, Any], content: str, name: str, number: str, extra: str
) -> None:
    """Whatever a hall writes: only named fields, natural persons masked, no ID or mobile readable in a public copy."""
    licences = [{"name": name, "no": "证-1", "content": content, "type": extra}]
    made = permit(party_public=party, licences=licences, decision={"no": number, "decided_on": "2026-05-18"})
    judged = judge(permits_of(act_of(made, ZONE))[0], policies())
    assert isinstance(judged, Publish | PublishMasked | Hold)
    assert set(judged.fields) <= ALLOWED
    if party.get("type") in (None, "natural_person", "other"):
        assert "party_code" not in judged.fields
        assert "*" in judged.fields.get("party_name", "*") or len(judged.fields["party_name"]) <= 1
    if isinstance(judged, Hold):
        return
    for field, value in judged.fields.items():
        assert not [hit for hit in find_personal_data(str(value)) if hit.kind != "name"], (field, value)


PENALTY_ACTS = [
    penalty(),
    penalty(dataversion=2, as_of=NOW + timedelta(minutes=1), content="罚款人民币 90000 元"),
    changed(as_of=NOW + timedelta(minutes=2), new={"fine": "80000"}),
    revoked(as_of=NOW + timedelta(minutes=3)),
]


@given(
    order=st.permutations(PENALTY_ACTS),
    cuts=st.lists(st.booleans(), min_size=4, max_size=4),
    again=st.lists(st.sampled_from(PENALTY_ACTS), max_size=3),
    dropped=st.sets(st.integers(1, 3)),
)
@settings(max_examples=150, deadline=None)
def test_any_order_any_batching_and_any_repeat_end_in_one_standing(
    order: list[Any], cuts: list[bool], again: list[Any], dropped: set[int]
) -> None:
    """State is a set of facts: the page ends the same, and the chain that led there has no gap."""
    kept = [act for i, act in enumerate(PENALTY_ACTS) if i not in dropped]
    straight, _ = step(RecordFile("P-1"), *kept)
    file, offset = RecordFile("P-1"), 0
    batch: list[Any] = []
    chain: list[int] = []
    arriving = [act for act in [*order, *again] if act in kept]
    for position, act in enumerate(arriving):
        batch.append(act)
        if position == len(arriving) - 1 or cuts[position % 4]:
            file, outcome = step(file, *batch, offset=offset)
            chain += [change.release.release for change in outcome.extra if change.release is not None]
            offset, batch = offset + len(batch), []
    (expected,), (found,) = straight.records.values(), file.records.values()
    assert (found.state, found.fields) == (expected.state, expected.fields)
    # a correction that was really told has its own ground; the same number of releases has the same
    assert found.release != expected.release or found.ground == expected.ground
    assert chain == list(range(1, found.release + 1))


@given(text=st.text(alphabet="临澜市云汀宾馆〔2026〕128号ＡＢ12 ", min_size=1, max_size=30), data=st.data())
def test_any_part_of_a_word_is_found_by_its_pairs(text: str, data: st.DataObject) -> None:
    """The index never hides a row that holds the query."""
    words = normal(text).split()
    if not words:
        return
    word = data.draw(st.sampled_from(words))
    start = data.draw(st.integers(0, len(word) - 1))
    part = word[start : data.draw(st.integers(start + 1, len(word)))]
    assert set(query_grams(words_of(part))) <= set(grams(text))
