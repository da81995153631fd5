"""What only the catalogue can tell: materials, powers, fees. Without a catalogue these rules are silent."""

from __future__ import annotations

from typing import Any

import pytest

from libs.common.kernel.events.envelope import Event
from libs.common.kernel.events.parts import Material
from libs.common.kernel.events.reference import ItemPublished
from tests.unit.monitoring.story import Found, accepted, act, at, completed, item, judged, served, submitted

FORM = {"code": "M01", "name": "申请表", "required": True, "got_by": "electronic"}
LICENCE = {"code": "M02", "name": "营业执照", "required": True, "got_by": "paper"}
PROOF = {"code": "M09", "name": "无犯罪记录证明", "required": True, "got_by": "paper"}
LISTED = item(materials=(Material(code="M01", name="申请表"),))
SHARED = item(materials=(Material(code="M02", name="营业执照", got_by="shared_data"),))
FILED, TAKEN = submitted(), accepted()


def charged(amount: str = "100", **more: Any) -> Event:
    return act(
        "fee.charged",
        "2026-03-03 10:00",
        **{"fee_item": "证照费", "amount": amount, "pay_channel": "统一支付", **more},
    )


def asked(*materials: dict[str, Any], **more: Any) -> Event:
    return act("supplement.requested", "2026-03-02 09:30", materials=list(materials), reason="缺件", **more)


def signed(**more: Any) -> Event:
    return completed(decision={"no": "1", "decided_on": "2026-03-09", "decided_by": {"post": "clerk"}}, **more)


MARCH_3, MARCH_9 = "2026-03-03", "2026-03-09"
TABLE: list[Any] = [
    ("S22", LISTED, [FILED, accepted(materials=[FORM, LICENCE])], [("red", "2026-03-02")]),
    ("S22", LISTED, [FILED, accepted(materials=[FORM])], []),
    ("S22", LISTED, [FILED, accepted(materials=[FORM, {**LICENCE, "required": False}])], []),
    ("S22", None, [FILED, accepted(materials=[FORM, LICENCE])], []),
    ("S23", SHARED, [FILED, accepted(materials=[LICENCE])], [("yellow", "2026-03-02")]),
    ("S23", SHARED, [FILED, accepted(materials=[{**LICENCE, "got_by": "shared_data"}])], []),
    ("S24", item(extra={"proofs": []}), [FILED, accepted(materials=[PROOF])], [("red", "2026-03-02")]),
    ("S24", item(extra={"proofs": ["M09"]}), [FILED, accepted(materials=[PROOF])], []),
    ("S25", None, [FILED, asked({**LICENCE, "already_sent_up": True})], [("yellow", "2026-03-02")]),
    ("S25", None, [FILED, asked(LICENCE)], []),
    ("S33", None, [FILED, asked(intermediary={"name": "甲测绘", "statutory": False})], [("red", "2026-03-02")]),
    ("S33", None, [FILED, asked(intermediary={"name": "环评", "statutory": True})], []),
    (
        "S26",
        item(conditions={"C1": "场所"}),
        [FILED, TAKEN, completed(result="denied", grounds=[{"condition_code": "C2"}])],
        [("red", MARCH_9)],
    ),
    (
        "S26",
        item(conditions={"C1": "场所"}),
        [FILED, TAKEN, completed(result="denied", grounds=[{"condition_code": "C1"}])],
        [],
    ),
    ("S27", item(valid_until=at("2026-03-01").date()), [FILED, TAKEN], [("red", "2026-03-02")]),
    ("S27", item(valid_until=at("2026-03-02").date()), [FILED, TAKEN], []),
    ("S27", item(effective_from=at("2026-03-03").date()), [FILED, TAKEN], [("red", "2026-03-02")]),
    ("S28", item(extra={"decision_posts": ["head"]}), [FILED, TAKEN, signed(), served()], [("red", MARCH_9)]),
    ("S28", item(extra={"decision_posts": ["clerk"]}), [FILED, TAKEN, signed(), served()], []),
    ("S28", item(org_code="OTHER"), [FILED, TAKEN, completed(), served()], [("red", MARCH_9)]),
    ("S31", item(fee_listed=False), [FILED, TAKEN, charged()], [("red", MARCH_3)]),
    ("S31", item(fee_listed=False), [FILED, TAKEN, charged("0")], []),
    ("S31", item(extra={"fees": ["80"]}), [FILED, TAKEN, charged()], [("red", MARCH_3)]),
    ("S31", item(extra={"fees": ["100.00"]}), [FILED, TAKEN, charged()], []),
    ("S31", None, [FILED, TAKEN, charged("0", standard="100")], [("red", MARCH_3)]),
    ("S31", None, [FILED, TAKEN, charged("0", standard="100", exempt_reason="小微企业免征")], []),
    (
        "S32",
        item(extra={"pay_channels": ["统一支付"]}),
        [FILED, TAKEN, charged(pay_channel="现金")],
        [("red", MARCH_3)],
    ),
    ("S32", item(extra={"pay_channels": ["统一支付"]}), [FILED, TAKEN, charged()], []),
]


@pytest.mark.parametrize(("rule", "knows", "events", "expected"), TABLE)
def test_the_catalogue_is_evidence(
    rule: str, knows: ItemPublished | None, events: list[Event], expected: Found
) -> None:
    """A breach of what the item version says fires; what it allows does not."""
    assert judged(events, "2026-03-12", rule=rule, knows=knows) == expected
