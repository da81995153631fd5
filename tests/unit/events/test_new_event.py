"""A fact of ours that is found again is the same event."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from libs.common.kernel.errors import ContractBroken
from libs.common.kernel.events import codec, control, hall
from libs.common.kernel.events.envelope import Event
from libs.common.kernel.events.parts import SealedParty

NOON = datetime(2026, 3, 2, 12, tzinfo=timezone(timedelta(hours=8)))
BODY = control.RulesChanged(service="monitoring")


def fact(**changes: Any) -> Event:
    """A small fact with other arguments."""
    arguments: dict[str, Any] = {
        "type": "control.rules.changed",
        "subject": "monitoring",
        "data": BODY,
        "time": NOON,
        "source": "//sunlit/approval",
    }
    return codec.new_event(**arguments | changes)


def test_a_fact_found_again_is_the_same_event() -> None:
    """The identity comes from what is said, not from when it was computed; the zone of the instant does not matter."""
    assert fact().id == fact().id == fact(time=NOON.astimezone(UTC)).id
    assert fact(traceparent="00-1").id == fact().id


@pytest.mark.parametrize(
    "changes",
    [
        {"seqno": 2},
        {"dataversion": 2},
        {"subject": "notify"},
        {"source": "//sunlit/monitoring"},
        {"time": NOON + timedelta(microseconds=1)},
        {"type": "control.wake_up.sent", "data": control.WakeUpSent(service="monitoring")},
    ],
)
def test_another_fact_has_another_identity(changes: dict[str, Any]) -> None:
    """Each part of the identity counts."""
    assert fact(**changes).id != fact().id


def test_the_caller_may_name_the_event() -> None:
    """An id that is given is kept, and the envelope is filled."""
    event = fact(id="mine", org="11330106002500001A", region="330106")
    assert (event.id, event.orgcode, event.regioncode) == ("mine", "11330106002500001A", "330106")
    assert event.dataschema == "urn:sunlit:control.rules.changed:1"
    assert codec.decode(codec.encode(event)) == event


def test_a_body_that_is_generic_in_its_party_is_known() -> None:
    """`CaseAccepted[SealedParty]` is the body of `hall.case.accepted`."""
    data = hall.CaseAccepted[SealedParty](case_no="C-1", item_code="I", org_code="O", region_code="R")
    event = fact(type="hall.case.accepted", subject="C-1", data=data)
    assert codec.decode(codec.encode(event)) == event


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"type": "control.rules.chnaged"}, "no registered event type"),
        ({"data": control.WakeUpSent(service="x")}, "is a RulesChanged, not a WakeUpSent"),
        ({"time": datetime(2026, 3, 2, 12)}, "has no offset"),
    ],
)
def test_a_fact_that_nobody_could_read_is_not_made(changes: dict[str, Any], message: str) -> None:
    """Our own mistakes stop where they are made."""
    with pytest.raises(ContractBroken, match=message):
        fact(**changes)
