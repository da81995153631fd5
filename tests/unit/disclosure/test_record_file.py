"""The life of a record: release, correction, withdrawal, expiry, review, in every order."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from libs.common.kernel.errors import DataError, Problem
from services.disclosure import handlers
from services.disclosure.domain.record_file import Record, RecordFile
from services.disclosure.domain.review import Deed
from tests.unit.disclosure.makers import HASH, NOW, ZONE, changed, desk, file_of, penalty, permit, revoked, step

LATER = NOW + timedelta(hours=1)


def only(file: RecordFile) -> Record:
    (record,) = file.records.values()
    return record


def deed(file: RecordFile, verb: str, by: str, **more: Any) -> Deed:
    record = only(file)
    return Deed(
        id=f"{verb}-{by}",
        record_id=record.record_id,
        verb=verb,
        on=more.pop("on", ""),
        by=by,
        at=more.pop("at", LATER),
        reason=more.pop("reason", "经审查可以公开"),
        **more,
    )


def review_of(file: RecordFile) -> str:
    outcome = handlers._settled(replace(file, records={}), desk(), NOW)
    (change,) = outcome.extra
    assert change.standing.review is not None
    return change.standing.review


def do(file: RecordFile, made: Deed) -> RecordFile:
    outcome = handlers.do(file, made, desk(), made.at)
    assert not isinstance(outcome, Problem), outcome
    return outcome.states[file.subject]


def test_a_decision_is_published_once() -> None:
    """The same event again adds no release."""
    file = file_of(permit(), permit())
    assert (only(file).release, only(file).action) == (1, "publish")


def test_a_higher_version_is_a_correction() -> None:
    """Decision 15: a corrected decision is a new release of the same record."""
    licences = [{"name": "公共场所卫生许可证", "no": "临卫公证字〔2026〕第128号", "valid_until": "2030-05-16"}]
    file = file_of(permit(), permit(dataversion=2, as_of=LATER, decision_hash="ee" * 32, licences=licences))
    assert (only(file).release, only(file).action) == (2, "correct")
    assert only(file).fields["valid_until"] == "2030-05-16"


def test_a_lower_version_that_comes_later_is_history() -> None:
    """The highest version stands, whatever the order of arrival."""
    file = file_of(permit(dataversion=2, as_of=LATER, item_name="新名称"), permit())
    assert only(file).release == 1
    assert only(file).fields["item_name"] == "新名称"


def test_a_grant_that_becomes_a_denial_is_withdrawn() -> None:
    """A corrected result takes the public record down, with a neutral public reason."""
    file = file_of(permit(), permit(dataversion=2, as_of=LATER, result="denied"))
    assert (only(file).action, only(file).state) == ("withdraw", "withheld")
    assert "party_name" not in only(file).fields


def test_a_voided_decision_takes_the_page_down_and_says_so() -> None:
    """误报作废: told again without licences; the page of the licence goes, no other one comes."""
    file, outcome = step(
        file_of(permit()), permit(dataversion=2, as_of=LATER, result="voided", licences=[], decision=None)
    )
    record = only(file)
    assert (record.action, record.state, record.reason) == ("withdraw", "withheld", "原决定已作废或者变更")
    assert [fact.event.type for fact in outcome.facts] == ["disclosure.record.withheld"]


def test_a_corrected_number_moves_the_record() -> None:
    """The old number keeps a tombstone that says where to look."""
    first = permit(licences=[{"no": "A-1", "content": "甲"}])
    second = permit(dataversion=2, as_of=LATER, licences=[{"no": "A-2", "content": "甲"}])
    file = file_of(first, second)
    assert sorted(r.action for r in file.records.values()) == ["publish", "withdraw"]


def test_a_revoked_penalty_is_withdrawn_with_its_public_reason() -> None:
    """行政处罚法第四十八条: number, day and organisation stay, the party does not."""
    file = file_of(penalty(), revoked(as_of=LATER))
    record = only(file)
    assert (record.action, record.reason, record.ground) == (
        "withdraw",
        "行政复议决定撤销原处罚",
        "行政处罚法第四十八条",
    )
    assert set(record.fields) == {"decision_no", "decided_on", "org_name", "org_code", "region_code"}


def test_a_changed_penalty_with_new_content_is_corrected() -> None:
    """The new content replaces the old one, which is no longer shown."""
    file, outcome = step(file_of(penalty()), changed(as_of=LATER, new={"fine": "90000", "content": "罚款 90000 元"}))
    assert (only(file).action, only(file).fields["fine"]) == ("correct", "90000")
    assert outcome.extra[0].release.hides_earlier


def test_a_changed_penalty_without_new_content_is_withdrawn() -> None:
    """What is known to be wrong does not stay while nobody says what is right."""
    assert only(file_of(penalty(), changed(as_of=LATER))).action == "withdraw"


def test_personal_data_in_a_public_reason_are_masked() -> None:
    """The reason of a revocation is published, so it is scanned too."""
    file = file_of(penalty(), revoked(as_of=LATER, reason="当事人 13812345678 申请复议"))
    assert "13812345678" not in only(file).reason


def test_a_change_that_no_decision_could_say_is_refused() -> None:
    """Free JSON in `new` is checked against the decision's own fields."""
    with pytest.raises(DataError, match="NEW_INVALID"):
        step(file_of(penalty()), changed(as_of=LATER, new={"kinds": "fine"}))


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_decided_changed_and_revoked_end_the_same_in_every_order(order: tuple[int, ...]) -> None:
    """State is a set of acts: a revocation before its decision ends like one after it."""
    events = [penalty(), changed(as_of=LATER, new={"fine": "1"}), revoked(as_of=LATER + timedelta(hours=1))]
    record = only(file_of(*(events[i] for i in order)))
    assert (record.state, record.action, record.reason) == ("withdrawn", "withdraw", "行政复议决定撤销原处罚")


def test_a_minors_penalty_leaves_no_tombstone() -> None:
    """What was never public must not become known by being withdrawn."""
    assert only(file_of(penalty(minor_person=True), revoked(as_of=LATER))).release == 0


def test_the_period_ends_by_a_look_on_the_day_after_its_last_day() -> None:
    """Order 36: at the longest period publication ends by itself."""
    file, outcome = step(RecordFile("P-1"), penalty())
    looks = {look.kind: look.due_at for look in outcome.looks["P-1"]}
    assert looks["expiry"] == datetime(2027, 5, 19, tzinfo=ZONE)
    last_moment = datetime(2027, 5, 18, 23, 59, tzinfo=ZONE)
    assert only(step(file, looks=("expiry",), now=last_moment)[0]).action == "publish"
    assert only(step(file, looks=("expiry",), now=looks["expiry"])[0]).action == "expire"


def test_a_penalty_that_arrives_after_its_period_is_never_shown() -> None:
    """Late reports of old penalties make no page."""
    old = penalty(decision={"no": "罚-9", "decided_on": "2020-01-01"})
    assert only(file_of(old)).state == "withheld"
    assert only(file_of(old)).release == 0


def test_publication_is_due_seven_working_days_after_the_decision() -> None:
    """PUB-7."""
    _, outcome = step(RecordFile("C-1"), permit())
    assert outcome.extra[0].due_on.isoformat() == "2026-05-27"


def test_the_event_waits_for_the_page_to_be_read_back() -> None:
    """Published is said when a visitor is really shown the fields, and verified only then."""
    file, outcome = step(RecordFile("C-1"), permit())
    assert outcome.facts == ()
    record = only(file)
    _, after = step(file, looks=("read_back",), shown={record.record_id: dict(record.fields)}, now=LATER)
    (fact,) = after.facts
    body = fact.event.data
    assert fact.event.type == "disclosure.record.published"
    assert body.channels[0].verified_at == LATER
    assert body.published_hash == record.digest
    assert body.review.by_rule_version == "permit-1"
    assert body.decision_hash == HASH


def test_a_page_that_shows_something_else_is_not_verified() -> None:
    """Somebody changed the row: the event says what is shown and verifies nothing."""
    file, _ = step(RecordFile("C-1"), permit())
    record = only(file)
    forged = {**record.fields, "party_name": "别人"}
    (fact,) = step(file, looks=("read_back",), shown={record.record_id: forged}, now=LATER)[1].facts
    assert fact.event.data.channels[0].verified_at is None
    assert fact.event.data.published_hash != record.digest


def test_a_held_record_needs_two_different_persons() -> None:
    """政府信息公开条例第十七条 with two persons: the first signature alone publishes nothing."""
    file = file_of(permit(secrecy={"trade_secret": True}))
    review = review_of(file)
    first = do(file, deed(file, "approve", "甲", on=review))
    assert (only(first).state, only(first).release) == ("held", 0)
    again = handlers.do(first, deed(first, "approve", "甲", on=review, at=LATER), desk(), LATER)
    assert isinstance(again, Problem)
    assert again.code == "SECOND_PERSON_NEEDED"
    second = do(first, deed(first, "approve", "乙", on=review, at=LATER + timedelta(minutes=1)))
    assert (only(second).state, only(second).release) == ("public", 1)


def test_a_redaction_is_published_after_a_second_person_agreed() -> None:
    """The redacted words go out, and so does no trace of the old ones."""
    file = file_of(permit(secrecy={"trade_secret": True}))
    review = review_of(file)
    file = do(file, deed(file, "redact", "甲", on=review, fields={"content": "准予经营", "valid_from": None}))
    file = do(file, deed(file, "approve", "乙", on=review, at=LATER + timedelta(minutes=1)))
    assert only(file).fields["content"] == "准予经营"
    assert "valid_from" not in only(file).fields


def test_a_redaction_with_personal_data_is_refused() -> None:
    """The scanner reads what people write, too."""
    file = file_of(permit(secrecy={"trade_secret": True}))
    made = deed(file, "redact", "甲", on=review_of(file), fields={"content": "联系人 13812345678"})
    refused = handlers.do(file, made, desk(), LATER)
    assert isinstance(refused, Problem)
    assert refused.code == "PERSONAL_DATA"


def test_an_escalated_review_asks_for_the_minutes() -> None:
    """Sensitive matters are decided collectively."""
    file = file_of(permit(secrecy={"state_secret": True}))
    review = review_of(file)
    file = do(file, deed(file, "escalate", "甲", on=review))
    bare = handlers.do(file, deed(file, "approve", "乙", on=review), desk(), LATER)
    assert isinstance(bare, Problem)
    assert bare.code == "MEETING_NEEDED"
    for minute, person in enumerate(("甲", "乙"), start=1):
        at = LATER + timedelta(minutes=minute)
        file = do(file, deed(file, "approve", person, on=review, at=at, meeting="办纪〔2026〕3号"))
    assert only(file).state == "public"


def test_a_withheld_review_is_over() -> None:
    """One person may withhold; nothing goes out afterwards."""
    file = file_of(permit(secrecy={"state_secret": True}))
    review = review_of(file)
    file = do(file, deed(file, "withhold", "甲", on=review))
    assert only(file).state == "withheld"
    refused = handlers.do(file, deed(file, "approve", "乙", on=review), desk(), LATER)
    assert isinstance(refused, Problem)
    assert refused.code == "REVIEW_CLOSED"


def test_a_new_version_asks_for_a_new_review() -> None:
    """What two persons agreed to is one text; another text is held again."""
    flags = {"secrecy": {"trade_secret": True}}
    file = file_of(permit(**flags))
    review = review_of(file)
    file = do(file, deed(file, "approve", "甲", on=review))
    newer = permit(dataversion=2, as_of=LATER, decision_hash="ee" * 32, item_name="另一事项", **flags)
    file, _ = step(file, newer)
    refused = handlers.do(file, deed(file, "approve", "乙", on=review), desk(), LATER)
    assert isinstance(refused, Problem)
    assert refused.code == "REVIEW_SUPERSEDED"
    assert only(file).release == 0


def test_a_secrecy_flag_that_comes_later_takes_the_page_down_at_once() -> None:
    """Published first, flagged afterwards: down now, reviewed then, and the flag itself is not told to the public."""
    file = file_of(permit(), permit(dataversion=2, as_of=LATER, secrecy={"state_secret": True}))
    record = only(file)
    assert (record.state, record.action) == ("held", "withdraw")
    assert "秘密" not in record.reason


def test_a_correction_by_a_person_stands_until_the_authority_sends_a_new_version() -> None:
    """The overlay belongs to the version that it corrected."""
    file = file_of(permit())
    file = do(file, deed(file, "correct", "甲", reason="期限末日多计一天", fields={"valid_until": "2030-05-16"}))
    assert (only(file).action, only(file).fields["valid_until"]) == ("correct", "2030-05-16")
    newer = permit(dataversion=2, as_of=LATER, decision_hash="ee" * 32)
    assert only(step(file, newer)[0]).fields["valid_until"] == "2030-05-17"


def test_a_correction_may_only_touch_public_fields() -> None:
    """The allow-list binds people, too."""
    file = file_of(permit())
    refused = handlers.do(file, deed(file, "correct", "甲", fields={"facts": "某某"}), desk(), LATER)
    assert isinstance(refused, Problem)
    assert refused.code == "FIELD_NOT_PUBLIC"


def test_a_record_withdrawn_by_a_person_stays_withdrawn() -> None:
    """A second report of the same decision does not bring it back."""
    file = file_of(permit())
    file = do(file, deed(file, "withdraw", "甲", reason="权利人申请"))
    assert only(file).action == "withdraw"
    assert only(step(file, permit(dataversion=2, as_of=LATER))[0]).release == 2
